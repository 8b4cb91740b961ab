import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadGuardrails } from '../../../src/definitions.ts';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { listTree, nodeDisk } from '../../../src/evidence/disk.ts';
import { loadEvidenceKeys } from '../../../src/evidence/keys.ts';
import { casePlace, objectPath } from '../../../src/evidence/place.ts';
import { readCase } from '../../../src/evidence/read-case.ts';
import { evidencePage } from '../../../src/evidence/report.ts';
import { decryptSecret } from '../../../src/evidence/secret.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import type { Log, LogFields } from '../../../src/log.ts';
import { readCaseFindings } from '../../../src/main/case-findings.ts';
import { draftPostmortem } from '../../../src/postmortem/draft.ts';
import { gatherFacts } from '../../../src/postmortem/facts.ts';
import { postmortemPage } from '../../../src/postmortem/html.ts';
import { timelineMarkdown } from '../../../src/postmortem/timeline-markdown.ts';
import { loadWorld } from '../../../src/simulation/world/spec.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { timelinePage } from '../../../src/timeline/page.ts';
import { act, answer, untilClosed, untilLevel } from '../../support/answers.ts';
import { drive, enrolmentText, freshGround, type Ground, pass } from '../../support/engine.ts';
import { type SlackEngine, startSlackEngine } from '../../support/slack.ts';
import { ACCOUNT, FUNCTION_ARN, REGION, smallWorld } from '../../support/world.ts';

/** In the function's environment, its log, its code, the events sent to it, and in what AWS answers about a refusal. */
const SECRETS = {
  environment: 'not-for-anyones-eyes',
  log: 'hunter2-was-logged-by-mistake',
  code: 'hard-coded-into-the-handler',
  payload: 'card-number-of-a-customer',
  refusal: 'session-token-that-aws-repeats',
} as const;

const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:cordon-quarantine`;

/** Somebody who deploys with every right. */
const DEPLOYER = {
  name: 'deployer',
  accessKeyId: 'AKIADEPLOYER00000000',
  secretAccessKey: 'deployer-world-secret-key',
  policies: {
    everything: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  },
};

/** One person for stopping the function and nothing else. */
const ASK_ONE = `
@id("one-for-zero")
@reason("One approver must agree.")
@expires("15m")
@on_expiry("refuse")
forbid (principal, action == Action::"lambda.reserve-zero-concurrency", resource)
unless { context.approvals >= 1 };
`;

/** The secret part of every link to a code package that was given out. */
const links = new Set<string>();

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

/** The account that is attacked: each place where a secret can lie has one of its own. */
function worldWithSecrets() {
  const message = `connecting with password ${SECRETS.log}`;
  const streams = [{ name: 'one', events: [{ secondsAgo: 300, message }] }];
  const plain = smallWorld();
  return loadWorld(
    JSON.stringify({
      ...plain,
      users: [...plain.users, DEPLOYER],
      logs: [{ group: '/aws/lambda/checkout-webhook', streams }],
      queues: [{ name: 'cordon-quarantine' }],
      functions: plain.functions.map((each) =>
        each.name === 'checkout-webhook'
          ? { ...each, files: { 'handler.py': `KEY = '${SECRETS.code}'` } }
          : each,
      ),
    }),
  );
}

/** The account, which refuses one call with a message that repeats what was sent, and whose links are noted. */
async function answerOf(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname.endsWith('/recursion-config')) {
    const Message =
      `refused; see https://signin.aws.amazon.com/federation?SigninToken=${SECRETS.refusal} and ` +
      `The Canonical String for this request should have been 'GET x-amz-security-token:${SECRETS.refusal}'`;
    return Response.json(
      { Type: 'User', Message, message: Message },
      { status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' } },
    );
  }
  const answer = await ground.world.fetch(request);
  for (const [, signature] of (await answer.clone().text()).matchAll(/X-Amz-Signature=([0-9a-f]{16,})/g)) {
    if (signature !== undefined) links.add(signature);
  }
  return answer;
}

beforeAll(async () => {
  ground = await freshGround({ world: worldWithSecrets() });
  const files = await loadGuardrails();
  const withSink = enrolmentText('act').replace(
    'profile: dynamic }',
    `profile: dynamic, quarantineSinks: ['${QUEUE}'] }`,
  );
  slack = await startSlackEngine(ground, {
    fetch: answerOf,
    enrolment: parseEnrolment(withSink, 'enrolment.yaml'),
    overrides: {
      log,
      guardrails: { ...files, policies: [...files.policies, { file: 'one.cedar', text: ASK_ONE }] },
    },
  });
  const { engine } = slack;
  const { people } = slack.slack;
  id = await engine.submit();
  // The plan is approved in Slack, with the name of the function typed.
  await pass(engine, 10_000);
  await people.press('U0BOB00000', () => true, 'cordon.approve-typed');
  await slack.told('U0BOB00000');
  await people.submitView('U0BOB00000', { text: 'checkout-webhook' });
  await untilLevel(engine, id, 'effective');
  const sent = { event: true, payload: { card: SECRETS.payload } };
  await ground.world.attacker.invoke('checkout-webhook', sent);
  await act(engine, id, 'note', { text: 'the pager went off at three' });
  // Somebody lets the function run again behind our back, which the watch sees and puts right.
  await ground.world.attacker.callAs(DEPLOYER, {
    service: 'lambda',
    action: 'DeleteFunctionConcurrency',
    resource: FUNCTION_ARN,
  });
  const seen = async (kind: string) =>
    (await readTimeline(ground.sql, id)).some(({ body }) => body?.kind === kind);
  await drive(engine, () => seen('containment.drift'));
  await people.press('U0ALICE000', () => true, 'cordon.answer.true_positive');
  await drive(engine, () => seen('question.answered'));
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

/** What people read of an incident, as files of their own. */
async function pages(): Promise<ReadonlyMap<string, string>> {
  const entries = await readTimeline(ground.sql, id);
  const view = await slack.engine.cordon.views.incidentView(id);
  if (view === undefined) throw new Error('expected the incident');
  const incident = { ...view, name: `INC-${view.number}` };
  const folder = join(ground.dataDir, 'evidence');
  const report = await verifyCase(folder, id);
  const subject = { chain: id, name: incident.name, title: view.title, entries };
  const findings = await readCaseFindings({ disk: nodeDisk, folder, incident: id });
  const input = { incident, entries, evidence: report, findings, privilege: null, earlier: [] };
  return new Map([
    [
      'evidence page',
      evidencePage({ incident, entries }, await readCase(nodeDisk, casePlace(folder, id)), report),
    ],
    ['timeline page', timelinePage(subject)],
    ['timeline in Markdown', timelineMarkdown(subject)],
    ['postmortem page', postmortemPage(draftPostmortem(input), gatherFacts(entries))],
  ]);
}

describe('a secret of the function', () => {
  test('is in no row, message, line of the log, entry, page or file but the items that hold it', async () => {
    const outputs = new Map<string, string>();
    outputs.set('rows', await rows());
    outputs.set('slack', JSON.stringify(slack.slack.journal));
    outputs.set('log', logged.join('\n'));
    outputs.set('timeline', JSON.stringify(await readTimeline(ground.sql, id)));
    outputs.set('view', JSON.stringify(await slack.engine.cordon.views.incidentView(id)));
    for (const [where, text] of await pages()) outputs.set(where, text);
    const { records } = await readCase(nodeDisk, casePlace(join(ground.dataDir, 'evidence'), id));
    // What the function wrote itself is kept as it is, its log and its code, and what was sent to it lies apart.
    const kept = records.flatMap(({ record }) => {
      if (record.kind === 'quarantined') return [record.quarantine.place];
      return record.kind === 'item' && ['function-logs', 'code-package'].includes(record.item.artifact)
        ? [`evidence/${objectPath(record.item.sha256)}`]
        : [];
    });
    const files = await listTree(nodeDisk, ground.dataDir);
    for (const file of files) {
      if (kept.includes(file)) continue;
      outputs.set(file, (await readFile(join(ground.dataDir, file))).toString('latin1'));
    }
    expect(outputs.size).toBeGreaterThan(40);
    expect(links.size).toBeGreaterThan(0);
    for (const [where, text] of outputs) {
      for (const secret of [...Object.values(SECRETS), ...links]) {
        for (const form of [secret, Buffer.from(secret).toString('base64').slice(0, -3)]) {
          expect({ where, secret, found: text.includes(form) }).toEqual({ where, secret, found: false });
        }
      }
    }
    // Controls: the search can find what is there, in each of them.
    for (const where of ['rows', 'slack', 'timeline', 'view', ...(await pages()).keys()]) {
      expect({ where, found: outputs.get(where)?.includes('checkout-webhook') }).toEqual({
        where,
        found: true,
      });
    }
    const contents = await Promise.all(kept.map((path) => readFile(join(ground.dataDir, path), 'latin1')));
    for (const secret of [SECRETS.log, SECRETS.code, SECRETS.payload]) {
      expect({ secret, kept: contents.join('').includes(secret) }).toEqual({ secret, kept: true });
    }
    // The refusal itself is told, in AWS's word and without what it repeats.
    expect(outputs.get('timeline')).toContain('federation?[left out]');
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
    'approval.asked',
    'approval.given',
    'containment.level',
    'containment.drift',
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
  // What people did says who, and by which way: pressed in Slack, or typed.
  const by = (kind: string) => entries.find(({ body }) => body?.kind === kind)?.body?.actor;
  expect(by('approval.given')).toEqual({ kind: 'responder', id: 'bob', via: 'slack' });
  expect(by('question.answered')).toEqual({ kind: 'responder', id: 'alice', via: 'slack' });
  expect(by('note.added')).toEqual({ kind: 'responder', id: 'alice', via: 'cli' });
  const drift = entries.find(({ body }) => body?.kind === 'containment.drift')?.body;
  expect(drift?.summary).toContain('checkout-webhook');
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
