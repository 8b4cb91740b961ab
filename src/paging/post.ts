import type { PageOutcome } from './port.ts';

/** How long one call to a paging service may take, in milliseconds. */
const CALL_TIMEOUT_MS = 5_000;
const RETRY_MS = 10_000;

/** Posts JSON once and says what came of it. No redirect is followed: the address is the one that was configured. */
export async function post(
  service: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<PageOutcome> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    // Read, so that the connection is free again; what a page answers is nobody's business.
    await response.arrayBuffer();
  } catch {
    return { kind: 'retry', afterMs: RETRY_MS, code: 'cordon_paging_unreachable' };
  }
  const { status } = response;
  if (response.ok) return { kind: 'sent' };
  if (status === 408 || status === 429 || status >= 500) {
    const after = Number(response.headers.get('retry-after') ?? 'NaN');
    return {
      kind: 'retry',
      afterMs: Number.isFinite(after) && after > 0 ? after * 1000 : RETRY_MS,
      code: status === 429 ? 'cordon_paging_rate_limited' : 'cordon_paging_unreachable',
    };
  }
  return {
    kind: 'failed',
    code: 'cordon_paging_refused',
    message: `expected ${service} to take the page, found HTTP ${status}; check its address and key`,
  };
}
