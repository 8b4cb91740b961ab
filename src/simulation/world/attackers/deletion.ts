import type { HeldCredentials, UserKey } from '../attacker.ts';
import type { JournalEntry } from '../journal.ts';
import type { World } from '../world.ts';
import type { Attempt } from './persistent.ts';

/** A trap that is set; it goes off once. */
export interface Trap {
  /** Resolves with what came of it, once it has gone off. */
  readonly sprung: Promise<Attempt>;
  disarm(): void;
}

/**
 * Deletes a function in the middle of its containment (scenario 14): at once after the first write on it that
 * succeeds and is not the attacker's own, so that the responder finds it gone at its next step.
 */
export function deleteOnFirstWrite(
  world: World,
  functionArn: string,
  credentials: HeldCredentials | UserKey,
): Trap {
  let spring: (attempt: Attempt) => void = () => {};
  const sprung = new Promise<Attempt>((resolve) => {
    spring = resolve;
  });
  const off = world.journal.subscribe((entry: JournalEntry) => {
    const theirs = entry.accessKeyId !== credentials.accessKeyId;
    if (!theirs || !entry.write || entry.outcome !== 'ok') return;
    if (entry.service !== 'lambda' || !entry.target.startsWith(functionArn)) return;
    off();
    const region = functionArn.split(':')[3] ?? '';
    const call = { service: 'lambda', action: 'DeleteFunction', resource: functionArn, region };
    void world.attacker
      .callAs(credentials, call)
      .then(({ kind }) => spring({ action: 'lambda:DeleteFunction', on: functionArn, outcome: kind }));
  });
  return { sprung, disarm: off };
}
