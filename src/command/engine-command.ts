import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Ids, IncidentId } from '../id.ts';
import type { Advance } from '../incident/advance.ts';
import type { CampaignViews } from '../incident/campaign-view.ts';
import type { JsonObject } from '../json.ts';
import type { Sql } from '../store/sql.ts';
import type { CommandResult, Person } from './command.ts';

/** What an act on the engine itself works with. */
export interface EngineTools {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly advance: Advance;
  readonly ids: Ids;
  readonly campaigns: CampaignViews;
  /** Makes this process know of a pause, or of its end, at once; others see it within a second. */
  readonly refreshPause: () => Promise<void>;
  /** Does one act on one incident as the same person, through the same gate, with a receipt under `key`. */
  readonly act: (
    incident: IncidentId,
    command: string,
    input: JsonObject,
    key: string,
  ) => Promise<CommandResult>;
}

/**
 * A human act that is about no incident: it passes the same gate under `command.<id>`, on the resource `engine`,
 * and its entry is in the system chain.
 */
export interface EngineCommand<Input = unknown> {
  readonly id: string;
  readonly title: string;
  readonly input: z.ZodType<Input>;
  /** Runs after the gate has let it. `key` is the call's own: the same again must have no second effect. */
  run(tools: EngineTools, input: Input, person: Person, key: string): Promise<CommandResult>;
}

/** Keeps the inferred input type inside the file that declares a command. */
export function defineEngineCommand<Input>(command: EngineCommand<Input>): EngineCommand {
  // `execute` parses the input with the command's own schema before it calls `run`.
  return Object.freeze(command) as EngineCommand;
}
