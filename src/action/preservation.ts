import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import type { ActionContext } from './ports.ts';
import { isTrusted } from './role-users.ts';

/** What would be lost, or stand in the way, when a function is stopped (reference, 1.2 steps 1 to 3). */
export interface Preservation {
  /** UUIDs of mappings that poll: stopped without a pause, they move messages to their dead-letter queue. */
  readonly mappings: readonly string[];
  /**
   * Qualifiers whose failed asynchronous events go nowhere, or where the attacker may have sent them, in an account that
   * has a sink to send them to.
   */
  readonly sinkless: readonly string[];
  /** Roles of the versions behind those: they deliver, so they need the right to. */
  readonly senders: readonly string[];
}

const destinationConfig = z.looseObject({
  OnFailure: z.looseObject({ Destination: z.string().optional() }).optional(),
});

// Anything but these may still poll; a mapping in a state that is not known counts as polling.
const STILL: ReadonlySet<unknown> = new Set(['Disabled', 'Disabling', 'Deleting']);

/**
 * Reads what there is to preserve, side by side. Without a sink in the enrolment nothing can keep asynchronous
 * events, so nothing is asked about them. Throws what a read throws: a list that could not be had is not empty.
 */
export async function readPreservation(context: ActionContext): Promise<Preservation> {
  const { lambda } = context.aws('read');
  const arn = context.target.functionArn;
  const keeps = (context.target.means?.sink ?? null) !== null;
  const [mappings, configs, aliases, versions] = await Promise.all([
    lambda.listEventSourceMappings(arn),
    keeps ? lambda.listEventInvokeConfigs(arn) : [],
    keeps ? lambda.listAliases(arn) : [],
    keeps ? lambda.listVersions(arn) : [],
  ]);
  const polling = mappings.flatMap((mapping) =>
    typeof mapping.UUID === 'string' && !STILL.has(mapping.State) ? [mapping.UUID] : [],
  );
  if (!keeps) return { mappings: polling, sinkless: [], senders: [] };

  // Whoever may invoke chooses the qualifier: every alias counts, and a version with a configuration of its own.
  const versionsOf = new Map<string, readonly string[]>([['$LATEST', ['$LATEST']]]);
  for (const alias of aliases) versionsOf.set(String(alias.Name), servedBy(alias));
  for (const qualifier of configs.map(qualifierOf)) {
    if (!versionsOf.has(qualifier)) versionsOf.set(qualifier, [qualifier]);
  }
  const trust = { account: context.target.account, suspectedAt: context.alert.firstSeenAt };
  const deadLettered = new Set(
    versions.flatMap((version) =>
      version.deadLetterArn !== undefined && isTrusted(trust, version.deadLetterArn, version.lastModified)
        ? [version.version]
        : [],
    ),
  );
  const ours = context.target.means?.sink;
  const withDestination = new Set(
    configs
      .filter((config) => {
        const sink = failureDestination(config);
        return sink !== null && (sink === ours || isTrusted(trust, sink, config.LastModified));
      })
      .map(qualifierOf),
  );
  const sinkless = [...versionsOf].filter(
    ([qualifier, served]) =>
      !withDestination.has(qualifier) && !served.every((version) => deadLettered.has(version)),
  );
  const senders = versions
    .filter(({ version }) => sinkless.some(([, served]) => served.includes(version)))
    .map(({ roleArn }) => roleArn);
  return {
    mappings: polling,
    sinkless: sinkless.map(([qualifier]) => qualifier),
    senders: [...new Set(senders)].sort(),
  };
}

/** The versions that an alias sends traffic to: one, or several with weighted routing. */
function servedBy(alias: JsonObject): readonly string[] {
  const routing = alias.RoutingConfig;
  const weights =
    typeof routing === 'object' && routing !== null && 'AdditionalVersionWeights' in routing
      ? routing.AdditionalVersionWeights
      : null;
  const others = typeof weights === 'object' && weights !== null ? Object.keys(weights) : [];
  return [String(alias.FunctionVersion), ...others];
}

function qualifierOf(config: JsonObject): string {
  return String(config.FunctionArn).split(':')[7] ?? '$LATEST';
}

function failureDestination(config: JsonObject): string | null {
  const read = destinationConfig.safeParse(config.DestinationConfig);
  const sink = read.success ? (read.data.OnFailure?.Destination ?? '') : '';
  return sink === '' ? null : sink;
}
