import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Clock } from '../clock.ts';
import type { AssumedRole } from './sessions.ts';

/** What a look at AWS came to; `reason` is the SDK's name of the error, never its message. */
export type Reached =
  | { readonly kind: 'reached'; readonly as: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface Reach {
  /** Whose credentials the SDK finds: the ARN of the caller. */
  caller(): Promise<Reached>;
  /** Whether those may assume this role, as the engine does. */
  role(role: AssumedRole): Promise<Reached>;
  close(): void;
}

/** Looks, within `timeoutMs`, at what the SDK's credential chain reaches. Changes nothing. */
export function createReach(options: {
  readonly region: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
}): Reach {
  const { region, clock, timeoutMs } = options;
  const sts = new STSClient({ region, maxAttempts: 1 });

  /** The SDK looks for credentials before it makes a request, so a request timeout alone bounds nothing. */
  const bounded = async (ask: (signal: AbortSignal) => Promise<string>): Promise<Reached> => {
    const over = new AbortController();
    const late = clock.sleep(timeoutMs, over.signal).then((): Reached => {
      over.abort();
      return { kind: 'failed', reason: `no answer within ${timeoutMs} ms` };
    });
    const asked = ask(over.signal).then(
      (as): Reached => ({ kind: 'reached', as }),
      (error: unknown): Reached => ({
        kind: 'failed',
        reason: error instanceof Error ? error.name : 'unknown error',
      }),
    );
    const answer = await Promise.race([asked, late]);
    over.abort();
    return answer;
  };

  return {
    caller: () =>
      bounded(async (abortSignal) => {
        const { Arn } = await sts.send(new GetCallerIdentityCommand({}), { abortSignal });
        return Arn ?? 'unknown';
      }),
    role: ({ roleArn, externalId }) =>
      bounded(async (abortSignal) => {
        const command = new AssumeRoleCommand({
          RoleArn: roleArn,
          RoleSessionName: 'cordon-doctor',
          DurationSeconds: 900,
          SourceIdentity: 'cordon',
          ...(externalId === undefined ? {} : { ExternalId: externalId }),
        });
        const { AssumedRoleUser } = await sts.send(command, { abortSignal });
        return AssumedRoleUser?.Arn ?? roleArn;
      }),
    close: () => sts.destroy(),
  };
}
