import type { Clock } from '../clock.ts';
import type { Declare } from '../command/declare.ts';
import type { Execute } from '../command/execute.ts';
import type { Accept } from '../incident/accept.ts';
import type { RecordAccess } from '../incident/evidence-note.ts';
import type { RecordRetention } from '../incident/retention-note.ts';
import type { Views } from '../incident/view.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { chainNames, lastSignature, readCheckpointRecords } from '../store/checkpoint.ts';
import { findIncidentId } from '../store/list.ts';
import { readPause } from '../store/pause.ts';
import { listRefusals, refusedContent } from '../store/refusals.ts';
import type { Sql } from '../store/sql.ts';
import { SYSTEM_CHAIN } from '../store/system-chain.ts';
import { readTimeline, timelineHead } from '../store/timeline.ts';
import { VERSION } from '../version.ts';
import type { EngineApi } from './api.ts';

const LIST_LIMIT = 500;
const DAY_MS = 24 * 3_600_000;

/** The engine's API in the process that has the database open. */
export function createLocalApi(options: {
  readonly sql: Sql;
  readonly views: Views;
  readonly execute: Execute;
  readonly declare: Declare;
  readonly accept: Pick<Accept, 'submit' | 'recordRefusal'>;
  readonly recordAccess: RecordAccess;
  readonly recordRetention: RecordRetention;
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly performing: () => Promise<boolean>;
}): EngineApi {
  const { sql, views, clock } = options;
  return {
    status: async () => ({
      version: VERSION,
      performing: await options.performing(),
      paused: await readPause(sql),
    }),
    async incidents({ all, mine }) {
      const incidents = await (all ? views.allIncidents(LIST_LIMIT) : views.openIncidents());
      if (mine === undefined) return incidents;
      const me = views.responderOfCli(mine);
      return incidents.filter(({ involved }) => me !== undefined && involved.includes(me));
    },
    incident: (reference) => views.findIncident(reference),
    scope: (reference) => views.scopeOf(reference),
    campaigns: () => views.openCampaigns(),
    campaign: (reference) => views.findCampaign(reference),
    async timeline(reference, afterSeq) {
      const chain =
        reference === SYSTEM_CHAIN ? SYSTEM_CHAIN : ((await findIncidentId(sql, reference)) ?? reference);
      // The head first: an entry that is appended in between is one more, never one that is missing.
      const head = await timelineHead(sql, chain);
      const entries = await readTimeline(sql, chain, afterSeq);
      // Entries whose incident is gone are still shown: that it is gone is what somebody has to see.
      if (head === undefined) return entries.length === 0 ? undefined : { chain, entries };
      return { chain, entries: entries.filter((entry) => entry.seq <= head.seq), head };
    },
    async checkpoints() {
      // The chains first: one that is made in between is one more, never one that is missing.
      const [chains, signature] = [await chainNames(sql), await lastSignature(sql)];
      return { records: await readCheckpointRecords(sql), signedSize: signature?.size ?? 0, chains };
    },
    recordAccess: options.recordAccess,
    recordRetention: options.recordRetention,
    execute: options.execute,
    declare: options.declare,
    submit: ({ bytes, source }) =>
      options.accept.submit({ bytes, source, via: 'cli', receivedAt: clock.now() }),
    inventory: () => options.inventory.pictures(),
    refreshInventory: (place) => options.inventory.refresh(place),
    observed: (days) => views.observed(new Date(clock.now().getTime() - days * DAY_MS)),
    refusals: (limit) => listRefusals(sql, limit),
    refusedContent: (sha256) => refusedContent(sql, sha256),
  };
}
