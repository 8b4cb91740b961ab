import type { Draft } from './draft.ts';

/** Asks each responder whose own identity acted whether it was them. */
export function askSuspects(draft: Draft): void {
  for (const { responder, principal } of draft.record.suspects ?? []) {
    draft.log(
      'identity.asked',
      { kind: 'engine' },
      `Asked ${responder} whether it was them: ${principal} changed the function last. Until somebody clears them they approve nothing here`,
      { to: responder, principal },
    );
    draft.post('ask-identity', { to: responder });
  }
}
