import type { Json } from '../../json.ts';

/**
 * Artifacts in the order in which they disappear or change (reference, 2.1; after RFC 3227), with what they
 * are called in the bundle. The order of collection is this one.
 */
const ARTIFACTS = [
  ['finding', 'The alert as it arrived, and what it was read as'],
  ['function-configuration', 'Configuration of every version, tags, concurrency'],
  ['function-environment', 'Environment values, encrypted'],
  ['code-package', 'Code packages and container image digests'],
  ['layer', 'Layers: description, package, policy'],
  ['resource-policy', 'Resource policies of the function, its versions and aliases'],
  [
    'function-settings',
    'URLs, destinations, triggers, aliases, provisioned concurrency, scaling, recursion, runtime, signing',
  ],
  ['role', 'Roles: trust, inline and attached policies, boundary, tags, last use'],
  ['durable-execution', 'Durable executions and their history'],
  ['backlog', 'Queues and metrics: what was on its way'],
  ['function-logs', 'Logs from before the alert on'],
  ['cloudtrail-management', 'CloudTrail management events about and by the function'],
  ['cloudtrail-data', 'CloudTrail data events and digests'],
  ['network', 'Network interfaces, and where flow logs are'],
  ['traces', 'X-Ray traces'],
  ['secret-metadata', 'Secrets that may have been reached: names and dates, never values'],
  ['config-history', 'History of the function in AWS Config'],
  ['quarantine', 'What arrived in a quarantine sink after suspicion: written by the attacker'],
] as const;

/** What became of each artifact in one run, for a reader who asks why something is not there. */
export interface Coverage {
  collected(artifact: string): void;
  missing(artifact: string): void;
  /** Says why there was nothing to ask for. */
  note(artifact: string, why: string): void;
  table(): Json;
}

export function createCoverage(): Coverage {
  const rows = new Map<string, { collected: number; missing: number; notes: string[] }>();
  const row = (artifact: string) => {
    const known = rows.get(artifact) ?? { collected: 0, missing: 0, notes: [] };
    rows.set(artifact, known);
    return known;
  };
  return {
    collected(artifact) {
      row(artifact).collected += 1;
    },
    missing(artifact) {
      row(artifact).missing += 1;
    },
    note(artifact, why) {
      const { notes } = row(artifact);
      if (!notes.includes(why)) notes.push(why);
    },
    table: () =>
      ARTIFACTS.flatMap(([artifact, what]) => {
        const found = rows.get(artifact);
        return found === undefined ? [] : [{ artifact, what, ...found }];
      }),
  };
}
