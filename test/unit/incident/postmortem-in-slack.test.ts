import { readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import type { JsonObject } from '../../../src/json.ts';
import { postmortemPath, renderPostmortem } from '../../../src/main/postmortem.ts';
import { lintPostmortem } from '../../../src/postmortem/lint.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { viewOf } from '../../support/answers.ts';
import { drive, enrolmentText, freshGround, type Ground, quiet } from '../../support/engine.ts';
import { type SlackEngine, startSlackEngine } from '../../support/slack.ts';

/** One grave incident whose response is over, and its postmortem from the first look to the gate, all of it in Slack. */

const ALICE = 'U0ALICE000';
const BOB = 'U0BOB00000';

let ground: Ground;
let on: SlackEngine;
let id: string;
let channel: string;

beforeAll(async () => {
  ground = await freshGround();
  // A closing gate is of real incidents: the account is the simulated one all the same.
  const enrolment = parseEnrolment(enrolmentText('act'), 'enrolment.yaml');
  on = await startSlackEngine(ground, { enrolment, overrides: { exercise: false } });
  id = await on.engine.submit();
  await quiet(on.engine);
  await answered('triage', { verdict: 'true_positive' });
  await answered('recovery', { decision: 'release' });
  await drive(on.engine, async () => (await view()).status === 'in-review');
  await on.told(ALICE);
  channel = on.slack.people.channels()[0]?.id ?? '';
});
afterAll(async () => {
  await on.engine.stop();
  await ground.sql.close();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

const view = () => viewOf(on.engine, id);

async function answered(form: string, answer: JsonObject): Promise<void> {
  const open = async () => (await view()).questions.find((one) => one.status === 'open' && one.form === form);
  await drive(on.engine, async () => (await open()) !== undefined);
  await on.engine.cordon.execute({
    command: 'answer',
    incident: id as never, // an id that submit returned
    identity: { kind: 'cli', name: 'alice' },
    input: { invocationId: (await open())?.invocationId ?? '', answer },
    idempotencyKey: `postmortem-in-slack:${form}`,
  });
}

async function typed(user: string, text: string): Promise<string> {
  await on.slack.people.runCommand(user, `/cordon ${text}`, channel);
  return on.told(user);
}

/** The document as the engine renders it on top of the file of its last render. */
async function rendered(): Promise<string> {
  const previous = await readFile(postmortemPath(ground.dataDir, id), 'utf8');
  const entries = await readTimeline(on.engine.sql, id);
  const parts = {
    incident: await view(),
    privilege: null,
    entries,
    evidence: null,
    findings: null,
    earlier: [],
  };
  return renderPostmortem(parts, previous);
}

const overview = () => JSON.stringify(on.slack.people.messages(channel).at(-1)?.blocks);

test('a section is edited in a form, and the edit survives the next render', async () => {
  await typed(ALICE, 'postmortem');
  expect(overview()).toContain('0 of 8 sections are saved');
  expect(await rendered()).not.toContain('Two carts');
  await on.slack.people.press(ALICE, () => true, 'cordon.write-section.impact');
  await on.told(ALICE);
  await on.slack.people.submitView(ALICE, { text: 'Two carts were lost, from the order log.' });
  await on.told(ALICE);
  const again = await rendered();
  expect(again).toContain('Two carts were lost, from the order log.');
  // Its facts are those of now: what was written is an entry itself.
  expect(again).toContain('alice wrote the section impact of the postmortem');

  await typed(BOB, 'postmortem');
  expect(overview()).toContain('1 of 8 sections are saved');
  await on.slack.people.press(ALICE, () => true, 'cordon.write-section.impact');
  await on.told(ALICE);
  const form = JSON.stringify(on.slack.people.openView(ALICE)?.content);
  expect(form).toContain('Two carts were lost, from the order log.');
});

test('a form that was opened before somebody else saved writes over nobody', async () => {
  await typed(BOB, 'postmortem write impact Three carts were lost.');
  await on.slack.people.submitView(ALICE, { text: 'No cart was lost.' });
  expect(await on.told(ALICE)).toContain('cordon_postmortem_changed');
  const text = await rendered();
  expect(text).toContain('Three carts were lost.');
  expect(text).not.toContain('No cart was lost.');
});

test('a review is refused by what the lint of the same document finds', async () => {
  const errors = lintPostmortem(await rendered()).filter(({ level }) => level === 'error');
  expect(errors.map(({ message }) => message).join()).toContain('"contributing-factors"');
  expect(await typed(BOB, 'postmortem review fine')).toContain('cordon_postmortem_not_ready');
  expect((await view()).status).toBe('in-review');
});

test('the closing gate opens to a commander’s waiver alone, which names them and their reason', async () => {
  expect(await typed(BOB, 'duty waive postmortem the same as INC-7')).toContain('cordon_command_not_allowed');
  expect((await view()).status).toBe('in-review');
  await typed(ALICE, 'duty waive postmortem the same as INC-7');
  expect((await view()).status).toBe('closed');
  expect(await rendered()).toMatch(
    /Review waived by alice at .*: the same as INC-7 \\\(entry \d+\\\)|Review waived by alice at .*: the same as INC-7 \(entry \d+\)/,
  );
  // Everybody in the channel sees who decided it.
  expect(JSON.stringify(on.slack.people.messages(channel))).toContain('the same as INC-7');
});
