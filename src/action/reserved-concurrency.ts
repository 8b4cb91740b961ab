import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import type { ActionObject, ContainAction, Observation } from './action.ts';
import { AwsError } from './failure.ts';
import type { ActionContext, Target } from './ports.ts';

/**
 * A function's reserved concurrency as an object: one setting, so one object, whichever action changes it. Actions
 * on it share its key, its prior state and its order: of two open holds the smaller number is what is there.
 */

export const reservedPrior = z.strictObject({
  /** `null` is unset: neither 0 nor N, and restored by deleting the setting. */
  reserved: z.number().int().min(0).nullable(),
});

export const reservedDesired = z.strictObject({ reserved: z.number().int().min(0) });

export type ReservedPrior = z.infer<typeof reservedPrior>;

/** The one object of a target. Pure. */
export function reservedObjects(target: Target): readonly ActionObject[] {
  return [{ key: `lambda-concurrency:${target.functionArn}`, arn: target.functionArn }];
}

/** See `ContainAction.stricter`. */
export const fewerReserved: NonNullable<ContainAction['stricter']> = (left, right) =>
  reservedDesired.parse(left).reserved <= reservedDesired.parse(right).reserved;

/** For people, what putting the prior value back will do. */
export function undoReserved(prior: ReservedPrior | null): string {
  if (prior === null) return 'A person must say what the reserved concurrency was';
  return prior.reserved === null
    ? 'Delete the reserved concurrency setting'
    : `Set reserved concurrency to ${prior.reserved}`;
}

/** Compares what is reserved now; see `ContainAction.observe`. */
export async function observeReserved(
  context: ActionContext,
  object: ActionObject,
  prior: ReservedPrior | null,
  wanted: JsonObject,
): Promise<Observation> {
  const { reserved } = reservedDesired.parse(wanted);
  const { found, foreign } = await readReserved(context, object);
  if (foreign !== null && found === reserved) return { kind: 'conflict', found: foreign };
  if (found === reserved) return { kind: 'in-effect' };
  if (prior === null || found === prior.reserved) return { kind: 'not-in-effect' };
  return {
    kind: 'conflict',
    found: `reserved concurrency is ${found ?? 'unset'}; expected ${reserved}, or ${prior.reserved ?? 'unset'} as before`,
  };
}

/**
 * What is reserved now. Where only known code may run again, one call of the wider budget has both: the number, and the
 * hash of the code that would run, in words when it is none of those.
 */
async function readReserved(
  context: ActionContext,
  object: ActionObject,
): Promise<{ readonly found: number | null; readonly foreign: string | null }> {
  const { lambda } = context.aws('read');
  const { knownGood } = context;
  if (knownGood === undefined || knownGood.length === 0)
    return { found: await lambda.getReservedConcurrency(object.arn), foreign: null };
  const { configuration, reservedConcurrency } = await lambda.getFunction(object.arn);
  const { codeSha256 } = configuration;
  return {
    found: reservedConcurrency,
    foreign: knownGood.includes(codeSha256)
      ? null
      : `the code is ${codeSha256}, which was in no version before containment and which nobody has named: it must be known to be good before it runs`,
  };
}

/**
 * Puts the prior value back. Others may have taken the pool meanwhile: then AWS refuses a number that it took before,
 * because less than the account's minimum would stay unreserved. That is no failure of ours, and no reason to leave the
 * rest contained: `cordon_restore_degraded`.
 */
export async function revertReserved(
  context: ActionContext,
  object: ActionObject,
  { reserved }: ReservedPrior,
): Promise<void> {
  const { lambda } = context.aws('release');
  // Nothing is below 0, so it is what we desired, too.
  if (reserved === 0) return;
  if (reserved === null) {
    await lambda.deleteReservedConcurrency(object.arn);
    return;
  }
  try {
    await lambda.putReservedConcurrency(object.arn, reserved);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'cordon_aws_invalid_request') throw error;
    throw new AwsError(
      'cordon_restore_degraded',
      'lambda:PutFunctionConcurrency',
      `AWS does not reserve ${reserved} for ${object.arn} again, as before: the account's unreserved concurrency would fall below its minimum; free some of it or raise the quota, then release again`,
      { classification: 'terminal', cause: error },
    );
  }
}
