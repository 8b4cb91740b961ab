import { relative } from 'node:path';
import type { Clock } from '../../clock.ts';
import { CodedError, describeError } from '../../error.ts';
import type { Ids } from '../../id.ts';
import type { Log } from '../../log.ts';
import type { ExercisePeople } from '../../simulation/exercise/people.ts';
import type { LoadedScenario } from '../../simulation/exercise/read-scenario.ts';
import type { ExerciseResult } from '../../simulation/exercise/result.ts';
import type { DrillSide, DrillVoice } from '../../slack/drill-voice.ts';
import type { SlackMessage } from '../../slack/limits.ts';
import type { RunningDrill } from '../../slack/port.ts';
import {
  briefMessage,
  brokenMessage,
  endedMessage,
  injectMessage,
  stoppedMessage,
} from '../../slack/render/drill.ts';
import { createClosing } from '../closing.ts';
import type { Definitions } from '../engine-parts.ts';
import { hex, newRun } from '../exercise/exercise.ts';
import { runScenario } from '../exercise/run.ts';
import { type DrillEngine, openDrillGround } from './ground.ts';
import type { Side } from './router.ts';

/** One exercise for people, from its start until everything of it is shut down. */
export interface Drill {
  /** The engine that answers what names it; `undefined` before it stands and from the moment it is stopped. */
  side(): Side | undefined;
  facts(): RunningDrill;
  /** Freezes it: from here on nothing is answered, delivered or attacked any more. `by`: `null` when the process stops. */
  stop(by: string | null): void;
  stopped(): boolean;
  /** Resolves once everything is shut down. Rejects never. */
  readonly done: Promise<void>;
}

export interface DrillOptions {
  /** With the real people in it; see `withRealPeople`. */
  readonly loaded: LoadedScenario;
  readonly definitions: Pick<Definitions, 'playbooks' | 'guardrails'>;
  readonly dataDir: string;
  readonly headroom: number;
  /** Slack user id of whoever starts it. */
  readonly by: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly voice: (side: DrillSide) => DrillVoice;
  readonly onFailed: (why: string) => Promise<void>;
}

const SHORT_MS = 2000;

/** Starts a drill: builds its engine and its account, plays its attacker, and says in its channels how it went. */
export function startDrill(options: DrillOptions): Drill {
  const { loaded, clock, log, by } = options;
  const { scenario } = loaded;
  const startedMs = clock.now().getTime();
  const stopping = new AbortController();
  const channels = new Set<string>();
  let engine: DrillEngine | undefined;
  let voice: DrillVoice | undefined;
  let said: Promise<unknown> = Promise.resolve();
  let ended = false;

  /** One after the other, so that the last word is the last. */
  const sayIn = (where: Iterable<string>, message: SlackMessage): Promise<unknown> => {
    const places = [...where];
    said = said.then(() => Promise.all(places.map((channel) => voice?.say(channel, message))));
    return said;
  };

  const speak = (made: DrillEngine) => {
    engine = made;
    const spoken = options.voice(made);
    voice = spoken;
    return async (...[row, previousUnknown]: Parameters<DrillVoice['deliver']>) => {
      if (stopping.signal.aborted) return { kind: 'skipped', reason: 'the drill was stopped' } as const;
      const outcome = await spoken.deliver(row, previousUnknown);
      if (row.kind === 'open-channel' && outcome.kind === 'sent' && !channels.has(outcome.result.channel)) {
        const { channel } = outcome.result;
        channels.add(channel);
        const brief = briefMessage({
          incidentId: row.incidentId,
          title: scenario.title,
          by,
          rules: scenario.drill.groundRules,
          endsAt: new Date(startedMs + scenario.duration).toISOString(),
        });
        void sayIn([channel], brief);
      }
      return outcome;
    };
  };

  const people = (): ExercisePeople => ({
    // What people and the app write is in the transcript of the channel, which is evidence of the incident.
    look: () => [],
    say: async (from, text) => {
      const [channel] = channels;
      if (channel !== undefined) await sayIn([channel], injectMessage(from, text));
    },
    // The workspace is a real one, and others work in it.
    loseSlack: async (forMs) => {
      const [channel] = channels;
      const minutes = Math.ceil(forMs / 60_000);
      const text = `From now on, for ${minutes} minutes, act as if Slack were down: meet where you would meet then.`;
      if (channel !== undefined) await sayIn([channel], injectMessage('exercise control', text));
    },
    answer: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      }),
  });

  const run = async (): Promise<void> => {
    const closing = createClosing();
    try {
      const { run: name, folder } = await newRun(options.dataDir, scenario.id, clock);
      const ground = await openDrillGround({
        ...options,
        folder,
        closing,
        stop: stopping.signal,
        speak,
      });
      const result = await runScenario({
        loaded,
        ground,
        speed: 'live',
        run: name,
        runHex: hex(options.ids),
        folder,
        people,
        stop: stopping.signal,
      });
      await sayIn(channels, endedMessage(summaryOf(result, stopping.signal.aborted, options.dataDir)));
    } finally {
      ended = true;
      await closing.close();
    }
  };

  const done = run().catch(async (error: unknown) => {
    log.error({ scenario: scenario.id, reason: describeError(error) }, 'a drill broke off');
    // What others throw may hold what nobody in Slack is to read.
    const why = error instanceof CodedError ? error.message : 'for a reason that the log has';
    if (channels.size > 0) await sayIn(channels, brokenMessage(why));
    else await options.onFailed(`The drill ${scenario.id} could not run: ${why}`).catch(() => undefined);
  });

  return {
    side: () => (ended || stopping.signal.aborted ? undefined : engine),
    facts: () => ({
      scenario: scenario.id,
      title: scenario.title,
      by,
      startedAt: new Date(startedMs).toISOString(),
      channels: [...channels],
    }),
    stop(who) {
      if (stopping.signal.aborted) return;
      stopping.abort();
      void sayIn(channels, stoppedMessage(who));
    },
    stopped: () => stopping.signal.aborted,
    done,
  };
}

/** Resolves when `work` does, or after a moment: a process that stops does not wait for Slack. */
export async function shortly(work: Promise<unknown>, clock: Clock): Promise<void> {
  const over = new AbortController();
  await Promise.race([work.finally(() => over.abort()), clock.sleep(SHORT_MS, over.signal)]);
}

/** What is said of a result, in the words of the terminal's summary. Pure. */
function summaryOf(
  result: ExerciseResult,
  stopped: boolean,
  dataDir: string,
): Parameters<typeof endedMessage>[0] {
  const { attacker, score } = result;
  const [incident] = result.incidents;
  const verified = result.incidents.every(({ evidence, timeline }) => evidence.verified && timeline.verified);
  const after = (ms: number | null | undefined) =>
    ms === null || ms === undefined ? 'never' : `${(ms / 1000).toFixed(1)} s after the alert`;
  return {
    title: result.title,
    stopped,
    status: result.status,
    points: score.points,
    maxPoints: score.max,
    passed: score.passed,
    facts:
      incident === undefined
        ? ['No incident was opened.']
        : [
            `Contained, shown to be effective: ${after(incident.metrics.timeToEffectiveMs)}`,
            `Taken up by a person: ${after(incident.metrics.timeToAcknowledgeMs)}`,
            `Attacker: ${attacker.deniedCalls} calls denied, ${attacker.throttledInvocations} invocations throttled; ${attacker.succeededAfterContainment} calls with stolen credentials succeeded after containment`,
            `Evidence: ${incident.evidence.items} items; it and the timeline ${verified ? 'verify' : 'do NOT verify'}`,
          ],
    objectives: score.objectives.map(({ text, rating }) => ({ text, rating })),
    amiss: score.expectations.flatMap(({ title, verdict }) =>
      verdict === 'on-time' || verdict === 'kept' ? [] : [`${title}: ${verdict}`],
    ),
    // Below the data folder, whose place on the machine is nobody's business in Slack.
    report: relative(dataDir, result.report),
  };
}
