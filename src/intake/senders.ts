import { IntakeError } from './error.ts';

/** Who may post alerts: each sender's name and its secrets, several while one is being replaced. */
export type Senders = ReadonlyMap<string, readonly string[]>;

/** As many bytes as the hash has: a shorter secret is easier to guess than the signature itself. */
const MIN_SECRET_BYTES = 32;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * Checks the configured senders and freezes them into a map. Throws `cordon_intake_bad_sender_name`,
 * `cordon_intake_weak_secret` and `cordon_intake_shared_secret`; never names a secret.
 */
export function checkSenders(configured: Readonly<Record<string, readonly string[]>>): Senders {
  const senders = new Map<string, readonly string[]>();
  const owners = new Map<string, string>();
  for (const [name, secrets] of Object.entries(configured)) {
    if (!NAME.test(name)) {
      throw new IntakeError(
        'cordon_intake_bad_sender_name',
        `Expected the name of a sender to be 1 to 63 of a-z, 0-9 and -, not beginning with -; found ${name.length} characters that are not. Rename it.`,
      );
    }
    if (secrets.length === 0 || secrets.some((secret) => Buffer.byteLength(secret) < MIN_SECRET_BYTES)) {
      throw new IntakeError(
        'cordon_intake_weak_secret',
        `Expected every secret of the sender ${name} to have at least ${MIN_SECRET_BYTES} bytes; found a shorter one or none. Make one with: openssl rand -hex 32`,
      );
    }
    for (const secret of secrets) {
      const owner = owners.get(secret) ?? name;
      // The signature does not cover the sender's name: with one secret, one could replay the other's requests.
      if (owner !== name) {
        throw new IntakeError(
          'cordon_intake_shared_secret',
          `Expected each sender to have secrets of its own; ${owner} and ${name} share one. Give one of them another.`,
        );
      }
      owners.set(secret, name);
    }
    senders.set(name, Object.freeze([...secrets]));
  }
  return senders;
}
