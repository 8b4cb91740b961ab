import { ACTIONS } from '../action/catalogue.ts';
import type { Clock } from '../clock.ts';
import type { Declare } from '../command/declare.ts';
import type { Execute } from '../command/execute.ts';
import type { Config } from '../config.ts';
import type { EngineApi } from '../console/api.ts';
import { createLocalApi } from '../console/local.ts';
import { loadEnrolment } from '../definitions.ts';
import type { Ids } from '../id.ts';
import type { Accept } from '../incident/accept.ts';
import type { Advance } from '../incident/advance.ts';
import { createCampaignViews } from '../incident/campaign-view.ts';
import { createRecordAccess } from '../incident/evidence-note.ts';
import { createRecordRetention } from '../incident/retention-note.ts';
import { createViews } from '../incident/view.ts';
import type { Log } from '../log.ts';
import { countLiveWorkers } from '../store/status.ts';
import type { Closing } from './closing.ts';
import type { Database } from './database.ts';
import { openDatabase } from './database.ts';

/** What decides: made only for a command that does, since guardrails and playbooks take a second to load. */
interface Deciding {
  readonly accept: Pick<Accept, 'submit' | 'recordRefusal'>;
  readonly advance: Advance;
  readonly execute: Execute;
  readonly declare: Declare;
}

interface CommandOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly closing: Closing;
}

// What a command left in memory is milliseconds of work; the database has the rest.
const STOP_MS = 5000;

/**
 * The engine's API for one command that has the database open itself. It decides and records as an engine does,
 * performs nothing and delivers nothing; it never opens a way to AWS or to Slack.
 */
export async function openCommandApi(config: Config, options: CommandOptions): Promise<EngineApi> {
  const { clock, closing } = options;
  const enrolment = await loadEnrolment(config.enrolmentFile);
  const database = await openDatabase(config, { holder: 'command', clock, closing });
  const { sql } = database;
  let deciding: Promise<Deciding> | undefined;
  const decide = () => {
    deciding ??= openDeciding(config, database, options);
    return deciding;
  };
  // Loads the AWS clients: only for a command that asks for the inventory.
  const inventory = async () =>
    (await import('./inventory-parts.ts')).commandInventory({
      ...options,
      sql,
      enrolment,
      headroom: config.headroom,
    });
  return createLocalApi({
    sql,
    inventory: {
      pictures: async () => (await inventory()).pictures(),
      refresh: async (...given) => (await inventory()).refresh(...given),
    },
    views: createViews({ sql, clock, enrolment, catalogue: ACTIONS }),
    execute: async (call) => (await decide()).execute(call),
    declare: async (call) => (await decide()).declare(call),
    accept: {
      submit: async (submission) => (await decide()).accept.submit(submission),
      recordRefusal: async (refusal) => (await decide()).accept.recordRefusal(refusal),
    },
    recordAccess: async (access) => createRecordAccess((await decide()).advance)(access),
    recordRetention: async (call) =>
      createRecordRetention({ advance: (await decide()).advance, sql, enrolment })(call),
    clock,
    performing: async () => database.kind === 'server' && (await countLiveWorkers(sql)) > 0,
  });
}

async function openDeciding(config: Config, database: Database, options: CommandOptions): Promise<Deciding> {
  const { clock, ids, log, closing } = options;
  const { sql } = database;
  const [
    { createGate },
    { createEngine },
    { createExecute },
    { createDeclare },
    playbooks,
    parts,
    queues,
    { storePlaybook },
  ] = await Promise.all([
    import('../guardrail/gate.ts'),
    import('../incident/engine.ts'),
    import('../command/execute.ts'),
    import('../command/declare.ts'),
    import('../playbook/match.ts'),
    import('./engine-parts.ts'),
    import('./queue.ts'),
    import('../store/alert.ts'),
  ]);
  const definitions = await parts.loadDefinitions(config);
  const gate = createGate(definitions.guardrails);
  // On a server others work: they are woken as an engine would wake them.
  const queue =
    database.kind === 'server'
      ? (await queues.openQueue(config, database, { log, closing })).queue
      : await queues.commandQueue(clock, log);
  const engine = createEngine({
    ...definitions,
    sql,
    queue,
    clock,
    ids,
    log,
    gate,
    catalogue: ACTIONS,
    playbookFor: (alert) => playbooks.matchPlaybook(definitions.playbooks, alert),
    compileStored: parts.compileStored,
    session: parts.idleSession(ids),
    perform: {
      run: async () => {
        throw new TypeError('a command performs nothing');
      },
    },
    standstill: () => null,
    deliver: async () => ({ kind: 'skipped', reason: 'a command delivers nothing' }),
    roles: { perform: false, deliver: false },
    exercise: false,
    periodicSweep: false,
  });
  closing.add(() => engine.stop(STOP_MS));
  // An incident names its playbook by digest; an engine stores those it has when it starts.
  for (const playbook of definitions.playbooks) await storePlaybook(sql, playbook, clock.now());
  const { enrolment } = definitions;
  return {
    accept: engine.accept,
    advance: engine.advance,
    execute: createExecute({
      sql,
      clock,
      advance: engine.advance,
      // This process writes to no account; those that do look for themselves.
      refreshPause: async () => {},
      ids,
      campaigns: createCampaignViews({ sql, catalogue: ACTIONS }),
      enrolment,
      gate,
    }),
    declare: createDeclare({ accept: engine.accept, enrolment, gate, clock, exercise: false }),
  };
}
