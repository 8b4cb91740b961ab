import type { Core } from '../call.ts';
import type { MetricOwner } from '../cloudwatch/metrics.ts';
import { provisionedTotal } from './concurrency.ts';
import type { FunctionVersion, LambdaFunction } from './state.ts';

/** Whose metrics an invocation counts in. */
export function ownerOf({
  target,
  qualifier,
}: {
  readonly target: LambdaFunction;
  readonly qualifier: string;
}): MetricOwner {
  return { region: target.region, functionName: target.name, qualifier };
}

/**
 * Whether a version may run once more: not at concurrency 0, nor when all of it is provisioned for others
 * (recorded: with 2 reserved and 2 provisioned on version 1, `$LATEST` is refused and version 1 runs), nor
 * while as many runs go on as are reserved.
 */
export function roomFor(
  core: Core,
  invocation: {
    readonly target: LambdaFunction;
    readonly version: FunctionVersion;
    readonly qualifier: string;
  },
): boolean {
  const { target, version, qualifier } = invocation;
  if (target.reserved === undefined) return true;
  const own = target.provisioned.has(qualifier) || target.provisioned.has(version.version);
  const share = own ? target.reserved : target.reserved - provisionedTotal(target);
  const filter = { region: target.region, functionName: target.name };
  return core.metrics.holding(filter, core.clock.now().getTime()) < share;
}
