import type { AlertReceipt, AlertSubmission } from '../alert/receipt.ts';
import type { CommandResult } from '../command/command.ts';
import type { DeclareCall, DeclareResult } from '../command/declare.ts';
import type { CommandCall } from '../command/execute.ts';
import type { CampaignView } from '../incident/campaign-view.ts';
import type { EvidenceAccess } from '../incident/evidence-note.ts';
import type { IncidentView } from '../incident/incident-view.ts';
import type { ObserveReport } from '../incident/observed.ts';
import type { RetentionCall } from '../incident/retention-note.ts';
import type { ScopeView } from '../incident/scope-view.ts';
import type { IncidentSummary } from '../incident/view.ts';
import type { Refreshed } from '../inventory/inventory.ts';
import type { Picture } from '../inventory/picture.ts';
import type { InventoryPlace } from '../store/inventory.ts';
import type { Pause } from '../store/pause.ts';
import type { RefusedAlert } from '../store/refusals.ts';
import type { ChainHead } from '../timeline/chain.ts';
import type { CheckpointRecord } from '../timeline/checkpoint.ts';
import type { Entry } from '../timeline/entry.ts';

/**
 * What a person may ask of an engine, from outside its process or inside it. Two implementations: on the
 * database (`local.ts`), and through the socket of the process that holds it (`client.ts`).
 */
export interface EngineApi {
  status(): Promise<EngineStatus>;
  /** Open and halted incidents, or all of them; newest first. `mine`: those this person at a terminal has a part in. */
  incidents(options: { readonly all: boolean; readonly mine?: string }): Promise<readonly IncidentSummary[]>;
  /** The incident meant by `INC-12`, `12` or its id. */
  incident(reference: string): Promise<IncidentView | undefined>;
  /** Campaigns of several incidents that are not all closed. */
  campaigns(): Promise<readonly CampaignView[]>;
  /** The campaign meant by `CMP-3`, or that of an incident. */
  campaign(reference: string): Promise<CampaignView | undefined>;
  /** Functions that share something with the targets of an incident. */
  scope(reference: string): Promise<ScopeView | undefined>;
  /** A chain after `afterSeq`: an incident's, or `system`. As stored: whoever relies on it verifies it. */
  timeline(reference: string, afterSeq: number): Promise<ChainExtract | undefined>;
  /** The log that checkpoints are made over, and every chain there is. */
  checkpoints(): Promise<CheckpointExtract>;
  /** Says in the timeline that evidence is about to be read out; throws when it cannot be said. */
  recordAccess(access: EvidenceAccess): Promise<void>;
  /** Says in the timeline what is about to be done to all evidence of an incident; throws when it may not be. */
  recordRetention(call: RetentionCall): Promise<void>;
  execute(call: CommandCall): Promise<CommandResult>;
  /** Opens an incident on a function because a person says so. */
  declare(call: DeclareCall): Promise<DeclareResult>;
  submit(submission: Omit<AlertSubmission, 'via' | 'receivedAt'>): Promise<AlertReceipt>;
  /** What mode observe held back in the last `days`. */
  observed(days: number): Promise<ObserveReport>;
  /** What the enrolled accounts looked like when they were last looked at. */
  inventory(): Promise<readonly Picture[]>;
  /** Looks at one account and Region, or at all that are enrolled, now. */
  refreshInventory(place?: InventoryPlace): Promise<readonly Refreshed[]>;
  /** Alerts that were turned away, newest first. */
  refusals(limit: number): Promise<readonly RefusedAlert[]>;
  /** The bytes of a refused queue message, which is nowhere else any more. */
  refusedContent(sha256: string): Promise<Uint8Array | undefined>;
}

export interface EngineStatus {
  readonly version: string;
  /** True when some process performs what is decided here; else it waits for `cordon serve`. */
  readonly performing: boolean;
  /** All writes to accounts are paused; `null` while they are not. */
  readonly paused: Pause | null;
}

export interface ChainExtract {
  readonly chain: string;
  readonly entries: readonly Entry[];
  /** What the database says is the last entry; absent for a chain that has none yet. */
  readonly head?: ChainHead;
}

export interface CheckpointExtract {
  readonly records: readonly CheckpointRecord[];
  /** Records that the newest signed checkpoint covers, as the database says; 0 when there is none. */
  readonly signedSize: number;
  readonly chains: readonly string[];
}
