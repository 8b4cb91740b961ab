import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { SlackDouble } from '../../../src/simulation/slack-double/double.ts';
import type { Ground, TestEngine } from '../../support/engine.ts';
import { freshGround, pass, quiet, startEngine } from '../../support/engine.ts';
import { peopleOn, slackDouble } from '../../support/slack.ts';

let ground: Ground;
let engine: TestEngine;
let slack: SlackDouble;

afterEach(async () => {
  await engine.stop();
  await ground.sql.close();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

/** One incident, with Slack away for its first `awayMs`; returns its id. */
async function begin(awayMs: number): Promise<string> {
  ground = await freshGround();
  slack = slackDouble(ground.clock);
  let away = awayMs > 0;
  engine = await startEngine(ground, {
    overrides: {
      people: peopleOn({
        sql: ground.sql,
        clock: ground.clock,
        fetch: async (request) => {
          if (away) throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
          return slack.fetch(request);
        },
      }),
    },
  });
  const id = await engine.submit();
  await quiet(engine);
  for (let minute = 0; minute < awayMs / 60_000; minute += 10) {
    await pass(engine, 10 * 60_000);
    const said = await engine.cordon.execute({
      command: 'escalate',
      incident: id as never, // an id that submit returned
      identity: { kind: 'cli', name: 'bob' },
      input: { to: 'alice', reason: `minute ${minute}` },
      idempotencyKey: `slack-away-test:${minute}`,
    });
    expect(said.kind).toBe('done');
  }
  away = false;
  // The longest pause between two tries, and what it takes to say it all at a message a second.
  await pass(engine, 3 * 60_000);
  return id;
}

describe('Slack that is away for an hour', () => {
  test('keeps nothing waiting, and is told once where things stand', async () => {
    const id = await begin(60 * 60_000);
    expect((await engine.cordon.views.incidentView(id))?.level).toBe('effective');
    const [channel, ...others] = slack.people.channels();
    expect(others).toEqual([]);
    const texts = (channel?.messages ?? []).map(({ text }) => text);
    expect(texts.filter((text) => text.includes('Slack is back'))).toHaveLength(1);
    // Somebody was called for six times meanwhile; the notices of it are not repeated.
    expect(texts.filter((text) => text.includes('called for')).length).toBeLessThanOrEqual(1);
    expect(texts.length).toBeLessThanOrEqual(6);
    const shown = JSON.stringify(channel?.messages.map(({ blocks }) => blocks));
    expect(shown).toContain('*CONTAINED*');
    const waiting = await engine.sql.query(
      `select 1 from cordon.outbox where status in ('pending', 'unknown')`,
    );
    expect(waiting).toEqual([]);
    // An hour of virtual time, with every try of it: a few seconds, and more on a machine that is busy.
  }, 120_000);

  test('is not spoken of when it was not away (control)', async () => {
    await begin(0);
    const texts = slack.people.channels().flatMap(({ messages }) => messages.map(({ text }) => text));
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.filter((text) => text.includes('Slack is back'))).toEqual([]);
  });
});
