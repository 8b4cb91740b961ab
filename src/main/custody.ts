import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { CustodyConfig } from '../config.ts';
import { systemWord } from '../error.ts';
import { type Disk, nodeDisk, publishFile } from '../evidence/disk.ts';
import { EvidenceError } from '../evidence/error.ts';
import type { EvidenceKeys } from '../evidence/keys.ts';
import { loadEvidenceKeys } from '../evidence/keys.ts';
import { type QuarantineStore, quarantineFolder } from '../evidence/quarantine-folder.ts';
import { s3Disk } from '../evidence/s3-disk.ts';
import type { TimestampAuthority } from '../evidence/timestamp-authority.ts';

/** Where evidence is kept and what seals it. */
export interface Custody {
  readonly disk: Disk;
  /** The evidence folder; of a bucket only unfinished files lie there. */
  readonly folder: string;
  readonly keys: EvidenceKeys;
  /** Who puts the time on seals, where one is set up; never in an exercise. */
  readonly authority?: TimestampAuthority;
  /** Where what an attacker wrote goes, apart from evidence. */
  readonly quarantine: QuarantineStore;
  close(): void;
}

export interface CustodyOptions {
  readonly dataDir: string;
  readonly config: CustodyConfig;
  readonly clock: Clock;
}

/** Evidence on this machine, with its key files: the default, and what every exercise uses. */
export async function localCustody(dataDir: string): Promise<Custody> {
  return {
    disk: nodeDisk,
    folder: join(dataDir, 'evidence'),
    keys: await loadEvidenceKeys(join(dataDir, 'keys')),
    quarantine: quarantineFolder(nodeDisk, join(dataDir, 'quarantine')),
    close() {},
  };
}

/**
 * Opens the evidence of real incidents as the configuration says. The clients of AWS are loaded only where they
 * are used. Throws as `loadEvidenceKeys`, `cordon_seal_key_refused`, `cordon_seal_key_unsupported`.
 */
export async function openCustody(options: CustodyOptions): Promise<Custody> {
  const { dataDir, config, clock } = options;
  const local = await localCustody(dataDir);
  const stamped: Pick<Custody, 'authority'> =
    config.timestamps === undefined ? {} : { authority: await openAuthority(config.timestamps) };
  if (config.bucket === undefined && config.sealKey === undefined && config.quarantineBucket === undefined)
    return { ...local, ...stamped };
  const { custodyClient } = await import('../aws/custody-client.ts');
  const client = custodyClient(config);
  const closing: (() => void)[] = [];
  let { disk, folder, keys, quarantine } = local;
  if (config.sealKey !== undefined) {
    const { openKmsSigner } = await import('../aws/kms-signer.ts');
    const file = join(dataDir, 'keys', sealKeyFile(config.sealKey));
    const known = await nodeDisk.read(file);
    const signer = await openKmsSigner({
      client,
      key: config.sealKey,
      ...(known === null ? {} : { publicKeyPem: Buffer.from(known).toString('utf8') }),
    });
    if (known === null) {
      await publishFile(
        nodeDisk,
        `${file}.${process.pid}.part`,
        file,
        Buffer.from(signer.publicKeyPem),
        0o444,
      );
    }
    closing.push(() => signer.close());
    keys = { ...keys, signer };
  }
  if (config.bucket !== undefined) {
    const { openEvidenceBucket } = await import('../aws/evidence-bucket.ts');
    const { bucket, lock, lockDays, kmsKeyArn, prefix } = config;
    const store = openEvidenceBucket({ client, clock, bucket, lock, lockDays, kmsKeyArn });
    closing.push(() => store.close());
    // Not the folder of local evidence: what lies there from before stays there, and is no part of the bucket.
    folder = join(dataDir, 'evidence-unfinished');
    disk = s3Disk({ store, folder, prefix });
  }
  if (config.quarantineBucket !== undefined) {
    const { openQuarantineBucket } = await import('../aws/quarantine-bucket.ts');
    const apart = openQuarantineBucket({ client, bucket: config.quarantineBucket, prefix: config.prefix });
    closing.push(() => apart.close());
    quarantine = apart;
  }
  return {
    disk,
    folder,
    keys,
    quarantine,
    ...stamped,
    close() {
      for (const close of closing) close();
    },
  };
}

async function openAuthority(config: NonNullable<CustodyConfig['timestamps']>): Promise<TimestampAuthority> {
  const { httpTimestampAuthority } = await import('../evidence/timestamp-authority.ts');
  let certificates: string;
  try {
    certificates = await readFile(config.certificates, 'utf8');
    return httpTimestampAuthority({ url: config.url, certificates, random: (bytes) => randomBytes(bytes) });
  } catch (cause) {
    throw new EvidenceError(
      'cordon_timestamp_certificates_invalid',
      `Expected CORDON_TSA_CERTIFICATES to name a file of certificates in PEM, found something else${systemWord(cause)}. ` +
        'Take the root certificate that the authority publishes.',
      { cause },
    );
  }
}

/** Where the public half of a KMS key is kept: to start without KMS, and to publish. */
function sealKeyFile(key: string): string {
  return `seal-kms-${createHash('sha256').update(key).digest('hex').slice(0, 16)}.pub.pem`;
}
