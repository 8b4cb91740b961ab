import { hostname } from 'node:os';
import { inProcessHandler } from '../../aws/in-process.ts';
import type { Clock } from '../../clock.ts';
import { drillIds, type Ids } from '../../id.ts';
import { openEmbeddedSession } from '../../incident/worker.ts';
import type { Log } from '../../log.ts';
import { compose } from '../../main.ts';
import { createMemoryQueue } from '../../queue/memory.ts';
import type { LoadedScenario } from '../../simulation/exercise/read-scenario.ts';
import { createWorld } from '../../simulation/world/world.ts';
import type { Deliver } from '../../slack/deliver.ts';
import type { DrillSide } from '../../slack/drill-voice.ts';
import type { KeepOut, SlackCommands } from '../../slack/port.ts';
import { openInThread } from '../../store/in-thread.ts';
import { memoryBudget } from '../../store/rate-budget.ts';
import type { Closing } from '../closing.ts';
import type { Definitions } from '../engine-parts.ts';
import { openDoor } from '../exercise/door.ts';
import { type Ground, NOWHERE, realPace, worldTransport } from '../exercise/ground.ts';
import { slackSide } from '../slack-parts.ts';

const STOP_MS = 500;

/** What a drill answers in place of the live engine. */
export interface DrillEngine extends DrillSide {
  readonly commands: SlackCommands;
  readonly keepOut: KeepOut;
}

/**
 * The ground of a drill: the engine as it is composed for production, on a database and a queue in memory, with an account
 * that is handed its calls in this process: no socket is opened, and there is no other transport to be given. Nobody is
 * paged. Only Slack is real: `speak` makes the deliveries out of what is to be delivered from.
 */
export async function openDrillGround(options: {
  readonly loaded: LoadedScenario;
  readonly definitions: Pick<Definitions, 'playbooks' | 'guardrails'>;
  /** Folder of the run: its evidence and keys are its own. */
  readonly folder: string;
  readonly headroom: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly closing: Closing;
  readonly stop: AbortSignal;
  readonly speak: (engine: DrillEngine) => Deliver;
}): Promise<Ground> {
  const { loaded, definitions, folder, headroom, clock, log, closing, stop, speak } = options;
  const { enrolment } = loaded;
  const ids = drillIds(options.ids);
  const sql = await openInThread();
  closing.add(() => sql.close());
  const world = createWorld(loaded.world, { clock, seed: ids.next('inc') });
  const cordon = await compose({
    playbooks: definitions.playbooks,
    guardrails: definitions.guardrails,
    enrolment,
    sql,
    queue: createMemoryQueue({ clock, log }),
    clock,
    ids,
    log,
    session: await openEmbeddedSession({ sql, ids, host: hostname(), pid: process.pid }),
    budget: memoryBudget(clock),
    aws: worldTransport(loaded, { endpoint: NOWHERE, requestHandler: inProcessHandler(world.fetch, clock) }),
    dataDir: folder,
    people: (parts) => speak(slackSide(parts, sql, enrolment)),
    roles: { perform: true, deliver: true },
    exercise: true,
    headroom,
    periodicSweep: true,
  });
  const { engine } = cordon;
  closing.add(() => engine.stop(stop.aborted ? 0 : STOP_MS));
  await engine.start();
  return {
    cordon,
    sql,
    clock,
    world,
    dataDir: folder,
    postAlert: openDoor({ loaded, cordon, sql, clock, log }),
    ...realPace(engine, clock, stop),
  };
}
