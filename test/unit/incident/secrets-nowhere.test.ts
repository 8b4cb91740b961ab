import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listTree, nodeDisk } from '../../../src/evidence/disk.ts';
import { loadEvidenceKeys } from '../../../src/evidence/keys.ts';
import { casePlace, objectPath } from '../../../src/evidence/place.ts';
import { readCase } from '../../../src/evidence/read-case.ts';
import { decryptSecret } from '../../../src/evidence/secret.ts';
import type { Log, LogFields } from '../../../src/log.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { act, answer, untilClosed, untilLevel } from '../../support/answers.ts';
import { drive, freshGround, type Ground } from '../../support/engine.ts';
import { type SlackEngine, startSlackEngine } from '../../support/slack.ts';
import { smallWorld } from '../../support/world.ts';

/** In the environment of the function, and in what it logged. */
const SECRETS = {
  environment: 'not-for-anyones-eyes',
  log: 'hunter2-was-logged-by-mistake',
} as const;

let ground: Ground;
let slack: SlackEngine;
let id: string;
const logged: string[] = [];

const log: Log = {
  debug: (fields: LogFields, message: string) => void logged.push(JSON.stringify(fields) + message),
  info: (fields: LogFields, message: string) => void logged.push(JSON.stringify(fields) + message),
  warn: (fields: LogFields, message: string) => void logged.push(JSON.stringify(fields) + message),
  error: (fields: LogFields, message: string) => void logged.push(JSON.stringify(fields) + message),
  child: () => log,
};

beforeAll(async () => {
  const message = `connecting with password ${SECRETS.log}`;
  const streams = [{ name: 'one', events: [{ secondsAgo: 300, message }] }];
  ground = await freshGround({
    world: smallWorld({ logs: [{ group: '/aws/lambda/checkout-webhook', streams }] }),
  });
  slack = await startSlackEngine(ground, { overrides: { log } });
  const { engine } = slack;
  id = await engine.submit();
  await untilLevel(engine, id, 'effective');
  await act(engine, id, 'note', { text: 'the pager went off at three' });
  await answer(engine, id, 'triage', { verdict: 'true_positive' });
  await answer(engine, id, 'recovery', { decision: 'release' });
  await untilClosed(engine, id);
  // Both sweeps, too.
  await drive(
    engine,
    async () =>
      (await engine.cordon.views.incidentView(id))?.evidence.rounds.every(
        ({ state }) => state === 'sealed',
      ) === true,
  );
}, 180_000);

afterAll(async () => {
  await slack.engine.stop();
  await ground.sql.close();
});

/** Every row of every table of ours, as text. */
async function rows(): Promise<string> {
  const tables = await ground.sql.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'cordon' order by 1`,
  );
  const all: string[] = [];
  for (const { name } of tables) {
    const found = await ground.sql.query<{ row: string }>(`select t::text as row from cordon."${name}" as t`);
    all.push(...found.map(({ row }) => `${name} ${row}`));
  }
  expect(tables.length).toBeGreaterThan(15);
  return all.join('\n');
}

describe('a secret of the function', () => {
  test('is in no row, message, line of the log, entry, page or file but the items that hold it', async () => {
    const outputs = new Map<string, string>();
    outputs.set('rows', await rows());
    outputs.set('slack', JSON.stringify(slack.slack.journal));
    outputs.set('log', logged.join('\n'));
    outputs.set('timeline', JSON.stringify(await readTimeline(ground.sql, id)));
    outputs.set('view', JSON.stringify(await slack.engine.cordon.views.incidentView(id)));
    const { records } = await readCase(nodeDisk, casePlace(join(ground.dataDir, 'evidence'), id));
    // What the function wrote itself is kept as it is: its own log.
    const logs = records.flatMap(({ record }) =>
      record.kind === 'item' && record.item.artifact === 'function-logs'
        ? [objectPath(record.item.sha256)]
        : [],
    );
    const files = await listTree(nodeDisk, ground.dataDir);
    for (const file of files) {
      if (logs.some((path) => file === `evidence/${path}`)) continue;
      outputs.set(file, (await readFile(join(ground.dataDir, file))).toString('latin1'));
    }
    expect(outputs.size).toBeGreaterThan(40);
    for (const [where, text] of outputs) {
      for (const secret of Object.values(SECRETS)) {
        for (const form of [secret, Buffer.from(secret).toString('base64').slice(0, -3)]) {
          expect({ where, secret, found: text.includes(form) }).toEqual({ where, secret, found: false });
        }
      }
    }
    // Controls: the search can find what is there, in each of them.
    for (const where of ['rows', 'slack', 'timeline', 'view']) {
      expect({ where, found: outputs.get(where)?.includes('checkout-webhook') }).toEqual({
        where,
        found: true,
      });
    }
    const kept = await Promise.all(
      logs.map((path) => readFile(join(ground.dataDir, 'evidence', path), 'utf8')),
    );
    expect(kept.join('')).toContain(SECRETS.log);
  });

  test('is in the encrypted item, which the case’s key opens', async () => {
    const folder = join(ground.dataDir, 'evidence');
    const { records } = await readCase(nodeDisk, casePlace(folder, id));
    const { wrapper } = await loadEvidenceKeys(join(ground.dataDir, 'keys'));
    const first = records[0]?.record;
    if (first?.kind !== 'opened') throw new Error('a case begins with its key');
    const caseKey = await wrapper.unwrap(first.caseKey, id);
    const opened = await Promise.all(
      records.flatMap(({ record }) =>
        record.kind === 'item' && record.item.secret
          ? [
              readFile(join(folder, objectPath(record.item.sha256))).then((bytes) =>
                Buffer.from(
                  decryptSecret(caseKey, { incident: id, name: record.item.name }, bytes),
                ).toString(),
              ),
            ]
          : [],
      ),
    );
    expect(opened.length).toBeGreaterThan(0);
    expect(opened.join('')).toContain(SECRETS.environment);
  });
});

test('the timeline of a whole incident has every kind of act, with who, why and when', async () => {
  const entries = await readTimeline(ground.sql, id);
  const kinds = new Set(entries.map(({ body }) => body?.kind));
  for (const kind of [
    'alert.accepted',
    'incident.opened',
    'state.entered',
    'attempt.planned',
    'attempt.decided',
    'attempt.started',
    'attempt.succeeded',
    'containment.level',
    'hold.opened',
    'hold.released',
    'question.asked',
    'question.answered',
    'command.accepted',
    'note.added',
    'slack.sent',
    'timer.fired',
    'evidence.stored',
    'evidence.sealed',
    'release.compared',
    'postmortem.drafted',
    'incident.closed',
  ]) {
    expect({ kind, there: [...kinds].some((each) => each === kind) }).toEqual({ kind, there: true });
  }
  expect(kinds.has('writes.paused')).toBe(false); // control: nobody paused
  let last = '';
  for (const [index, { seq, at, body }] of entries.entries()) {
    expect(seq).toBe(index + 1);
    expect(at >= last).toBe(true);
    last = at;
    expect(body?.actor).toMatchObject({
      kind: expect.stringMatching(/^(engine|playbook|responder|source)$/),
    });
    expect(body?.summary.length).toBeGreaterThan(3);
  }
  const decided = entries
    .filter(({ body }) => body?.kind === 'attempt.decided')
    .map(({ body }) => body?.data);
  expect(decided.length).toBeGreaterThan(1);
  for (const data of decided) expect(data).toMatchObject({ policies: [expect.any(String)] });
  // What contains is bound to its plan; what restores puts back what was there.
  const contains = decided.filter((data) => typeof data === 'object' && data !== null && 'mode' in data);
  expect(contains.length).toBeGreaterThan(1);
  for (const data of contains)
    expect(data).toMatchObject({ digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
});
