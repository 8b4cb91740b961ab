import type { Clock } from '../../clock.ts';
import { nearestWord } from '../../command/nearest.ts';
import type { Config } from '../../config.ts';
import { responderBySlack } from '../../enrolment/enrolment.ts';
import type { Responder } from '../../enrolment/enrolment-file.ts';
import { codeOf, describeError } from '../../error.ts';
import type { Ids } from '../../id.ts';
import type { Log } from '../../log.ts';
import type { ResponderRole } from '../../playbook/roles.ts';
import type { DrillSide, DrillVoice } from '../../slack/drill-voice.ts';
import type { SlackCommandResult, SlackDrills } from '../../slack/port.ts';
import type { Definitions } from '../engine-parts.ts';
import type { Drill } from './drill.ts';
import { missingRoles, unansweredRoles, withRealPeople } from './enrolment.ts';
import type { RoutedDrill } from './router.ts';

/** The drills of this process: at most one at a time, which costs what a small engine costs. */
export interface Drills extends SlackDrills, RoutedDrill {
  /** Ends the running one within two seconds; no other starts after it. */
  close(): Promise<void>;
}

type DrillRefusalCode =
  | 'cordon_drill_running'
  | 'cordon_drill_none'
  | 'cordon_drill_other'
  | 'cordon_drill_not_allowed'
  | 'cordon_drill_nobody_for_role'
  | 'cordon_drill_not_started'
  | 'cordon_drill_stopping'
  | 'cordon_scenario_not_found'
  | 'cordon_responder_unknown';

/** Who answers for an incident can have one practised. */
const MAY_START: ReadonlySet<ResponderRole> = new Set(['responder', 'commander']);

/** Keeps the drills of a process. Nothing of one is loaded before the first is started. */
export function createDrills(options: {
  readonly config: Pick<Config, 'dataDir' | 'headroom'>;
  readonly definitions: Definitions;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly voice: (side: DrillSide) => DrillVoice;
  /** In place of the scenarios that ship. */
  readonly simulations?: string;
}): Drills {
  const { config, definitions, clock, ids, log, simulations } = options;
  const { enrolment } = definitions;
  let current:
    | { readonly key: string; readonly answer: SlackCommandResult; readonly drill: Drill }
    | undefined;
  /** Somebody is starting one: from the first check until it stands, nobody else does. */
  let starting = false;
  let closed = false;

  const known = (slackUserId: string): Responder | undefined => responderBySlack(enrolment, slackUserId);

  const begin = async (
    request: Parameters<SlackDrills['start']>[0],
    by: Responder,
  ): Promise<SlackCommandResult> => {
    const { listExercises, loadExercise } = await import('../exercise/library.ts');
    const exercises = await listExercises(simulations);
    const wanted = exercises.find(({ id }) => id === request.scenario);
    if (wanted === undefined) {
      const names = exercises.map(({ id }) => id);
      const near = nearestWord(request.scenario, names);
      return refused(
        'cordon_scenario_not_found',
        `there is no such scenario.${near === undefined ? '' : ` Did you mean ${near}?`} There are: ${names.join(', ') || 'none'}`,
      );
    }
    const loaded = withRealPeople(await loadExercise(wanted.id, simulations), enrolment, clock.now());
    const missing = missingRoles(loaded);
    if (missing.length > 0) {
      return refused(
        'cordon_drill_nobody_for_role',
        `${wanted.id} needs a ${missing.join(' and a ')}, and nobody with a Slack id has that role in the enrolment file`,
      );
    }
    const unanswered = unansweredRoles(loaded, definitions.playbooks);
    const answer: SlackCommandResult = {
      kind: 'done',
      summary: `drill “${wanted.title}” starts. Nothing real is touched. Its channel, whose name begins with drill-, opens with its first alert; “drill stop” ends it at once${
        unanswered.length === 0
          ? ''
          : `. Nobody has the role ${unanswered.join(', ')}: what is asked of it will wait in vain`
      }`,
    };
    const { startDrill } = await import('./drill.ts');
    if (closed) return stoppingNow();
    const drill = startDrill({
      loaded,
      definitions,
      dataDir: config.dataDir,
      headroom: config.headroom,
      by: request.slackUserId,
      clock,
      ids,
      log,
      voice: options.voice,
      onFailed: request.onFailed,
    });
    const started = { key: request.idempotencyKey, answer, drill };
    current = started;
    void drill.done.then(() => {
      if (current === started) current = undefined;
    });
    log.info({ scenario: wanted.id, by: by.id }, 'a drill was started from Slack');
    return answer;
  };

  return {
    async scenarios() {
      const { listExercises } = await import('../exercise/library.ts');
      return (await listExercises(simulations)).map(({ id, title, difficulty }) => ({
        id,
        title,
        difficulty,
      }));
    },
    async start(request) {
      const by = known(request.slackUserId);
      if (by === undefined) return unknown();
      if (!by.roles.some((role) => MAY_START.has(role))) {
        return refused(
          'cordon_drill_not_allowed',
          `${by.id} may not start a drill: that is for responders and commanders`,
        );
      }
      if (closed) return stoppingNow();
      if (current?.key === request.idempotencyKey) return current.answer;
      if (current !== undefined) {
        const { title, by: starter, startedAt } = current.drill.facts();
        const who = known(starter)?.name ?? starter;
        return refused(
          'cordon_drill_running',
          current.drill.stopped()
            ? `the drill “${title}” is being shut down; start again in a moment`
            : `${who} runs the drill “${title}” since ${startedAt}; one runs at a time, and “drill stop” ends it`,
        );
      }
      if (starting) return refused('cordon_drill_running', 'somebody is starting a drill at this moment');
      starting = true;
      try {
        return await begin(request, by);
      } catch (error) {
        log.error({ code: codeOf(error), reason: describeError(error) }, 'a drill could not be started');
        return refused(
          'cordon_drill_not_started',
          `the drill could not be started (${codeOf(error)}); the log says why`,
        );
      } finally {
        starting = false;
      }
    },
    async stop({ slackUserId, incidentId }) {
      if (known(slackUserId) === undefined) return unknown();
      const drill = current?.drill;
      if (drill === undefined || drill.stopped()) {
        return refused('cordon_drill_none', 'no drill runs in this process of Cordon');
      }
      // A button of an earlier drill's card ends that one, which is over, and never this.
      if (incidentId !== undefined && (await drill.side()?.views.incidentView(incidentId)) === undefined) {
        return refused('cordon_drill_other', 'that drill is over; another one runs, with a card of its own');
      }
      drill.stop(slackUserId);
      return { kind: 'done', summary: `the drill “${drill.facts().title}” is stopped` };
    },
    running() {
      const drill = current?.drill;
      return drill === undefined || drill.stopped() ? undefined : drill.facts();
    },
    current: () => current?.drill.side(),
    holds: (channel) =>
      current?.drill.stopped() === false && current.drill.facts().channels.includes(channel),
    async close() {
      closed = true;
      const drill = current?.drill;
      if (drill === undefined) return;
      const { shortly } = await import('./drill.ts');
      drill.stop(null);
      await shortly(drill.done, clock);
    },
  };
}

function refused(code: DrillRefusalCode, message: string): SlackCommandResult {
  return { kind: 'refused', code, message };
}

function unknown(): SlackCommandResult {
  return refused(
    'cordon_responder_unknown',
    'you are not among the responders in the enrolment file; ask its owner to add you with your roles',
  );
}

function stoppingNow(): SlackCommandResult {
  return refused('cordon_drill_stopping', 'this process of Cordon is being stopped');
}
