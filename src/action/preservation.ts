import type { JsonObject } from '../json.ts';
import type { ActionContext } from './ports.ts';

/** What would be lost, or stand in the way, when a function is stopped (reference, 1.2 steps 1 to 3). */
export interface Preservation {
  /** UUIDs of mappings that poll: stopped without a pause, they move messages to their dead-letter queue. */
  readonly mappings: readonly string[];
  /** Qualifiers whose failed asynchronous events go nowhere, where the account has a sink to send them to. */
  readonly sinkless: readonly string[];
}

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
  if (!keeps) return { mappings: polling, sinkless: [] };

  // Whoever may invoke chooses the qualifier: every alias counts, and a version with a configuration of its own.
  const versionsOf = new Map<string, readonly string[]>([['$LATEST', ['$LATEST']]]);
  for (const alias of aliases) versionsOf.set(String(alias.Name), servedBy(alias));
  for (const qualifier of configs.map(qualifierOf)) {
    if (!versionsOf.has(qualifier)) versionsOf.set(qualifier, [qualifier]);
  }
  const deadLettered = new Set(
    versions.flatMap((version) => (version.deadLetterArn === undefined ? [] : [version.version])),
  );
  const withDestination = new Set(configs.filter(hasFailureDestination).map(qualifierOf));
  const sinkless = [...versionsOf].filter(
    ([qualifier, served]) =>
      !withDestination.has(qualifier) && !served.every((version) => deadLettered.has(version)),
  );
  return { mappings: polling, sinkless: sinkless.map(([qualifier]) => qualifier) };
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

function hasFailureDestination(config: JsonObject): boolean {
  const destinations = config.DestinationConfig;
  if (typeof destinations !== 'object' || destinations === null || !('OnFailure' in destinations))
    return false;
  const { OnFailure: to } = destinations;
  return typeof to === 'object' && to !== null && 'Destination' in to && to.Destination !== '';
}
