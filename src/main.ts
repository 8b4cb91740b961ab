import './guardrail/wasm-flags.ts'; // before anything loads Cedar: see that file
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { ACTIONS } from './action/catalogue.ts';
import type { EvidencePort } from './action/ports.ts';
import type { Activity } from './activity.ts';
import { createActivity } from './activity.ts';
import type { AwsAccessFactory } from './aws/access.ts';
import { createAwsAccess } from './aws/access.ts';
import { budgetedGuard } from './aws/budgeted-guard.ts';
import type { AwsTransport } from './aws/transport.ts';
import { createTurns } from './aws/turns.ts';
import type { Clock } from './clock.ts';
import type { Declare } from './command/declare.ts';
import { createDeclare } from './command/declare.ts';
import type { Execute } from './command/execute.ts';
import { createExecute } from './command/execute.ts';
import { PLAYBOOK_CATALOGUE } from './definitions.ts';
import type { Enrolment } from './enrolment/enrolment.ts';
import { accountFor } from './enrolment/enrolment.ts';
import { CodedError, describeError } from './error.ts';
import { createCheckpointer } from './evidence/checkpointer.ts';
import type { Disk } from './evidence/disk.ts';
import { nodeDisk } from './evidence/disk.ts';
import { createLocalEvidence } from './evidence/local.ts';
import { trackedDisk } from './evidence/tracked-disk.ts';
import { verifyCase } from './evidence/verify.ts';
import type { GuardrailFiles } from './guardrail/check.ts';
import { createGate } from './guardrail/gate.ts';
import type { Ids } from './id.ts';
import type { Deliver } from './incident/delivery.ts';
import type { Engine, EngineRoles } from './incident/engine.ts';
import { createEngine } from './incident/engine.ts';
import { assertReading, imaginedGate, imaginedPerform } from './incident/imagine.ts';
import { viewOf } from './incident/incident-view.ts';
import { watchPause } from './incident/pause.ts';
import type { OpenAws } from './incident/perform.ts';
import { createPerform } from './incident/perform.ts';
import type { IncidentState } from './incident/state.ts';
import type { Views } from './incident/view.ts';
import { createViews } from './incident/view.ts';
import type { WakeQueue } from './incident/wake.ts';
import type { WorkerSession } from './incident/worker.ts';
import type { Inventory } from './inventory/inventory.ts';
import type { OwnerRule } from './inventory/owners.ts';
import type { Log } from './log.ts';
import { readCaseFindings } from './main/case-findings.ts';
import type { Custody } from './main/custody.ts';
import { localCustody } from './main/custody.ts';
import { writeFeedback } from './main/feedback.ts';
import { enrolledInventory, rolesOf } from './main/inventory-parts.ts';
import type { KeepOut } from './main/keep-out.ts';
import { createKeepOut } from './main/keep-out.ts';
import {
  earlierMetrics,
  postmortemPath,
  readIfThere,
  renderPostmortem,
  writePostmortem,
} from './main/postmortem.ts';
import type { KeepTranscript } from './main/transcript.ts';
import { createTranscripts } from './main/transcript.ts';
import type { CompiledPlaybook } from './playbook/compile.ts';
import { compilePlaybook } from './playbook/compile.ts';
import { matchPlaybook } from './playbook/match.ts';
import { feedbackOf } from './postmortem/feedback.ts';
import type { RateBudget } from './rate.ts';
import { alertContents } from './store/alert-content.ts';
import { desiredByOthers } from './store/incident.ts';
import type { Sql } from './store/sql.ts';
import { readTimeline } from './store/timeline.ts';
import { VERSION } from './version.ts';

/**
 * The composition root: the only file that builds everything. `cordon serve`, the terminal commands and
 * every exercise are made here, from the same parts; what differs is passed in.
 */
export interface ComposeOptions {
  readonly sql: Sql;
  readonly queue: WakeQueue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly session: WorkerSession;
  readonly budget: RateBudget;
  readonly enrolment: Enrolment;
  readonly playbooks: readonly CompiledPlaybook[];
  readonly guardrails: GuardrailFiles;
  /** Who owns what, from the owners file; nothing by default. */
  readonly owners?: readonly OwnerRule[];
  readonly aws: AwsTransport;
  readonly dataDir: string;
  /** How people are reached, once views and commands exist; without it nothing is delivered. */
  readonly people?: (parts: {
    readonly views: Views;
    readonly execute: Execute;
    readonly declare: Declare;
    readonly keepTranscript: KeepTranscript;
    readonly keepOut: KeepOut;
  }) => Deliver;
  /** How people are paged beside Slack; never in an exercise, whatever is given. */
  readonly pages?: (views: Views) => Deliver;
  readonly roles: EngineRoles;
  readonly exercise: boolean;
  readonly headroom: number;
  readonly periodicSweep: boolean;
  /** Where evidence is kept and what seals it; the data folder by default. */
  readonly custody?: Custody;
  /** In place of the custody's own disk. */
  readonly disk?: Disk;
  /** Told of every wait for files, so that virtual time stands still meanwhile. */
  readonly activity?: Activity;
  /** Containment is planned and imagined to have worked; nothing that writes is ever called. See `imagine.ts`. */
  readonly imagined?: boolean;
  /** Whether other processes may pause and resume on the same record; those on a server, by default. */
  readonly sharedRecord?: boolean;
  /** Tries of one AWS read; 1 in virtual time. */
  readonly readAttempts?: number;
}

export interface Cordon {
  readonly engine: Engine;
  readonly views: Views;
  readonly execute: Execute;
  readonly declare: Declare;
  readonly aws: AwsAccessFactory;
  readonly evidenceFolder: string;
  readonly inventory: Inventory;
}

// How long an IAM change may take to bite: about 4 s was measured by others, 10 s is the default budget.
const PROPAGATION_BUDGET_MS = 10_000;
// One source identity for all incidents: a session cannot change it, and sessions are kept warm.
const SOURCE_IDENTITY = 'cordon';
const LOG_WINDOW_MS = 24 * 3_600_000;
// A thousand of the largest asynchronous events (256 KB) are far more than people can look through.
const QUARANTINE_ALARM_BYTES = 100_000_000;
const EARLIER_LIMIT = 200;

/** What must not be composed; raised before anything is built. */
class ComposeError extends CodedError<'cordon_exercise_real_aws'> {}

/** Builds an engine and what people reach it by. Starts nothing. Throws `cordon_exercise_real_aws`. */
export async function compose(options: ComposeOptions): Promise<Cordon> {
  const { sql, clock, ids, log, enrolment, session } = options;
  const stopping = new AbortController();
  if (options.exercise && options.aws.kind !== 'world') {
    // The grounds of an exercise have no other transport to give; this holds whatever composes the next one.
    throw new ComposeError(
      'cordon_exercise_real_aws',
      'expected an exercise to be given a simulated account, found the way to real AWS; nothing was called',
    );
  }
  // One signal for every call under way: many listeners are no leak here.
  setMaxListeners(0, stopping.signal);
  const activity = options.activity ?? createActivity();
  const realGate = createGate(options.guardrails);
  const gate = options.imagined === true ? imaginedGate(realGate) : realGate;
  const custody = options.custody ?? (await localCustody(options.dataDir));
  const { folder: evidenceFolder, keys } = custody;
  const evidence = createLocalEvidence({
    folder: evidenceFolder,
    keys,
    disk: trackedDisk(options.disk ?? custody.disk, activity),
    quarantine: custody.quarantine,
    ...(custody.authority === undefined ? {} : { authority: custody.authority }),
    clock,
    collector: { name: 'cordon', version: VERSION },
  });
  const aws = createAwsAccess({
    transport: options.aws,
    clock,
    random: () => ids.random(),
    loading: (work) => activity.track(work),
    ...(options.readAttempts === undefined ? {} : { readAttempts: options.readAttempts }),
    roleFor: rolesOf(enrolment),
  });
  const turns = createTurns(options.budget, clock);
  const inventory = enrolledInventory({
    sql,
    clock,
    log,
    holder: session.id,
    enrolment,
    aws: () => aws,
    turns,
    headroom: options.headroom,
    signal: stopping.signal,
  });
  const openAws: OpenAws = ({ target, purpose, lane, beforeSend }) => {
    if (options.imagined === true) assertReading(purpose);
    return aws(
      {
        account: target.account,
        region: target.region,
        partition: target.partition,
        purpose,
        sourceIdentity: SOURCE_IDENTITY,
      },
      budgetedGuard({
        turns,
        priority: lane === 'contain' ? 'contain' : lane === 'evidence' ? 'evidence' : 'verify',
        headroom: options.headroom,
        beforeSend,
        signal: stopping.signal,
      }),
    );
  };

  // As they are now: what an incident proposes is for the next one.
  const definitionsFor = (id: string) => {
    const playbook = options.playbooks.find((each) => each.id === id);
    return playbook === undefined ? undefined : { guardrails: options.guardrails, playbook };
  };
  const views = createViews({ sql, clock, enrolment, catalogue: ACTIONS });
  const postmortem = async (state: IncidentState, port: EvidencePort) => {
    // What came in after the last seal (a manifest that was captured again after a crash) is sealed too.
    const { manifestSha256 } = await port.seal();
    const entries = await readTimeline(sql, state.id);
    const authorities = custody.authority?.certificates ?? [];
    const expected = {
      publicKeyPem: keys.signer.publicKeyPem,
      manifestSha256,
      authorities,
      alone: true,
    } as const;
    const report = await verifyCase(evidenceFolder, state.id, expected, custody.disk);
    const incident = viewOf(state, entries, { enrolment, catalogue: ACTIONS, pause: null });
    const earlier = await earlierMetrics(incident, await views.allIncidents(EARLIER_LIMIT), (id) =>
      readTimeline(sql, id),
    );
    const path = postmortemPath(options.dataDir, state.id);
    const text = renderPostmortem(
      {
        incident,
        privilege: enrolment.postmortem.privilege ?? null,
        entries,
        evidence: report,
        findings: await readCaseFindings({ disk: custody.disk, folder: evidenceFolder, incident: state.id }),
        earlier,
      },
      await readIfThere(path),
    );
    await writeFeedback(
      options.dataDir,
      feedbackOf(
        { ...incident, alert: state.record.alert },
        entries,
        clock.now(),
        definitionsFor(incident.playbook),
      ),
    );
    return { path, sha256: await writePostmortem(path, text) };
  };

  const late: { sweep: () => Promise<void> } = { sweep: async () => {} };
  const pause = await watchPause({
    sql,
    clock,
    log,
    poll: options.sharedRecord ?? sql.kind === 'server',
    // What waited has no wake-up of its own.
    onResumed: () => {
      late.sweep().catch((error: unknown) => {
        log.error({ reason: describeError(error) }, 'what a pause held back waits for the next sweep');
      });
    },
  });

  const realPerform = createPerform({
    catalogue: ACTIONS,
    steps: new Map([
      [
        'postmortem.draft',
        (state: IncidentState, port: EvidencePort) => activity.track(postmortem(state, port)),
      ],
    ]),
    aws: openAws,
    evidence: (state, attempt) =>
      evidence.openCase(state.id, {
        account: state.record.account,
        region: state.record.region,
        caller: accountFor(enrolment, state.record.account, state.record.region)?.roles.read ?? null,
        attempt: attempt.id,
        sourceIdentity: SOURCE_IDENTITY,
        approvedBy: attempt.approvals.map((approval) => approval.responder),
      }),
    alertContents: (incident) => alertContents(sql, incident),
    desiredByOthers: (incident, objectKey) => desiredByOthers(sql, objectKey, incident),
    settings: {
      propagationBudgetMs: PROPAGATION_BUDGET_MS,
      logWindowMs: LOG_WINDOW_MS,
      quarantineAlarmBytes: QUARANTINE_ALARM_BYTES,
    },
    clock,
    isLive: (worker) => session.isLive(worker),
    standstill: pause.current,
    stopping: stopping.signal,
  });

  const perform = options.imagined === true ? imaginedPerform(realPerform) : realPerform;

  let deliver: Deliver = async () => ({ kind: 'skipped', reason: 'no Slack is configured' });
  let deliverPage: Deliver = async () => ({ kind: 'skipped', reason: 'no paging is configured' });
  const engine = createEngine({
    sql,
    queue: options.queue,
    clock,
    ids,
    log,
    gate,
    enrolment,
    owners: options.owners ?? [],
    catalogue: ACTIONS,
    playbooks: options.playbooks,
    playbookFor: (alert) => matchPlaybook(options.playbooks, alert),
    compileStored: (source) => compilePlaybook(source, PLAYBOOK_CATALOGUE),
    session,
    perform,
    standstill: pause.current,
    deliver: (row, previousUnknown) =>
      row.kind === 'page' ? deliverPage(row, previousUnknown) : deliver(row, previousUnknown),
    roles: options.roles,
    exercise: options.exercise,
    periodicSweep: options.periodicSweep,
  });
  const checkpointer = createCheckpointer({
    sql,
    clock,
    log,
    disk: trackedDisk(nodeDisk, activity),
    folder: join(options.dataDir, 'checkpoints'),
    signer: keys.signer,
    owner: session.id,
  });
  late.sweep = engine.sweep;
  const execute = createExecute({
    sql,
    clock,
    advance: engine.advance,
    refreshPause: pause.refresh,
    ids,
    campaigns: views,
    enrolment,
    gate,
  });
  const declare = createDeclare({
    accept: engine.accept,
    enrolment,
    gate,
    clock,
    exercise: options.exercise,
  });
  if (options.pages !== undefined && !options.exercise) deliverPage = options.pages(views);
  if (options.people !== undefined) {
    const transcripts = createTranscripts({ advance: engine.advance, evidence });
    const keepTranscript: KeepTranscript = (...given) => activity.track(transcripts(...given));
    const keepOut = createKeepOut(engine.advance);
    deliver = options.people({ views, execute, declare, keepTranscript, keepOut });
  }
  return {
    engine: {
      ...engine,
      start: async () => {
        await engine.start();
        if (options.periodicSweep) checkpointer.start();
      },
      stop: async (boundMs) => {
        await pause.stop();
        await engine.stop(boundMs);
        await checkpointer.stop();
        stopping.abort();
        aws.close();
      },
    },
    views,
    execute,
    declare,
    aws,
    evidenceFolder,
    inventory,
  };
}
