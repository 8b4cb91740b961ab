import { signRequest } from '../alert/sign.ts';
import type { Clock } from '../clock.ts';
import type { PageService } from './port.ts';
import { post } from './post.ts';

/**
 * Any service that takes a signed JSON request; the signature is the one that Cordon's own webhook checks, so
 * its description in docs/alerts.md holds for the receiver too.
 */
export function pageWebhook(options: {
  readonly url: string;
  readonly secret: string;
  readonly clock: Clock;
  /** 16 to 128 letters, digits, `_` or `-`, never the same twice. */
  readonly nonce: () => string;
}): PageService {
  const { url, secret, clock, nonce } = options;
  return {
    name: 'webhook',
    async send(page) {
      const body = JSON.stringify({ cordonPage: 1, ...page });
      const headers = signRequest({ secret, body: Buffer.from(body), now: clock.now(), nonce: nonce() });
      return post('the page webhook', url, { ...headers, 'idempotency-key': page.outboxId }, body);
    },
  };
}
