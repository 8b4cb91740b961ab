import { signRequest } from '../../alert/sign.ts';
import type { Clock } from '../../clock.ts';
import { createRefusals } from '../../intake/refusals.ts';
import { checkSenders } from '../../intake/senders.ts';
import { createWebhook } from '../../intake/webhook.ts';
import type { Log } from '../../log.ts';
import type { Cordon } from '../../main.ts';
import type { PostAlert } from '../../simulation/exercise/injects.ts';
import type { LoadedScenario } from '../../simulation/exercise/read-scenario.ts';
import { rememberNonce } from '../../store/alert.ts';
import type { Sql } from '../../store/sql.ts';
import { refusalRecorder } from '../ways-in.ts';
import { NOWHERE } from './ground.ts';

// Nobody outside can reach it: requests are handed over in this process.
const SENDER_SECRET = 'exercise-sender-secret-in-process-only';

/** The webhook of an exercise, to which its alerts are signed and handed over without a socket. */
export function openDoor(options: {
  readonly loaded: LoadedScenario;
  readonly cordon: Cordon;
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
}): PostAlert {
  const { loaded, cordon, sql, clock, log } = options;
  const { accept } = cordon.engine;
  const webhook = createWebhook({
    senders: checkSenders(Object.fromEntries(sendersOf(loaded).map((name) => [name, [secretOf(name)]]))),
    intake: { submit: (submission) => accept.submit(submission) },
    nonces: {
      rememberNonce: (sender, nonce, expiresAt) => rememberNonce(sql, sender, nonce, expiresAt, clock.now()),
    },
    refusals: createRefusals({ recorder: refusalRecorder(accept, sql, clock), clock, log }),
    ready: async () => true,
    clock,
    log,
  });
  let nonces = 0;
  return async (sender, body) => {
    nonces += 1;
    const headers = signRequest({
      secret: secretOf(sender),
      body,
      now: clock.now(),
      nonce: `exercise-nonce-${nonces}`,
    });
    const request = new Request(`${NOWHERE}/alerts/${sender}`, {
      method: 'POST',
      headers,
      body: Buffer.from(body),
    });
    const response = await webhook.fetch(request);
    return { status: response.status, body: await response.text() };
  };
}

/** Names of the senders that the scenario's alerts come from. */
export function sendersOf(loaded: LoadedScenario): readonly string[] {
  const names = loaded.scenario.injects.flatMap(({ deliver }) =>
    'alert' in deliver ? [deliver.alert.sender] : [],
  );
  return [...new Set(names)];
}

// Each sender has a secret of its own, or the intake refuses to start.
function secretOf(sender: string): string {
  return `${SENDER_SECRET}-${sender}`;
}
