import { rm } from 'node:fs/promises';
import { afterEach, beforeEach } from '@jest/globals';
import type { WorldSpec } from '../../src/simulation/world/spec.ts';
import { advanceUntil, freshGround, type Ground, startEngine, type TestEngine } from './engine.ts';
import { quickDisk } from './quick-disk.ts';

type EngineOptions = NonNullable<Parameters<typeof startEngine>[1]>;

/** What each test of a file has: ground of its own and an engine on it, stopped when the test is over. */
export interface EachTest {
  readonly ground: Ground;
  readonly engine: TestEngine;
  /** The process ends, and another takes over after so long. Meanwhile nobody acts, whatever `meanwhile` does. */
  restart(options?: { readonly awayMs?: number; readonly meanwhile?: () => Promise<void> }): Promise<void>;
}

/**
 * Gives every test of the file its ground and its engine. A test that is about what holds after hours need not live
 * through them: with `restart` nobody looks meanwhile, and what is due comes once.
 */
export function engineForEachTest(
  options: {
    readonly world?: () => WorldSpec;
    readonly engine?: (ground: Ground) => EngineOptions;
    /** What people are told is delivered to them; otherwise it waits in the outbox, which costs half the commits. */
    readonly delivers?: boolean;
  } = {},
): EachTest {
  let ground: Ground;
  let engine: TestEngine;
  let processes = 0;
  const start = async () => {
    processes += 1;
    const given = options.engine?.(ground) ?? {};
    engine = await startEngine(ground, {
      seed: `process ${processes}`,
      ...given,
      overrides: {
        roles: { perform: true, deliver: options.delivers === true },
        // Waiting for the disk is a third of what an incident takes. What syncing is for, the tests of evidence show.
        disk: quickDisk,
        ...given.overrides,
      },
    });
  };
  beforeEach(async () => {
    ground = await freshGround(options.world === undefined ? {} : { world: options.world() });
    await start();
  });
  afterEach(async () => {
    await engine.stop();
    await ground.sql.close();
    await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
  });
  return {
    get ground() {
      return ground;
    },
    get engine() {
      return engine;
    },
    async restart({ awayMs = 0, meanwhile } = {}) {
      await engine.stop();
      await meanwhile?.();
      await advanceUntil(ground.clock, ground.clock.sleep(awayMs));
      await start();
    },
  };
}
