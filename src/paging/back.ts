import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { checkSignature, NONCE_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER } from '../alert/signature.ts';
import type { Clock } from '../clock.ts';
import { codeOf } from '../error.ts';
import type { Log } from '../log.ts';

/** A page that somebody has acknowledged where it was sent. */
export interface PageAcknowledged {
  /** The page's key, as it was sent. */
  readonly key: string;
  readonly by:
    | { readonly kind: 'responder'; readonly id: string }
    | { readonly kind: 'pagerduty'; readonly userId: string; readonly name: string };
  /** The same again is the same acknowledgement. */
  readonly id: string;
}

export interface PagesBackOptions {
  /** Secrets of the PagerDuty webhook subscription; several while one is replaced. None: the way is closed. */
  readonly pagerdutySecrets: readonly string[];
  /** Secret of the page webhook, which signs what comes back too. None: the way is closed. */
  readonly webhookSecrets: readonly string[];
  readonly rememberNonce: (sender: string, nonce: string, expiresAt: Date) => Promise<boolean>;
  /** Resolves when it is committed; rejects when it could not be. */
  readonly acknowledged: (page: PageAcknowledged) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

const MAX_BYTES = 256 * 1024;
/** No sender of alerts can have this name: theirs begin with a letter or a digit. */
const WEBHOOK = '-page-webhook';

/** An event of PagerDuty's Webhooks V3, as far as it is looked at. What else is in it is nobody's business. */
const pagerdutyEvent = z.looseObject({
  event: z.looseObject({
    id: z.string().min(1).max(200),
    event_type: z.string().max(200),
    agent: z.looseObject({ id: z.string().max(200), summary: z.string().max(500).nullish() }).nullish(),
    data: z.looseObject({ incident_key: z.string().max(500).nullish() }),
  }),
});
const webhookEvent = z.strictObject({
  key: z.string().min(1).max(500),
  by: z.string().min(1).max(200),
});

/**
 * The way back from where pages are sent: `POST /pages/pagerduty` (Webhooks V3, its own signature) and
 * `POST /pages/acknowledge` (signed as Cordon's alerts are). 202 once it is committed. SNS has no way back.
 */
export function createPagesBack(options: PagesBackOptions): Hono {
  const { clock, log } = options;
  const app = new Hono();

  const take = async (context: Context, page: PageAcknowledged) => {
    try {
      await options.acknowledged(page);
      return context.json({ status: 'taken' }, 202);
    } catch (error) {
      log.error({ code: codeOf(error) }, 'an acknowledged page could not be committed');
      return context.json({ error: { code: 'cordon_intake_unavailable' } }, 503);
    }
  };
  const refuse = (context: Context, status: 400 | 401 | 413, reason: string) => {
    log.warn({ reason, status }, 'a page’s acknowledgement was refused');
    return context.json({ error: { code: `cordon_page_${reason}` } }, status);
  };

  app.post('/pages/pagerduty', async (context) => {
    const body = await bodyOf(context);
    if (body === undefined) return refuse(context, 413, 'too_large');
    const signatures = context.req.header('X-PagerDuty-Signature') ?? '';
    if (!signedByPagerduty(signatures, body, options.pagerdutySecrets)) {
      return refuse(context, 401, 'signature_wrong');
    }
    const read = pagerdutyEvent.safeParse(parsed(body));
    if (!read.success) return refuse(context, 400, 'not_understood');
    const { id, event_type: type, agent, data } = read.data.event;
    const key = data.incident_key ?? '';
    // What happens to other incidents of the same service, and anything else than taking one up, is not ours.
    if (type !== 'incident.acknowledged' || !key.startsWith('cordon:'))
      return context.json({ status: 'ignored' }, 202);
    // Its signature has no time in it: a captured delivery is known again by its event, for good.
    const by = { kind: 'pagerduty', userId: agent?.id ?? '', name: agent?.summary ?? '' } as const;
    return take(context, { key: key.slice('cordon:'.length), by, id: `pagerduty:${id}` });
  });

  app.post('/pages/acknowledge', async (context) => {
    const body = await bodyOf(context);
    if (body === undefined) return refuse(context, 413, 'too_large');
    const check = checkSignature({
      signature: context.req.header(SIGNATURE_HEADER),
      timestamp: context.req.header(TIMESTAMP_HEADER),
      nonce: context.req.header(NONCE_HEADER),
      body,
      secrets: options.webhookSecrets,
      now: clock.now(),
    });
    if (check.kind === 'invalid') return refuse(context, 401, 'signature_wrong');
    if (!(await options.rememberNonce(WEBHOOK, check.nonce, check.nonceExpiresAt))) {
      return refuse(context, 401, 'replayed');
    }
    const read = webhookEvent.safeParse(parsed(body));
    if (!read.success) return refuse(context, 400, 'not_understood');
    const { key, by } = read.data;
    return take(context, { key, by: { kind: 'responder', id: by }, id: `webhook:${check.nonce}` });
  });

  return app;
}

/** `v1=<hex>`, several with commas while a secret is replaced (developer.pagerduty.com/docs/webhooks, verifying). */
function signedByPagerduty(header: string, body: Uint8Array, secrets: readonly string[]): boolean {
  const given = header.split(',').flatMap((each) => /^\s*v1=([0-9a-f]{64})\s*$/.exec(each)?.[1] ?? []);
  return secrets.some((secret) => {
    const expected = createHmac('sha256', secret).update(body).digest();
    return given.some((hex) => timingSafeEqual(expected, Buffer.from(hex, 'hex')));
  });
}

async function bodyOf(context: Context): Promise<Uint8Array | undefined> {
  const declared = Number(context.req.header('content-length') ?? '0');
  if (declared > MAX_BYTES) return undefined;
  const bytes = new Uint8Array(await context.req.arrayBuffer());
  return bytes.byteLength > MAX_BYTES ? undefined : bytes;
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}
