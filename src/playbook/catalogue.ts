import { z } from 'zod';
import type { Action } from '../action/action.ts';
import type { CatalogueEntry } from './catalogue-entry.ts';
import { ENGINE_STEPS } from './engine-steps.ts';
import { FORM_IDS } from './forms.ts';
import { NOTIFICATIONS, type Notification } from './notifications.ts';
import { RESPONDER_ROLES } from './roles.ts';
import { SIGNALS, type Signal } from './signals.ts';

/** All names that a playbook may use. */
export interface PlaybookCatalogue {
  readonly entries: ReadonlyMap<string, CatalogueEntry>;
  readonly roles: readonly string[];
  readonly forms: readonly string[];
  readonly signals: ReadonlyMap<string, Signal>;
  readonly notifications: ReadonlyMap<string, Notification>;
}

/** Builds the catalogue from the registered actions and the engine's own steps. */
export function buildCatalogue(actions: readonly Action[]): PlaybookCatalogue {
  const entries = new Map<string, CatalogueEntry>();
  for (const entry of [...actions.map(entryOfAction), ...ENGINE_STEPS]) entries.set(entry.src, entry);
  return {
    entries,
    roles: RESPONDER_ROLES,
    forms: FORM_IDS,
    signals: new Map(SIGNALS.map((signal) => [signal.name, signal])),
    notifications: new Map(NOTIFICATIONS.map((notification) => [notification.name, notification])),
  };
}

function entryOfAction(action: Action): CatalogueEntry {
  const contains = action.effect === 'contain';
  return {
    src: action.id,
    kind: action.effect,
    input: action.input,
    // What one containment did to each object is in the timeline; the playbook sees only that it is done.
    output: contains ? z.unknown() : action.output,
    opensHold: contains,
    closesHolds: false,
    reversible: contains ? action.reversible : true,
  };
}
