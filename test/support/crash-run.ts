import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyCase } from '../../src/evidence/verify.ts';
import type { IncidentState } from '../../src/incident/state.ts';
import { createVirtualClock } from '../../src/simulation/virtual-clock.ts';
import { diffSnapshots, type WorldSnapshot } from '../../src/simulation/world/snapshot.ts';
import { createWorld } from '../../src/simulation/world/world.ts';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { readTimeline, timelineHead } from '../../src/store/timeline.ts';
import { verifyChain } from '../../src/timeline/verify.ts';
import { act } from './answers.ts';
import { drive, type Ground, START, startEngine, type TestEngine } from './engine.ts';
import { type CrashPoint, createMortal, type Mortal, mortalDisk, mortalSql } from './mortal.ts';
import { peopleOn, slackDouble } from './slack.ts';
import { emptyDatabase } from './template.ts';
import { smallWorld } from './world.ts';

/**
 * A whole incident, killed at commits and calls to the outside, before and after they took effect, then
 * restarted on the same database: it must end as if nothing had happened.
 */

export interface Run {
  readonly calls: readonly string[];
  /** How many processes died on the way; the others of `crashes` would have come after the end. */
  readonly deaths: number;
  /** What is not as it must be, in words; empty for a good end. */
  readonly problems: readonly string[];
}

export type Rewrite = Parameters<typeof mortalSql>[2];

/**
 * Runs one incident on an emptied database and says what is not as it must be. Its first process dies at the first of
 * `crashes`, counted from its own first call, the second at the second; the one after the last plays to the end.
 */
export async function runIncident(
  sql: EmbeddedSql,
  crashes: readonly CrashPoint[],
  rewrite?: Rewrite,
): Promise<Run> {
  await emptyDatabase(sql);
  const clock = createVirtualClock(START);
  const world = createWorld(smallWorld(), { clock, seed: 'crash' });
  const double = slackDouble(clock);
  const ground: Ground = { sql, world, clock, dataDir: await mkdtemp(join(tmpdir(), 'cordon-crash-')) };
  const before = world.snapshot();
  let id: string | undefined;
  const calls: string[] = [];
  for (let life = 0; ; life += 1) {
    const mortal = createMortal(crashes[life] ?? null);
    // What a later process writes is its own; only the first may be made to forget.
    const engine = await Promise.race([
      start(ground, double, mortal, `life-${life}`, life === 0 ? rewrite : undefined),
      mortal.death,
    ]);
    // The sender sends again until it gets a receipt: nothing is acknowledged before the commit.
    if (engine !== undefined) id ??= await Promise.race([engine.submit(), mortal.death]);
    if (engine !== undefined && id !== undefined) await driveOrDie(engine, id, mortal);
    // What stopping and checking call is no part of the incident.
    calls.push(...mortal.calls);
    if (engine === undefined || mortal.dead()) continue;
    const problems = await problemsOf(engine, ground, double, before);
    await engine.stop();
    return { calls, deaths: life, problems };
  }
}

function start(
  ground: Ground,
  double: ReturnType<typeof slackDouble>,
  mortal: Mortal,
  seed: string,
  rewrite?: Rewrite,
): Promise<TestEngine> {
  const own = mortalSql(ground.sql, mortal, rewrite);
  return startEngine(ground, {
    seed,
    sql: own,
    dead: mortal.dead,
    death: mortal.death,
    fetch: (request) =>
      mortal.call(`aws ${verbOf(request)} ${new URL(request.url).pathname}`, () =>
        ground.world.fetch(request),
      ),
    overrides: {
      disk: mortalDisk(mortal),
      people: peopleOn({
        sql: own,
        clock: ground.clock,
        fetch: (request) =>
          mortal.call(`slack ${new URL(request.url).pathname}`, () => double.fetch(request)),
      }),
    },
  });
}

/** Plays the incident to its end with scripted answers, or until the process is dead. */
async function driveOrDie(engine: TestEngine, id: string, mortal: Mortal): Promise<void> {
  const { calls, dead, death } = mortal;
  let seen = -1;
  await drive(engine, async () => {
    if (dead()) return true;
    // Nothing was written or asked since the last look: the incident looks the same.
    if (calls.length === seen) return false;
    seen = calls.length;
    const view = await Promise.race([engine.cordon.views.incidentView(id), death]);
    if (view === undefined || dead()) return dead();
    for (const question of view.questions) {
      if (question.status !== 'open') continue;
      if (view.level !== 'effective' && question.form === 'triage') continue;
      const answer = question.form === 'triage' ? { verdict: 'true_positive' } : { decision: 'release' };
      // One person, one press: the same key after a restart is the same press.
      const given = act(
        engine,
        id,
        'answer',
        { invocationId: question.invocationId, answer },
        'alice',
        question.invocationId,
      );
      await Promise.race([given, death]);
    }
    if (view.status === 'open') return false;
    // Closed, and then what was made to end by itself ends: a day and a half later, in another process perhaps.
    const state = await Promise.race([engine.state(id), death]);
    return (
      dead() || state === undefined || [...state.holds.values()].every((hold) => hold.status === 'closed')
    );
  });
}

/**
 * What the incident says that it wrote: each attempt that succeeded made its call once, whoever died meanwhile. How far
 * the deny was widened before the answer came differs with the moment of the death, so the counts are its own.
 */
function writesOf(state: IncidentState): readonly (readonly [operation: string, times: number])[] {
  const done = [...state.attempts.values()].filter((attempt) => attempt.state === 'succeeded');
  const count = (effect: string, pattern: RegExp, trial: boolean) =>
    done.filter(
      (attempt) =>
        attempt.effect === effect && pattern.test(attempt.action) && (attempt.trial !== undefined) === trial,
    ).length;
  const concurrency = /^lambda[.]reserve-zero/;
  const policy = /^iam[.](quarantine-role|revoke-sessions)$/;
  const renewal = /^lambda[.]renew-environments$/;
  return [
    ['PutFunctionConcurrency', count('contain', concurrency, false) + count('restore', concurrency, true)],
    ['PutRolePolicy', count('contain', policy, false)],
    ['DeleteFunctionConcurrency', count('restore', concurrency, false)],
    ['DeleteRolePolicy', count('restore', policy, false)],
    ['UpdateFunctionConfiguration', count('contain', renewal, false) + count('restore', renewal, false)],
  ];
}

async function problemsOf(
  engine: TestEngine,
  ground: Ground,
  double: ReturnType<typeof slackDouble>,
  before: WorldSnapshot,
): Promise<string[]> {
  const problems: string[] = [];
  const listed = await engine.cordon.views.allIncidents(10);
  if (listed.length !== 1) problems.push(`${listed.length} incidents instead of 1`);
  const id = listed[0]?.id ?? '';
  if (listed[0]?.status !== 'closed') problems.push(`the incident is ${listed[0]?.status}`);
  for (const [operation, times] of writesOf(await engine.state(id))) {
    const made = ground.world.journal.writes({ operation }).length;
    if (made !== times || times === 0) problems.push(`${operation} was called ${made} times, not ${times}`);
  }
  const left = diffSnapshots(before, ground.world.snapshot());
  if (left.length > 0) problems.push(`the account is not as before: ${JSON.stringify(left)}`);
  const held = [...(await engine.state(id)).holds.values()].filter((hold) => hold.status !== 'closed');
  if (held.length > 0) problems.push(`${held.length} holds are still open`);
  const entries = await readTimeline(ground.sql, id);
  const verdict = verifyChain(id, entries, await timelineHead(ground.sql, id));
  if (verdict.kind !== 'intact') problems.push(`the timeline is broken at ${verdict.seq}`);
  const evidence = await verifyCase(engine.cordon.evidenceFolder, id);
  if (!evidence.verified) problems.push(`evidence: ${JSON.stringify(evidence.findings)}`);
  problems.push(...doubledMessages(double));
  return problems;
}

/** Messages that say the same thing twice: the outbox id that each carries is posted at most once. */
export function doubledMessages(double: ReturnType<typeof slackDouble>): string[] {
  const posted = new Map<string, number>();
  for (const channel of double.people.channels()) {
    for (const message of double.people.messages(channel.id)) {
      const key = JSON.stringify(message.metadata ?? message.text);
      posted.set(key, (posted.get(key) ?? 0) + 1);
    }
  }
  const channels = double.people.channels().length;
  return [
    ...[...posted].filter(([, times]) => times > 1).map(([key, times]) => `posted ${times} times: ${key}`),
    ...(channels === 1 ? [] : [`${channels} channels instead of 1`]),
  ];
}

/** The method, with what many operations share one method and path for: those that only look count as `GET`. */
function verbOf(request: Request): string {
  const target = request.headers.get('x-amz-target')?.split('.').at(-1) ?? '';
  return /^(Filter|Get|List|Describe|Lookup)/.test(target) ? `GET ${target}` : request.method;
}

const isRead = (name: string | undefined) => name?.startsWith('aws GET') === true;

/** `count` of the calls after which a process may die, evenly over the whole incident: see `isMoment`. */
export function deaths(calls: readonly string[], count: number): readonly number[] {
  const moments = [...calls.keys()].filter((index) => isMoment(calls, index));
  return Array.from(
    { length: count },
    (_, part) => moments[Math.floor(((part + 0.5) * moments.length) / count)] ?? 0,
  );
}

/** A gap between two reads is no moment of its own: dying there is dying before the next write. */
function isMoment(calls: readonly string[], index: number): boolean {
  return !(isRead(calls[index]) && isRead(calls[index + 1]));
}
