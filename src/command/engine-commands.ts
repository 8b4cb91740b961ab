import {
  campaignAcknowledge,
  campaignApprove,
  campaignMerge,
  campaignSplit,
  campaignTriage,
} from './campaign.ts';
import type { EngineCommand } from './engine-command.ts';
import { pause, resume } from './pause.ts';

/** Every human act on the engine itself, explicitly. */
export const ENGINE_COMMANDS: readonly EngineCommand[] = Object.freeze([
  pause,
  resume,
  campaignAcknowledge,
  campaignApprove,
  campaignTriage,
  campaignSplit,
  campaignMerge,
]);
