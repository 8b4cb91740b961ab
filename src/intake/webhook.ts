import { type Context, Hono } from 'hono';
import { MAX_ALERT_BYTES } from '../alert/read-alert.ts';
import type { AlertOutcome, AlertReceipt } from '../alert/receipt.ts';
import { checkSignature, NONCE_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER } from '../alert/signature.ts';
import type { Clock } from '../clock.ts';
import { codeOf } from '../error.ts';
import type { Log } from '../log.ts';
import type { IntakeRefusalCode } from './error.ts';
import type { AlertIntake, IntakeRefusal, NonceStore } from './port.ts';
import { readBody } from './read-body.ts';
import type { Refusals } from './refusals.ts';
import type { Senders } from './senders.ts';

export interface WebhookOptions {
  readonly senders: Senders;
  readonly intake: AlertIntake;
  readonly nonces: NonceStore;
  readonly refusals: Refusals;
  /** True when the engine can commit; a rejection counts as false. */
  readonly ready: () => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Log;
  /** Requests worked on at once; each may hold 1 MiB. More are told to come again. */
  readonly maxInFlight?: number;
  /** True from the moment the process is told to stop. */
  readonly stopping?: () => boolean;
}

type Status = 400 | 401 | 409 | 413 | 415 | 503;

/** Who may know what: a refusal's own code goes to the record; before authentication the sender learns less. */
interface Turned {
  readonly status: Status;
  readonly code: IntakeRefusal['code'];
  readonly message: string;
}

/**
 * The HTTP way in: `POST /alerts/:sender`, `GET /healthz`, `GET /readyz`. Answers 202 with the
 * receipt after commit; each refusal has a code and is recorded. Docs: docs/alerts.md.
 */
export function createWebhook(options: WebhookOptions): Hono {
  const { clock, log } = options;
  const maxInFlight = options.maxInFlight ?? 64;
  const stopping = options.stopping ?? (() => false);
  let inFlight = 0;
  const app = new Hono();

  app.use(async (context, next) => {
    await next();
    // A connection that is kept alive would hold up the drain.
    if (stopping()) context.res.headers.set('Connection', 'close');
  });

  app.get('/healthz', (context) => context.json({ status: 'ok' }));

  app.get('/readyz', async (context) => {
    const ready = !stopping() && (await options.ready().catch(() => false));
    return context.json({ status: ready ? 'ready' : 'not ready' }, ready ? 200 : 503);
  });

  app.post('/alerts/:sender', async (context) => {
    if (stopping()) {
      return comeAgain(
        context,
        'cordon_intake_stopping',
        'This process is stopping. Send the alert again, signed anew.',
      );
    }
    if (inFlight >= maxInFlight) {
      return comeAgain(
        context,
        'cordon_intake_busy',
        `Expected at most ${maxInFlight} requests at once. Send the alert again in a second, signed anew.`,
      );
    }
    inFlight += 1;
    try {
      return await accept(context, context.req.param('sender'));
    } catch (error) {
      // Neither the alert nor a refusal could be committed: say nothing that sounds like an acknowledgement.
      log.error({ code: codeOf(error), via: 'webhook' }, 'a submission could not be committed');
      return comeAgain(
        context,
        'cordon_intake_unavailable',
        'The alert could not be stored. Send it again in a second, signed anew.',
      );
    } finally {
      inFlight -= 1;
    }
  });

  app.notFound((context) =>
    context.json(
      failure('cordon_intake_not_found', 'Expected POST /alerts/<sender>, GET /healthz or GET /readyz.'),
      404,
    ),
  );

  return app;

  async function accept(context: Context, name: string): Promise<Response> {
    const body = await readBody(context.req.raw, MAX_ALERT_BYTES);
    // t0 of the time to containment: the last byte is here.
    const receivedAt = clock.now();
    const secrets = options.senders.get(name);
    const source = secrets === undefined ? 'unknown' : name;
    const refuse = async (
      turned: Turned,
      told: { readonly code: string; readonly message: string } = turned,
    ) => {
      const bytes = body.kind === 'incomplete' ? new Uint8Array() : body.bytes;
      const { code, message, status } = turned;
      await options.refusals.refuse({ code, message, via: 'webhook', source, bytes, receivedAt });
      return context.json(failure(told.code, told.message), status);
    };

    if (body.kind === 'too-large') {
      // The rest of the body is still on its way: this connection cannot be used again.
      context.header('Connection', 'close');
      return refuse({
        status: 413,
        code: 'cordon_intake_too_large',
        message: `Expected at most ${MAX_ALERT_BYTES} bytes; found more. Send fewer alerts at once.`,
      });
    }
    if (body.kind === 'incomplete') {
      return refuse({
        status: 400,
        code: 'cordon_intake_incomplete',
        message: 'Expected the whole body; the connection ended before. Send it again, signed anew.',
      });
    }
    if (!isJson(context.req.header('content-type'))) {
      return refuse({
        status: 415,
        code: 'cordon_intake_content_type',
        message: 'Expected Content-Type application/json (charset utf-8 or none). Correct the sender.',
      });
    }
    const check = checkSignature({
      signature: context.req.header(SIGNATURE_HEADER),
      timestamp: context.req.header(TIMESTAMP_HEADER),
      nonce: context.req.header(NONCE_HEADER),
      body: body.bytes,
      secrets: secrets ?? [],
      now: receivedAt,
    });
    if (check.kind === 'invalid') {
      // An unknown sender is told what a wrong signature is told: names are not for guessing.
      return refuse(
        secrets === undefined && check.code === 'cordon_intake_signature_wrong'
          ? {
              status: 401,
              code: 'cordon_intake_unknown_sender',
              message:
                'Expected the name of a configured sender; found another. Configure it, or correct the URL.',
            }
          : { status: 401, code: check.code, message: check.message },
        check,
      );
    }
    // After the signature, so that only the sender itself can use up its nonces.
    if (!(await options.nonces.rememberNonce(name, check.nonce, check.nonceExpiresAt))) {
      return refuse({
        status: 409,
        code: 'cordon_intake_replayed',
        message:
          'Expected a nonce that was never used; found one that was. Sign each attempt anew, retries too.',
      });
    }
    const receipt = await options.intake.submit({ bytes: body.bytes, via: 'webhook', source, receivedAt });
    return answer(context, receipt);
  }
}

/** 202 when at least one alert was taken; 400 with the first refusal when none was. */
function answer(context: Context, receipt: AlertReceipt): Response {
  const refusal = receipt.every(isRefused) ? receipt.find(isRefused) : undefined;
  return refusal === undefined
    ? context.json({ alerts: receipt }, 202)
    : context.json({ ...failure(refusal.code, refusal.message), alerts: receipt }, 400);
}

function isRefused(outcome: AlertOutcome): outcome is Extract<AlertOutcome, { kind: 'refused' }> {
  return outcome.kind === 'refused';
}

function comeAgain(context: Context, code: IntakeRefusalCode, message: string): Response {
  // Not recorded: the sender still has the alert, and a record would be one more thing to commit.
  context.header('Retry-After', '1');
  context.header('Connection', 'close');
  return context.json(failure(code, message), 503);
}

function failure(code: string, message: string) {
  return { error: { code, message } };
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(contentType ?? '');
}
