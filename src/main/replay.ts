import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ACTIONS } from '../action/catalogue.ts';
import type { Alert } from '../alert/alert.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { loadEnrolment, loadGuardrails, loadPlaybooks, PLAYBOOK_CATALOGUE } from '../definitions.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { parseEnrolment, responderById, tierFor } from '../enrolment/enrolment.ts';
import { CodedError } from '../error.ts';
import { objectPath } from '../evidence/place.ts';
import type { GuardrailFiles } from '../guardrail/check.ts';
import type { Ids } from '../id.ts';
import type { JsonObject } from '../json.ts';
import type { Log } from '../log.ts';
import type { CompiledPlaybook } from '../playbook/compile.ts';
import { compilePlaybook } from '../playbook/compile.ts';
import { matchPlaybook } from '../playbook/match.ts';
import { type Edit, edited } from '../postmortem/edit.ts';
import type { Feedback } from '../postmortem/feedback.ts';
import { editsOf } from '../postmortem/feedback.ts';
import type { Definitions } from '../postmortem/propose.ts';
import { type RebuiltWorld, worldFromManifest } from '../simulation/exercise/from-manifest.ts';
import { type RecordedAct, recordedActs, replayScenario } from '../simulation/exercise/from-timeline.ts';
import type { LoadedScenario } from '../simulation/exercise/read-scenario.ts';
import type { Entry } from '../timeline/entry.ts';
import { type TimelineMetrics, timelineMetrics } from '../timeline/metrics.ts';
import type { Custody } from './custody.ts';
import { findItem } from './evidence.ts';
import { exercise } from './exercise/exercise.ts';

type ReplayErrorCode = 'cordon_replay_no_manifest' | 'cordon_replay_no_target';

class ReplayError extends CodedError<ReplayErrorCode> {}

/** What running an incident again came to. Durations in milliseconds. */
export interface Replay {
  readonly edits: readonly Edit[];
  /** What the edits are of. */
  readonly definitions: Definitions;
  /** As it was, from the timeline. */
  readonly recorded: Times;
  /** Run again with the definitions as they are. */
  readonly before: Times;
  /** Run again with the edits; `null` when no incident opens then, or when there is nothing to change. */
  readonly after: Times | null;
  /** True when the edits leave the alert out: nothing is contained at all. */
  readonly opensNothing: boolean;
  /** What the simulated account goes without. */
  readonly leftOut: readonly string[];
}

export interface Times {
  readonly acceptedMs: number | null;
  readonly effectiveMs: number | null;
  /** From the first level that was shown until everything was released; `null` where it was not. */
  readonly containedForMs: number | null;
}

const SENDER = 'replay';
const ALERT_FILE = 'alert.json';
const SLACK_MS = 10 * 60_000;
const LONGEST_MS = 7 * 86_400_000;

/**
 * Runs an incident again in a simulated account built from its manifest, on a virtual clock, with its alert and with
 * people who answer as they did and as late as they did: once with the definitions as they are, once with what the incident proposes.
 * Throws `cordon_replay_no_manifest`, `cordon_replay_no_target`, `cordon_world_invalid`.
 */
export async function replayIncident(options: {
  readonly config: Config;
  readonly custody: Custody;
  readonly incident: string;
  readonly feedback: Feedback;
  readonly entries: readonly Entry[];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}): Promise<Replay> {
  const { config, feedback, entries } = options;
  // Written by the engine from an alert; whoever edits the record gets what the engine makes of it.
  const alert = feedback.fixture.alert as unknown as Alert;
  const { target } = alert;
  if (target === undefined) {
    throw new ReplayError(
      'cordon_replay_no_target',
      'expected an alert about a function; this one names none, so there is nothing to run again',
    );
  }
  const guardrails = await loadGuardrails(config.guardrailsDir);
  const playbooks = await loadPlaybooks(config.playbooksDir);
  const playbook = playbooks.find(({ id }) => id === feedback.fixture.playbook);
  const definitions = {
    guardrails,
    playbook: playbook ?? { id: feedback.fixture.playbook, source: '' },
  };
  const edits = playbook === undefined ? [] : editsOf(feedback, entries, definitions);
  const rebuilt = worldFromManifest(target, await manifestOf(options, target));
  const enrolment = await loadEnrolment(config.enrolmentFile);
  const loaded = scenarioOf(alert, target, entries, rebuilt, enrolment);
  const run = (definitions: {
    readonly playbooks: readonly CompiledPlaybook[];
    readonly guardrails: GuardrailFiles;
  }) => exercise({ ...options, exercise: loaded, speed: 'virtual', definitions });

  const first = await run({ playbooks, guardrails });
  const before = timesOf(first.incidents[0]?.metrics, await recordOf(first.folder));
  const changed = withEdits({ playbooks, guardrails }, edits);
  const opensNothing = edits.length > 0 && matchPlaybook(changed.playbooks, alert) === undefined;
  let after: Times | null = null;
  if (edits.length > 0 && !opensNothing) {
    const second = await run(changed);
    after = timesOf(second.incidents[0]?.metrics, await recordOf(second.folder));
  }
  return {
    edits,
    definitions,
    recorded: timesOf(timelineMetrics(entries), entries),
    before,
    after,
    opensNothing,
    leftOut: rebuilt.leftOut,
  };
}

/** The definitions with the edits made; a playbook that no longer compiles, or a policy that is not sound, throws as when it is loaded. */
function withEdits(
  definitions: { readonly playbooks: readonly CompiledPlaybook[]; readonly guardrails: GuardrailFiles },
  edits: readonly Edit[],
): { readonly playbooks: readonly CompiledPlaybook[]; readonly guardrails: GuardrailFiles } {
  const of = (file: string) => edits.filter((edit) => edit.file === file);
  return {
    playbooks: definitions.playbooks.map((playbook) => {
      const own = of(`playbooks/${playbook.id}.yaml`);
      return own.length === 0 ? playbook : compilePlaybook(edited(playbook.source, own), PLAYBOOK_CATALOGUE);
    }),
    guardrails: {
      ...definitions.guardrails,
      policies: definitions.guardrails.policies.map((policy) => ({
        ...policy,
        text: edited(policy.text, of(`guardrails/${policy.file.split('/').at(-1)}`)),
      })),
    },
  };
}

/** The manifest out of the evidence, checked against its digest. */
async function manifestOf(
  { custody, incident }: { readonly custody: Custody; readonly incident: string },
  target: NonNullable<Alert['target']>,
): Promise<JsonObject> {
  const wanted = `${target.account}/${target.region}/${target.functionName}/manifest.json`;
  const item = (await findItem({ custody, incident, wanted }))?.record.item;
  if (item === undefined) throw noManifest('there is none');
  const chunks: Uint8Array[] = [];
  for await (const chunk of custody.disk.chunks(join(custody.folder, objectPath(item.sha256))))
    chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (createHash('sha256').update(bytes).digest('hex') !== item.sha256) {
    throw noManifest('its bytes are not those that were sealed');
  }
  return JSON.parse(bytes.toString('utf8'));
}

function noManifest(why: string): ReplayError {
  return new ReplayError(
    'cordon_replay_no_manifest',
    `expected the manifest of the function in the incident's evidence, to build its account from; ${why}`,
  );
}

function scenarioOf(
  alert: Alert,
  target: NonNullable<Alert['target']>,
  entries: readonly Entry[],
  { world }: RebuiltWorld,
  enrolment: Enrolment,
): LoadedScenario {
  const acts = recordedActs(entries, (action) => ACTIONS.get(action)?.title ?? action).map((act) => ({
    ...act,
    who: slug(act.who),
  }));
  const at = entries.map((entry) => Date.parse(entry.at));
  const length = (at.at(-1) ?? 0) - (at[0] ?? 0);
  return {
    scenario: replayScenario({
      id: 'replay',
      sender: SENDER,
      file: ALERT_FILE,
      startsAt: entries[0]?.at ?? alert.lastSeenAt,
      durationMs: Math.min(length + SLACK_MS, LONGEST_MS),
      acts,
    }),
    world,
    enrolment: parseEnrolment(
      stringify({
        accounts: [
          {
            id: target.account,
            name: 'replayed',
            partition: target.partition,
            regions: [target.region],
            mode: modeThen(entries, target.functionArn),
            tier: tierFor(enrolment, target),
            // Nothing is prepared in the simulated account.
            profile: 'dynamic',
          },
        ],
        responders: peopleOf(acts, entries, enrolment),
        notifications: [],
      }),
      'replayed enrolment',
    ),
    alerts: new Map([[ALERT_FILE, JSON.stringify(alertAgain(alert, target))]]),
  };
}

/** The mode in which the incident was opened, as its first entries say. */
function modeThen(entries: readonly Entry[], functionArn: string): string {
  for (const { body } of entries) {
    if (body?.kind !== 'incident.opened') continue;
    const { modes } = body.data as {
      readonly modes?: readonly { readonly target: string; readonly mode: string }[];
    }; // written by `openIncident`
    const said = modes?.find((each) => each.target === functionArn)?.mode;
    if (said !== undefined) return said;
  }
  return 'observe';
}

/** Whoever acted then, with the roles that they have; of somebody who is gone, those that the acts needed. */
function peopleOf(acts: readonly RecordedAct[], entries: readonly Entry[], enrolment: Enrolment) {
  const names = new Map(
    entries.flatMap(({ body }) =>
      body?.actor.kind === 'responder' && typeof body.actor.id === 'string'
        ? [[slug(body.actor.id), body.actor.id]]
        : [],
    ),
  );
  return [...new Set(acts.map(({ who }) => who))].map((id, index) => ({
    id,
    name: id,
    slack: `U0REPLAY${index}`,
    roles: responderById(enrolment, names.get(id) ?? id)?.roles ?? ['responder', 'approver', 'commander'],
  }));
}

/** The alert in Cordon's own format, whose source it is then: an identity of its own, and what decides is as it was. */
function alertAgain(alert: Alert, target: NonNullable<Alert['target']>): JsonObject {
  return {
    cordon: 1,
    id: 'replay-1',
    type: alert.findingType.replace(/[^A-Za-z0-9 ._:/&()-]/g, '-').slice(0, 128),
    category: alert.category,
    title: alert.title.slice(0, 300),
    severity: alert.severity,
    confidence: alert.confidence,
    function: {
      arn: target.functionArn,
      ...(target.qualifier === undefined ? {} : { qualifier: target.qualifier }),
      ...(target.roleArn === undefined ? {} : { roleArn: target.roleArn }),
      tags: { ...target.tags },
    },
    firstSeenAt: alert.firstSeenAt,
    lastSeenAt: alert.lastSeenAt,
  };
}

function slug(id: string): string {
  return (
    id
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-')
      .replace(/^-+/, '')
      .slice(0, 63) || 'somebody'
  );
}

function timesOf(metrics: TimelineMetrics | undefined, entries: readonly Entry[]): Times {
  const levels = entries.flatMap(
    ({ at, body }) =>
      body?.kind === 'containment.level'
        ? [{ at, level: (body.data as { readonly level?: string }).level }]
        : [], // written by `setLevel`
  );
  const first = levels.find(({ level }) => level !== 'none');
  const last = levels.findLast(({ level }) => level === 'none');
  return {
    acceptedMs: metrics?.timeToAcceptedMs ?? null,
    effectiveMs: metrics?.timeToEffectiveMs ?? null,
    containedForMs:
      first === undefined || last === undefined ? null : Date.parse(last.at) - Date.parse(first.at),
  };
}

/** The timeline of a run, out of what it left. */
async function recordOf(folder: string): Promise<readonly Entry[]> {
  const text = await readFile(join(folder, 'record.ndjson'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line.includes('"kind":"timeline"'))
    .map((line) => (JSON.parse(line) as { readonly entry: Entry }).entry); // written by `runScenario`
}
