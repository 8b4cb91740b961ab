import type { Clock } from '../../clock.ts';
import type { CustodyConfig } from '../../config.ts';
import { codeOf, describeError } from '../../error.ts';
import type { Finding } from './finding.ts';
import { fail, off, ok } from './finding.ts';
import type { Patient } from './patient.ts';

const TIMEOUT_MS = 4000;
const MEND = 'do as it says; docs/evidence.md lists the rights that role, buckets and key need';

/** Where evidence is kept when it is not this machine, asked for as collection asks; nothing is written. */
export async function custodyFindings({ config, clock }: Patient): Promise<readonly Finding[]> {
  const { custody } = config;
  const { bucket, quarantineBucket, sealKey, roleArn } = custody;
  if (bucket === undefined && quarantineBucket === undefined && sealKey === undefined)
    return [off('evidence store', 'not needed: evidence and its key are in the data folder')];
  const { custodyClient } = await import('../../aws/custody-client.ts');
  const client = custodyClient(custody);
  const findings: Finding[] = [];
  if (roleArn !== undefined && 'credentials' in client) {
    const role = await looked('evidence role', clock, async () => {
      await client.credentials();
      return roleArn;
    });
    findings.push(role);
    // Whatever is asked next would be refused for the same reason, and in words that lead elsewhere.
    if (role.status === 'fail') return findings;
  }
  const looks = [
    bucket === undefined
      ? null
      : looked('evidence bucket', clock, () => bucketOf(client, custody, bucket, clock)),
    quarantineBucket === undefined
      ? null
      : looked('quarantine bucket', clock, () => quarantineOf(client, custody.prefix, quarantineBucket)),
    sealKey === undefined ? null : looked('seal key', clock, () => keyOf(client, sealKey)),
  ];
  return [...findings, ...(await Promise.all(looks.filter((each) => each !== null)))];
}

type Client = ReturnType<typeof import('../../aws/custody-client.ts')['custodyClient']>;

async function bucketOf(
  client: Client,
  custody: CustodyConfig,
  bucket: string,
  clock: Clock,
): Promise<string> {
  const { openEvidenceBucket } = await import('../../aws/evidence-bucket.ts');
  const { lock, lockDays, kmsKeyArn, prefix } = custody;
  const store = openEvidenceBucket({ client, clock, bucket, lock, lockDays, kmsKeyArn });
  try {
    await store.versions(`${prefix}public-keys/`);
    return `${bucket} can be read; ${lock} for ${lockDays} days (that it may be written to is seen at the first item)`;
  } finally {
    store.close();
  }
}

async function quarantineOf(client: Client, prefix: string, bucket: string): Promise<string> {
  const { openQuarantineBucket } = await import('../../aws/quarantine-bucket.ts');
  const store = openQuarantineBucket({ client, bucket, prefix });
  try {
    await store.list('doctor');
    return `${bucket} can be read`;
  } finally {
    store.close();
  }
}

async function keyOf(client: Client, key: string): Promise<string> {
  const { openKmsSigner } = await import('../../aws/kms-signer.ts');
  const signer = await openKmsSigner({ client, key });
  signer.close();
  return `public key ${signer.keyId}`;
}

/** One look, within a bounded time: the SDK looks for credentials before it makes a request. */
async function looked(name: string, clock: Clock, look: () => Promise<string>): Promise<Finding> {
  const over = new AbortController();
  const late = clock
    .sleep(TIMEOUT_MS, over.signal)
    .then(() =>
      fail(name, `no answer within ${TIMEOUT_MS} ms`, 'check the network, the Region and the credentials'),
    );
  const found = look().then(
    (text) => ok(name, text),
    (error: unknown) => fail(name, `${codeOf(error)}: ${describeError(error)}`, MEND),
  );
  const finding = await Promise.race([found, late]);
  over.abort();
  return finding;
}
