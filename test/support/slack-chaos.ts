import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SlackDouble } from '../../src/simulation/slack-double/double.ts';
import { createVirtualClock } from '../../src/simulation/virtual-clock.ts';
import { diffSnapshots } from '../../src/simulation/world/snapshot.ts';
import { createWorld } from '../../src/simulation/world/world.ts';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { readTimeline, timelineHead } from '../../src/store/timeline.ts';
import { verifyChain } from '../../src/timeline/verify.ts';
import { act } from './answers.ts';
import { doubledMessages } from './crash-run.ts';
import { drive, type Ground, START, type TestEngine } from './engine.ts';
import { slackDouble, startSlackEngine } from './slack.ts';
import { emptyDatabase } from './template.ts';
import { smallWorld } from './world.ts';

/** How one call to Slack fails, as the caller sees it. */
export type SlackFailure =
  | { readonly kind: 'ratelimited' }
  | { readonly kind: 'http'; readonly status: number; readonly effect: 'none' | 'done' }
  | { readonly kind: 'cut' | 'timeout'; readonly effect: 'none' | 'done' }
  | { readonly kind: 'word'; readonly word: string };

export const FAILURES: readonly SlackFailure[] = [
  { kind: 'ratelimited' },
  { kind: 'http', status: 500, effect: 'none' },
  { kind: 'http', status: 503, effect: 'done' },
  { kind: 'cut', effect: 'none' },
  { kind: 'cut', effect: 'done' },
  { kind: 'timeout', effect: 'none' },
  { kind: 'timeout', effect: 'done' },
  { kind: 'word', word: 'is_archived' },
  { kind: 'word', word: 'channel_not_found' },
  { kind: 'word', word: 'not_in_channel' },
  { kind: 'word', word: 'token_revoked' },
  { kind: 'word', word: 'account_inactive' },
  { kind: 'word', word: 'internal_error' },
  { kind: 'word', word: 'restricted_action' },
];

export interface ChaosRun {
  /** The methods that were called, in order. */
  readonly calls: readonly string[];
  /** What each message that stands in the channel was posted for, sorted. */
  readonly messages: readonly string[];
  /** How the incident and the account ended. */
  readonly end: unknown;
  /** Rows that never became a message, by kind. */
  readonly lost: readonly string[];
  /** What the timeline tells people of Slack being slow or down. */
  readonly delays: readonly string[];
  /** Who was let into the channel, and how many messages are pinned there. */
  readonly channel: { readonly members: readonly string[]; readonly pins: number };
  readonly problems: readonly string[];
}

/** Runs one incident to its end with Slack failing at the call with this number, or at every call of a method. */
export async function runWithSlack(
  sql: EmbeddedSql,
  fails: (call: number, method: string, sinceMs: number) => SlackFailure | undefined,
  options: {
    /** The app sees no message that it posted before: what the look into the history is for (control). */
    readonly forgetful?: true;
    /** What is enough to have seen; the incident's end by default. */
    readonly until?: (slack: SlackDouble) => boolean;
  } = {},
): Promise<ChaosRun> {
  await emptyDatabase(sql);
  const clock = createVirtualClock(START);
  const world = createWorld(smallWorld(), { clock, seed: 'chaos' });
  const before = world.snapshot();
  const slack = slackDouble(clock);
  const ground: Ground = { sql, world, clock, dataDir: await mkdtemp(join(tmpdir(), 'cordon-chaos-')) };
  const calls: string[] = [];
  const { engine } = await startSlackEngine(ground, {
    slack,
    slackFetch: async (request) => {
      const method = new URL(request.url).pathname.replace('/api/', '');
      const failure = fails(calls.push(method) - 1, method, clock.monotonicMs());
      if (options.forgetful === true && method === 'conversations.history') {
        return Response.json({ ok: true, messages: [], has_more: false });
      }
      return failure === undefined ? slack.fetch(request) : failing(failure, () => slack.fetch(request));
    },
  });
  const id = await engine.submit();
  let seen = -1;
  await drive(engine, async () => {
    if (options.until?.(slack) === true) return true;
    const { seq, status, holds } = await engine.state(id);
    if (seq !== seen) {
      seen = seq;
      await answerWhatIsOpen(engine, id);
    }
    // And a day and a half later, what was put to end by itself.
    if (status !== 'closed' || [...holds.values()].some((hold) => hold.status !== 'closed')) return false;
    const waiting = await sql.query(
      `select 1 from cordon.outbox where status in ('pending', 'unknown', 'sending') limit 1`,
    );
    return waiting.length === 0;
  });
  const state = await engine.state(id);
  const entries = await readTimeline(sql, id);
  const verdict = verifyChain(id, entries, await timelineHead(sql, id));
  const lost = await sql.query<{ kind: string }>(
    `select kind from cordon.outbox where status = 'failed' order by kind`,
  );
  const run: ChaosRun = {
    calls,
    messages: slack.people
      .channels()
      .flatMap(({ messages }) => messages)
      .map(({ metadata }) => JSON.stringify(Object(metadata?.event_payload).kind))
      .sort(),
    end: {
      status: state.status,
      levels: state.record.levels,
      attempts: [...state.attempts.values()].map(({ action, state: at }) => `${action} ${at}`).sort(),
      left: diffSnapshots(before, world.snapshot()),
    },
    lost: lost.map(({ kind }) => kind),
    delays: entries.flatMap(({ body }) => (body?.kind === 'slack.delayed' ? [body.summary] : [])),
    channel: {
      members: slack.people.channels().flatMap(({ members }) => [...members].sort()),
      pins: slack.people.channels().reduce((count, { pins }) => count + pins.size, 0),
    },
    problems: [
      ...doubledMessages(slack),
      ...(verdict.kind === 'intact' ? [] : [`the timeline is broken at ${verdict.seq}`]),
    ],
  };
  await engine.stop();
  return run;
}

async function answerWhatIsOpen(engine: TestEngine, id: string): Promise<void> {
  const view = await engine.cordon.views.incidentView(id);
  for (const question of view?.questions ?? []) {
    if (question.status !== 'open') continue;
    if (view?.level !== 'effective' && question.form === 'triage') continue;
    const answer = question.form === 'triage' ? { verdict: 'true_positive' } : { decision: 'release' };
    // People answer in the terminal: what they can do must not hang on the message that fails.
    await act(engine, id, 'answer', { invocationId: question.invocationId, answer }, 'alice');
  }
}

async function failing(failure: SlackFailure, work: () => Promise<Response>): Promise<Response> {
  if ('effect' in failure && failure.effect === 'done') await work();
  switch (failure.kind) {
    case 'ratelimited':
      return Response.json(
        { ok: false, error: 'ratelimited' },
        { status: 429, headers: { 'retry-after': '7' } },
      );
    case 'http':
      return new Response('upstream error', { status: failure.status });
    case 'cut':
      throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
    case 'timeout':
      throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    case 'word':
      return Response.json({ ok: false, error: failure.word });
  }
}
