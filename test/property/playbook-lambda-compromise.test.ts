import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/json.ts';
import { compilePlaybook } from '../../src/playbook/compile.ts';
import { reachableConfigurations } from '../../src/playbook/explore.ts';
import type { ChartEvent } from '../../src/playbook/types.ts';
import { catalogue } from '../unit/playbook/catalogue.ts';
import { EngineModel, type OpenWork } from '../unit/playbook/engine-model.ts';
import { target } from '../unit/playbook/fixtures.ts';

const path = new URL('../../playbooks/lambda-compromise.yaml', import.meta.url);
const playbook = compilePlaybook(readFileSync(path, 'utf8'), catalogue);

const SIGNALS = ['release.requested', 'close.requested', 'alert.updated', 'target.added', 'no.such.signal'];
const CODES = [
  'cordon_attempt_refused',
  'cordon_attempt_denied',
  'cordon_attempt_expired',
  'cordon_aws_throttled',
  'cordon_preserve_first',
  'cordon_provisioned_concurrency',
  'cordon_managed_instances',
  'cordon_aws_limit_exceeded',
];
const ROLES = ['arn:aws:iam::111122223333:role/a', 'arn:aws:iam::111122223333:role/b'];

/** What an invocation may come back with, chosen by a number. */
function outputOf(work: OpenWork, choice: number): Json {
  const pick = <T>(items: readonly T[]): T => items[choice % items.length] as T; // never empty
  switch (work.src) {
    case 'target.capture-manifest':
      return {
        roles: pick([[], [...ROLES], ROLES.slice(1)]),
        sharedWith: 0,
        codeSha256: '',
        exclusive: pick([[], ROLES.slice(0, 1)]),
        outside: pick([[], [], ROLES.slice(1)]),
        sinks: [],
        logGroups: [],
        published: pick([[], ['1']]),
        forPeople: pick([[], ['durable']]),
        openUrls: pick([[], ['$LATEST']]),
        strangers: pick([[], ['all']]),
        freezes: pick([false, true]),
        unknown: [],
      };
    case 'target.survey-doors':
      return {
        mappings: pick([[], ['5f0d8a64-3c1e-4c53-9a6b-2f1f7b1e9a10']]),
        sinkless: pick([[], ['$LATEST']]),
        senders: pick([[], ['arn:aws:iam::111122223333:role/checkout']]),
        provisioned: pick([[], ['live']]),
      };
    case 'containment.verify':
      return { level: pick(['accepted', 'read_back', 'effective']), detail: '' };
    case 'evidence.snapshot':
      return { items: 1, missing: 0, manifestSha256: '' };
    case 'containment.release':
      return {
        restored: 1,
        conflicts: pick([0, 0, 1]),
        degraded: pick([false, false, false, true]),
        left: [],
      };
    case 'containment.hand-over':
      return { owner: 'U1' };
    case 'postmortem.draft':
      return { path: 'p', sha256: '0'.repeat(64) };
    case 'human.question':
      return work.input.form === 'triage'
        ? {
            verdict: pick(['true_positive', 'false_positive', 'benign', 'needs_more_time']),
            ...(choice % 2 === 0 ? { severity: (choice % 4) + 1 } : {}),
          }
        : work.input.form === 'conflict'
          ? { decision: pick(['overwrite', 'accept', 'keep']) }
          : { decision: pick(['release', 'keep']) };
    default:
      return null;
  }
}

interface Act {
  readonly kind: 'finish' | 'fail' | 'timer' | 'signal' | 'stale';
  readonly which: number;
  readonly choice: number;
}

const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom('finish', 'finish', 'finish', 'fail', 'timer', 'signal', 'stale'),
  which: fc.nat(50),
  choice: fc.nat(50),
});

function perform(model: EngineModel, { kind, which, choice }: Act): void {
  const work = model.work();
  const timers = model.timers();
  const chosen = work[which % Math.max(1, work.length)];
  switch (kind) {
    case 'finish':
      if (chosen !== undefined) model.finish(chosen, outputOf(chosen, choice));
      return;
    case 'fail':
      if (chosen !== undefined) model.fail(chosen, CODES[choice % CODES.length] ?? '');
      return;
    case 'timer': {
      const timer = timers[which % Math.max(1, timers.length)];
      if (timer !== undefined) model.fire(timer);
      return;
    }
    case 'signal':
      model.signal(SIGNALS[choice % SIGNALS.length] ?? '');
      return;
    case 'stale': {
      // What comes too late or from nowhere.
      const stale: ChartEvent = {
        kind: 'invocation-failed',
        id: `gone-${which}`,
        error: { code: 'x', message: '' },
      };
      for (const key of model.charts.keys()) {
        if (model.feed(key, stale).handled) throw new Error('a stale outcome moved a chart');
      }
    }
  }
}

/** What must never be true of an incident, whatever happened to it. */
function faults(model: EngineModel): readonly string[] {
  const waiting = model.work().length + model.timers().length;
  const found: string[] = [];
  if (!model.done && waiting === 0) found.push('active, and waits for nothing');
  if (model.done && waiting > 0) found.push('done, and something is still open');
  if (model.done && model.holds.size > 0) found.push('done, and something is still held');
  if (model.done && model.root.vars.evidence === 'pending') found.push('done before its evidence');
  for (const row of model.charts.values()) {
    const leaves = leavesOfValue(row.stored.value).join(' ');
    if (!reachable.get(row.path)?.has(leaves))
      found.push(`${row.path} is in ${leaves}, which the checker did not foresee`);
  }
  return found;
}

const reachable = new Map(
  [...playbook.charts].map(([key, { chart }]) => [key, reachableConfigurations(chart)] as const),
);

function leavesOfValue(value: Json, at = ''): readonly string[] {
  const join = (key: string) => (at === '' ? key : `${at}.${key}`);
  if (typeof value === 'string') return [join(value)];
  return Object.entries(value as JsonObject).flatMap(([key, inner]) =>
    leavesOfValue(inner ?? null, join(key)),
  );
}

const targets = fc
  .array(fc.subarray(ROLES), { maxLength: 3 })
  .map((roles) => roles.map((list, index) => target(`function-${index}`, list)));

describe('the shipped playbook under any order of events', () => {
  test('never throws, never waits for nothing, and ends only with all holds released or handed over', () => {
    fc.assert(
      fc.property(targets, fc.array(act, { maxLength: 80 }), (items, acts) => {
        const model = new EngineModel(playbook, items);
        const found = [...faults(model)];
        for (const next of acts) {
          if (model.done) break;
          perform(model, next);
          found.push(...faults(model));
        }
        expect(found).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('always ends when everybody answers and everything succeeds from there on', () => {
    fc.assert(
      fc.property(targets, fc.array(act, { maxLength: 40 }), (items, acts) => {
        const model = new EngineModel(playbook, items);
        for (const next of acts) if (!model.done) perform(model, next);
        for (let round = 0; round < 200 && !model.done; round += 1) {
          const [work] = model.work();
          const timer = [...model.timers()].sort((a, b) => a.delayMs - b.delayMs)[0];
          if (work !== undefined)
            model.finish(work, outputOf(work, work.src === 'containment.verify' ? 2 : 0));
          else if (timer !== undefined) model.fire(timer);
        }
        expect(model.root.status).toBe('done');
        expect([...model.holds]).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
