import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { objectPath } from '../../../src/evidence/place.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import type { IncidentId } from '../../../src/id.ts';
import { createRecordRetention, type RetentionAct } from '../../../src/incident/retention-note.ts';
import { localCustody } from '../../../src/main/custody.ts';
import { retentionOf } from '../../../src/main/retention.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { answer, untilClosed } from '../../support/answers.ts';
import { enrolmentText, freshGround, type Ground, pass } from '../../support/engine.ts';
import { type SlackEngine, startSlackEngine } from '../../support/slack.ts';
import { borrowedDatabase } from '../../support/template.ts';

const DAY_MS = 24 * 3_600_000;

let sql: EmbeddedSql;
let ground: Ground;
let on: SlackEngine;
let id: string;

beforeAll(async () => {
  sql = await borrowedDatabase();
});
afterAll(() => sql.close());
afterEach(async () => {
  await on.engine.stop();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

/** One incident, talked about and closed. In mode observe: what it would contain is not what this is about. */
async function closed(slack = ''): Promise<void> {
  ground = await freshGround({ sql });
  const enrolment = parseEnrolment(`${enrolmentText('observe')}${slack}`, 'enrolment.yaml');
  on = await startSlackEngine(ground, { enrolment });
  id = await on.engine.submit();
  await pass(on.engine, 20_000);
  const said = on.slack.people.say('U0ALICE000', channel().id, 'the token leaked on Tuesday');
  // In a thread, which the channel's own history does not show.
  channel().messages.push({
    ts: on.slack.workspace.nextTs(ground.clock.now().getTime()),
    user: 'U0BOB00000',
    text: 'it was rotated on Friday',
    blocks: [],
    metadata: undefined,
    threadTs: said,
    editedTs: undefined,
    reactions: [],
  });
  await answer(on.engine, id, 'triage', { verdict: 'false_positive' });
  await untilClosed(on.engine, id);
  await pass(on.engine, 30_000);
}

function channel() {
  const [only] = on.slack.people.channels();
  if (only === undefined) throw new Error('expected a channel');
  return only;
}

/** The transcripts that the timeline names, oldest first, each read by its digest. */
async function transcripts(): Promise<string[]> {
  const entries = await readTimeline(sql, id);
  const digests = entries.flatMap(({ body }) => {
    const data = Object(body?.data);
    return body?.kind === 'evidence.stored' && data.name === 'slack/transcript.json'
      ? [String(data.sha256)]
      : [];
  });
  const folder = on.engine.cordon.evidenceFolder;
  return Promise.all(
    digests.map(async (sha256) => {
      const bytes = await readFile(join(folder, objectPath(sha256)));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
      return bytes.toString('utf8');
    }),
  );
}

const archives = () => on.slack.journal.filter(({ method }) => method === 'conversations.archive');
const summaries = async () => (await readTimeline(sql, id)).map(({ body }) => body?.summary ?? '');

describe('the channel of an incident that is closed', () => {
  test('is kept as evidence at once, with its threads, and archived days later with what was said since', async () => {
    await closed();
    const [first, ...none] = await transcripts();
    expect(none).toEqual([]);
    expect(first).toContain('the token leaked on Tuesday');
    expect(first).toContain('it was rotated on Friday');
    await pass(on.engine, 6 * DAY_MS);
    expect([channel().isArchived, archives()]).toEqual([false, []]);
    on.slack.people.say('U0ALICE000', channel().id, 'the vendor confirmed it');
    await pass(on.engine, 2 * DAY_MS);
    expect(channel().isArchived).toBe(true);
    expect((await transcripts()).at(-1)).toContain('the vendor confirmed it');
    expect(await summaries()).toContain('The channel is archived');
    expect((await verifyCase(on.engine.cordon.evidenceFolder, id)).verified).toBe(true);
  });

  test('is archived after a purge too, and brings nothing of it back into evidence', async () => {
    await closed();
    await pass(on.engine, 2 * DAY_MS);
    const { cordon } = on.engine;
    const enrolment = parseEnrolment(enrolmentText('observe'), 'enrolment.yaml');
    const record = createRecordRetention({ advance: cordon.engine.advance, sql, enrolment });
    const say = (act: RetentionAct) => record({ incident: id as IncidentId, by: 'alice', act });
    const custody = await localCustody(ground.dataDir);
    const retention = retentionOf(custody, id, ground.clock);
    const objects = (await retention.plan()).removable.length;
    expect(objects).toBeGreaterThan(10);
    await say({ kind: 'purge', reason: 'asked to', objects, kept: 0, apart: 0 });
    await retention.purge({
      by: 'alice',
      reason: 'asked to',
      sealed: (seal) => say({ kind: 'sealed', ...seal, purge: true }),
    });
    const before = await verifyCase(cordon.evidenceFolder, id);
    expect(before).toMatchObject({ verified: true, bytes: 0 });
    expect(before.purged).toContain('slack/transcript.json');

    on.slack.people.say('U0ALICE000', channel().id, 'the vendor confirmed it');
    await pass(on.engine, 6 * DAY_MS);
    expect(channel().isArchived).toBe(true);
    expect(await transcripts()).toEqual([]);
    expect(await verifyCase(cordon.evidenceFolder, id)).toEqual(before);
  });

  test('stays where nobody asked for it to be archived', async () => {
    await closed('slack: { archiveAfterDays: null }\n');
    await pass(on.engine, 9 * DAY_MS);
    expect([channel().isArchived, archives()]).toEqual([false, []]);
    expect(await transcripts()).toHaveLength(1);
  });

  test('is not archived when it cannot be read, and the timeline says so', async () => {
    await closed();
    on.slack.faults.plan('conversations.history', { kind: 'refuse', error: 'not_in_channel' }, { times: 9 });
    await pass(on.engine, 8 * DAY_MS);
    expect([channel().isArchived, archives()]).toEqual([false, []]);
    expect(await summaries()).toContainEqual(expect.stringContaining('Not done in Slack: archive'));
  });

  test.each([
    ['its answer is lost', { kind: 'lost', effect: 'done' }],
    ['somebody else was faster', { kind: 'refuse', error: 'already_archived' }],
  ] as const)(
    'is archived as many days later as the file says, when Slack is down and then %s',
    async (_name, fault) => {
      await closed('slack: { archiveAfterDays: 1 }\n');
      on.slack.faults.plan('conversations.archive', { kind: 'http', status: 503, effect: 'none' });
      on.slack.faults.plan('conversations.archive', fault);
      await pass(on.engine, DAY_MS - 60_000);
      expect(archives()).toEqual([]);
      await pass(on.engine, 10 * 60_000);
      expect(archives()).toHaveLength(2);
      expect(await summaries()).toContain('The channel is archived');
    },
  );
});
