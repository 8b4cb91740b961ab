import { type Disk, nodeDisk } from '../../src/evidence/disk.ts';
import type { Sql } from '../../src/store/sql.ts';

/** One call to the outside, before it happens or after it took effect. */
export interface CrashPoint {
  /** Position among the calls of the run, from 0. */
  readonly index: number;
  readonly when: 'before' | 'after';
}

/**
 * A process that can die. Every call to the outside passes through it and is counted; at the chosen one
 * it dies: that call and all later ones never come back, as for a killed process, while what they had
 * done before stays done.
 */
export interface Mortal {
  call<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
  readonly calls: readonly string[];
  dead(): boolean;
  /** Resolves at the moment of death. */
  readonly death: Promise<undefined>;
}

const never = () => new Promise<never>(() => {});

export function createMortal(crash: CrashPoint | null): Mortal {
  const calls: string[] = [];
  let dead = false;
  let die: (nothing: undefined) => void = () => {};
  const death = new Promise<undefined>((resolve) => {
    die = resolve;
  });
  const kill = () => {
    dead = true;
    die(undefined);
  };
  return {
    death,
    calls,
    dead: () => dead,
    async call(name, work) {
      if (dead) return never();
      const index = calls.push(name) - 1;
      const here = crash !== null && crash.index === index;
      if (here && crash.when === 'before') {
        kill();
        return never();
      }
      const result = await work();
      if (here) kill();
      return dead ? never() : result;
    },
  };
}

// Statements that only read have no boundary of their own: dying around one is dying before the next.
const WRITES = /cordon\.commit|update cordon|insert into cordon|append_chain/;

/** The database as a mortal process sees it. `rewrite` may alter a statement's parameters. */
export function mortalSql(
  sql: Sql,
  mortal: Mortal,
  rewrite: (text: string, parameters: readonly unknown[]) => readonly unknown[] = (_text, parameters) =>
    parameters,
): Sql {
  return {
    kind: sql.kind,
    query: (text, parameters = []) => {
      const run = () => sql.query<never>(text, rewrite(text, parameters));
      if (mortal.dead()) return never();
      return WRITES.test(text)
        ? mortal.call(`sql ${text.trim().slice(0, 40).replaceAll(/\s+/g, ' ')}`, run)
        : run();
    },
    withTransaction: (work) => (mortal.dead() ? never() : sql.withTransaction(work)),
    close: async () => {},
  };
}

/** The file system as a mortal process sees it: no crash points of its own, but a dead process writes nothing. */
export function mortalDisk(mortal: Mortal): Disk {
  const alive = <Result>(work: () => Promise<Result>): Promise<Result> => (mortal.dead() ? never() : work());
  return {
    ...nodeDisk,
    makeFolder: (path) => alive(() => nodeDisk.makeFolder(path)),
    create: (path, mode) => alive(() => nodeDisk.create(path, mode)),
    publish: (from, to) => alive(() => nodeDisk.publish(from, to)),
    remove: (path) => alive(() => nodeDisk.remove(path)),
  };
}
