import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { act, approve, untilClosed } from '../../support/answers.ts';
import {
  drive,
  enrolmentText,
  freshGround,
  type Ground,
  quiet,
  startEngine,
  type TestEngine,
} from '../../support/engine.ts';
import { FUNCTION_ARN } from '../../support/world.ts';

const SIBLING_ARN = FUNCTION_ARN.replace('checkout-webhook', 'sibling');

let ground: Ground;
const engines: TestEngine[] = [];

beforeEach(async () => {
  ground = await freshGround();
});

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.stop();
  await ground.sql.close();
});

async function start(mode: string, more: string, seed = 'engine'): Promise<TestEngine> {
  const enrolment = parseEnrolment(`${enrolmentText(mode)}\n${more}\n`, 'enrolment.yaml');
  const engine = await startEngine(ground, { seed, overrides: { enrolment } });
  engines.push(engine);
  return engine;
}

const states = async (engine: TestEngine, id: string) =>
  (await engine.cordon.views.incidentView(id))?.containment.map(({ state }) => state);
const summaries = async (engine: TestEngine, id: string, kind: string) =>
  (await readTimeline(engine.sql, id))
    .filter(({ body }) => body?.kind === kind)
    .map(({ body }) => body?.summary);

describe('beyond the budget of automatic containments', () => {
  test('people are asked, and told which budget is spent; both processes count the same', async () => {
    const more = 'tiers: { production: { containmentsPerHour: 1 } }';
    const engine = await start('act', more);
    const other = await start('act', more, 'other');
    const first = await engine.submit({ id: 'one' });
    await quiet(engine);
    expect(await states(engine, first)).toEqual(['held', 'held', 'held']);
    const second = await other.submit({ id: 'two', functionArn: SIBLING_ARN });
    await drive(
      other,
      async () => (await states(other, second))?.every((state) => state === 'waiting') ?? false,
    );
    expect((await summaries(other, second, 'approval.asked'))[0]).toContain(
      'since the 1 automatic containments an hour in tier production of account 111122223333 are spent',
    );
    await drive(other, async () => {
      // What follows an approved step asks for itself.
      for (const approval of (await other.cordon.views.incidentView(second))?.approvals ?? []) {
        if (approval.status !== 'open') continue;
        expect(approval.policies).toEqual(['over-budget-asks-when-sure']);
        expect(await approve(other, second, approval)).toMatchObject({ kind: 'done' });
      }
      return (await states(other, second))?.every((state) => state === 'held') ?? false;
    });
  });

  test('CONTROL: within it nobody is asked, and one function counts once', async () => {
    const engine = await start('act', 'tiers: { production: { containmentsPerHour: 2 } }');
    const first = await engine.submit({ id: 'one' });
    const second = await engine.submit({ id: 'two', functionArn: SIBLING_ARN });
    await quiet(engine);
    expect(await states(engine, first)).toEqual(['held', 'held', 'held']);
    expect(new Set(await states(engine, second))).toEqual(new Set(['held']));
  });

  test('a budget of 0 asks always', async () => {
    const engine = await start('act', 'budgets: { containmentsPerHour: 0 }');
    const id = await engine.submit();
    await quiet(engine);
    expect(await states(engine, id)).toEqual(['waiting', 'waiting']);
    expect((await summaries(engine, id, 'approval.asked'))[0]).toContain('an hour in all are spent');
  });
});

describe('a broken glass', () => {
  test('lets what waits go on, is named and reasoned, and is reviewed by somebody else before closing', async () => {
    const engine = await start('ask', '');
    const id = await engine.submit();
    await quiet(engine);
    expect(await states(engine, id)).toEqual(['waiting', 'waiting']);
    const input = { reason: 'nobody answers and it spreads' };
    expect(await act(engine, id, 'break-glass', input, 'bob')).toMatchObject({
      code: 'cordon_command_not_allowed',
    });
    expect(await act(engine, id, 'break-glass', input, 'alice')).toMatchObject({ kind: 'done' });
    await quiet(engine);
    expect(await states(engine, id)).toEqual(['held', 'held', 'held']);
    expect(
      (await summaries(engine, id, 'attempt.decided')).every((each) =>
        each?.includes('alice broke the glass'),
      ),
    ).toBe(true);
    const close = () => act(engine, id, 'close', { reason: 'done' });
    expect(await close()).toMatchObject({ code: 'cordon_review_open' });
    const review = (name: string) =>
      act(engine, id, 'review', { verdict: 'justified', note: 'it did spread' }, name);
    expect(await review('alice')).toMatchObject({ code: 'cordon_review_own' });
    expect((await engine.cordon.views.openIncidents())[0]).toMatchObject({ reviewOpen: true });
    expect(await review('bob')).toMatchObject({ kind: 'done' });
    expect((await engine.cordon.views.openIncidents())[0]).toMatchObject({ reviewOpen: false });
    expect(await close()).toMatchObject({ kind: 'done' });
  });

  test('that nobody reviewed stays in the list after the incident is closed', async () => {
    const engine = await start('ask', '');
    const id = await engine.submit();
    await act(engine, id, 'break-glass', { reason: 'it spreads' });
    await quiet(engine);
    await act(engine, id, 'release', { reason: 'a false alarm' });
    await untilClosed(engine, id);
    const open = async () =>
      (await engine.cordon.views.openIncidents()).map((each) => [each.status, each.reviewOpen]);
    expect(await open()).toEqual([['closed', true]]);
    await act(engine, id, 'review', { verdict: 'unjustified', note: 'nothing spread' }, 'bob');
    expect(await open()).toEqual([]);
  });

  test('lifts no exclusion, no observe and no pause, and is over after its minutes', async () => {
    const observing = await start('observe', '');
    const id = await observing.submit();
    await act(observing, id, 'break-glass', { reason: 'try' });
    await quiet(observing);
    expect(ground.world.journal.entries().filter((call) => call.write)).toEqual([]);
    const asking = await start('ask', '', 'asking');
    const later = await asking.submit({ id: 'two', functionArn: SIBLING_ARN });
    await act(asking, later, 'break-glass', { reason: 'try', minutes: 1 });
    const untilMs = ground.clock.now().getTime() + 61_000;
    await drive(asking, () => ground.clock.now().getTime() >= untilMs);
    expect(await act(asking, later, 'break-glass', { reason: 'again' })).toMatchObject({
      code: 'cordon_review_open',
    });
  });
});
