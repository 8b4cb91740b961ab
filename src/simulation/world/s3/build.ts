import type { Clock } from '../../../clock.ts';
import type { Names } from '../names.ts';
import type { WrittenPolicy } from '../policy/written.ts';
import type { WorldSpec } from '../spec.ts';
import type { AccountState } from '../state.ts';
import type { Bucket } from './state.ts';
import { putVersion } from './store.ts';

/** Builds the buckets of a specification, with what they hold. */
export function buildBuckets(
  state: AccountState,
  spec: WorldSpec,
  context: {
    readonly clock: Clock;
    readonly names: Names;
    written(source: unknown): WrittenPolicy;
    keyArn(name: string, region: string): string;
  },
): void {
  const { clock, names } = context;
  for (const one of spec.buckets) {
    const region = one.region ?? spec.regions[0] ?? '';
    const bucket: Bucket = {
      name: one.name,
      region,
      createdMs: clock.now().getTime(),
      versioned: one.versioned || one.objectLock,
      objectLock: one.objectLock,
      defaultRetention: one.retention,
      policy: one.policy === undefined ? undefined : context.written(one.policy),
      keyArn: one.key === undefined ? undefined : context.keyArn(one.key, region),
      objects: new Map(),
    };
    state.buckets.set(bucket.name, bucket);
    for (const [key, content] of Object.entries(one.objects)) {
      putVersion({ clock, names }, bucket, key, { body: Buffer.from(content) });
    }
  }
}
