import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EvidenceItem, EvidencePort } from '../../../src/action/ports.ts';
import type { Clock } from '../../../src/clock.ts';
import type { Disk } from '../../../src/evidence/disk.ts';
import { type EvidenceKeys, loadEvidenceKeys } from '../../../src/evidence/keys.ts';
import { createLocalEvidence } from '../../../src/evidence/local.ts';
import type { TimestampAuthority } from '../../../src/evidence/timestamp-authority.ts';

export const INCIDENT = 'inc-0123456789abcdef';
export const SECRET = 'hunter2-hunter2';

/** A clock that moves one millisecond at each look. */
function steppingClock(): Clock {
  let now = Date.UTC(2026, 0, 31, 12);
  return {
    now: () => {
      now += 1;
      return new Date(now);
    },
    monotonicMs: () => now,
    sleep: () => Promise.resolve(),
  };
}

export interface Bench {
  readonly root: string;
  readonly folder: string;
  readonly keys: EvidenceKeys;
  open(options?: {
    disk?: Disk;
    incident?: string;
    isRunning?: (pid: number) => boolean;
    authority?: TimestampAuthority;
  }): EvidencePort;
}

/** A folder of its own for `work`, removed afterwards; with keys of its own unless some are given. */
export async function withBench<T>(work: (bench: Bench) => Promise<T>, given?: EvidenceKeys): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'cordon-evidence-'));
  try {
    const folder = join(root, 'evidence');
    const keys = given ?? (await loadEvidenceKeys(join(root, 'keys')));
    const clock = steppingClock();
    return await work({
      root,
      folder,
      keys,
      open: ({ incident = INCIDENT, ...options } = {}) =>
        createLocalEvidence({
          folder,
          keys,
          clock,
          collector: { name: 'cordon', version: '0.0.0-test' },
          ...options,
        }).openCase(incident, {
          account: '111122223333',
          region: 'eu-west-1',
          caller: 'arn:aws:iam::111122223333:role/cordon-read',
          attempt: 'att-1',
        }),
    });
  } finally {
    await chmod(join(root, 'keys'), 0o700).catch(() => {});
    await rm(root, { recursive: true, force: true });
  }
}

/** An item with this content; the rest as an action gives it. */
export function item(
  name: string,
  content: EvidenceItem['content'],
  more: Partial<EvidenceItem> = {},
): EvidenceItem {
  return {
    name,
    artifact: 'function-configuration',
    sourceArn: 'arn:aws:lambda:eu-west-1:111122223333:function:checkout',
    apiCall: 'lambda:GetFunction',
    mediaType: 'application/json',
    secret: false,
    content,
    ...more,
  };
}

/** A sealed case with an item of each sort and a gap. */
export async function collect(evidence: EvidencePort): Promise<void> {
  await evidence.put(item('function/configuration.json', '{"FunctionName":"checkout"}'));
  await evidence.put(item('function/code.zip', Buffer.alloc(5_000, 7), { artifact: 'code-package' }));
  await evidence.put(item('function/environment.json', `{"K":"${SECRET}"}`, { secret: true }));
  await evidence.missing({
    name: 'function/logs',
    artifact: 'function-logs',
    sourceArn: 'arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/checkout',
    reason: 'The log group does not exist.',
  });
  await evidence.seal();
}
