import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { signRequest } from '../src/alert/sign.ts';
import { alertAbout, subject } from './account.ts';
import { WEBHOOK_SECRET } from './children/engine.ts';
import { instantMs } from './instant.ts';

const agent = new Agent({ keepAlive: true });

/**
 * Posts the alert about one subject to the webhook. `startedMs` is when the request was handed to the socket,
 * a little before its last byte was received.
 */
export async function postAlert(
  webhook: string,
  index: number,
): Promise<{ startedMs: number; incident: string }> {
  const body = alertAbout(subject(index));
  const headers = signRequest({
    secret: WEBHOOK_SECRET,
    body,
    now: new Date(),
    nonce: randomBytes(16).toString('hex'),
  });
  let startedMs = 0;
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request(
      `${webhook}/alerts/bench`,
      { method: 'POST', headers: { ...headers, 'Content-Length': body.byteLength }, agent },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
      },
    );
    sent.on('error', reject);
    startedMs = instantMs();
    sent.end(body);
  });
  const incident = /"(inc-[0-9a-z]+)"/.exec(text)?.[1];
  if (incident === undefined) throw new Error(`expected the webhook to open an incident, found ${text}`);
  return { startedMs, incident };
}
