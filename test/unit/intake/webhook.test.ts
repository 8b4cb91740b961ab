import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MAX_ALERT_BYTES } from '../../../src/alert/read-alert.ts';
import { signRequest } from '../../../src/alert/sign.ts';
import { systemClock } from '../../../src/clock.ts';
import { createRefusals } from '../../../src/intake/refusals.ts';
import { checkSenders } from '../../../src/intake/senders.ts';
import { HTTP_TIMEOUTS, type HttpService, type HttpTimeouts, serveHttp } from '../../../src/intake/serve.ts';
import { createWebhook, type WebhookOptions } from '../../../src/intake/webhook.ts';
import { silentLog } from '../../../src/log.ts';
import { bytesOf, C2_EVENT, fileBytes } from '../../support/alert-fixtures.ts';
import { intakeDoubles } from '../../support/intake-doubles.ts';
import { steppedClock } from '../../support/stepped-clock.ts';

const SECRET = 'the-secret-of-the-first-detector-0001';
const NEXT_SECRET = 'the-next-secret-of-the-first-detector';
const OTHER_SECRET = 'the-secret-of-the-other-detector-0002';
const senders = checkSenders({ detector: [SECRET, NEXT_SECRET], other: [OTHER_SECRET] });
const ALERT = fileBytes(C2_EVENT);

let engine: ReturnType<typeof intakeDoubles>;
let time: ReturnType<typeof steppedClock>;
let ready: () => Promise<boolean>;
let stopping: boolean;
let service: HttpService;
let nonces = 0;

beforeEach(async () => {
  engine = intakeDoubles();
  time = steppedClock();
  ready = async () => true;
  stopping = false;
  service = await serve();
});

afterEach(async () => {
  await service.close(0);
});

function serve(options: Partial<WebhookOptions> = {}, timeouts: Partial<HttpTimeouts> = {}) {
  const app = createWebhook({
    senders,
    intake: engine.intake,
    nonces: engine.nonceStore,
    refusals: createRefusals({ recorder: engine.recorder, clock: time.clock, log: silentLog, perMinute: 5 }),
    ready: () => ready(),
    stopping: () => stopping,
    clock: time.clock,
    log: silentLog,
    ...options,
  });
  return serveHttp({
    app,
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    timeouts: { ...HTTP_TIMEOUTS, ...timeouts },
  });
}

function sign(body: Uint8Array, options: { secret?: string; signedAt?: Date; nonce?: string } = {}) {
  nonces += 1;
  return signRequest({
    secret: options.secret ?? SECRET,
    body,
    now: options.signedAt ?? time.clock.now(),
    nonce: options.nonce ?? `nonce-of-test-${String(nonces).padStart(8, '0')}`,
  });
}

async function post(
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = sign(body),
  sender = 'detector',
) {
  const response = await fetch(`${service.url}/alerts/${sender}`, { method: 'POST', body, headers });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

describe('a signed alert', () => {
  test('is answered with its receipt after the commit', async () => {
    expect(await post(ALERT)).toMatchObject({
      status: 202,
      json: { alerts: [{ kind: 'opened', incidentId: 'inc-1' }] },
    });
    expect(engine.submissions).toMatchObject([
      { via: 'webhook', source: 'detector', receivedAt: time.clock.now() },
    ]);
    expect(Buffer.from(engine.submissions[0]?.bytes ?? []).equals(ALERT)).toBe(true);
    expect(engine.refusals).toEqual([]);
  });

  test('is accepted under the next secret and from another sender under its own', async () => {
    expect((await post(ALERT, sign(ALERT, { secret: NEXT_SECRET }))).status).toBe(202);
    expect((await post(ALERT, sign(ALERT, { secret: OTHER_SECRET }), 'other')).status).toBe(202);
  });

  test('is accepted again when it is signed anew', async () => {
    await post(ALERT);
    expect(await post(ALERT)).toMatchObject({ status: 202, json: { alerts: [{ kind: 'duplicate' }] } });
  });

  test('that the engine refuses is answered with the code, and the engine keeps the record', async () => {
    const body = bytesOf({ hello: 'world' });
    expect(await post(body)).toMatchObject({
      status: 400,
      json: { error: { code: 'cordon_alert_unknown_format' }, alerts: [{ kind: 'refused' }] },
    });
    expect(engine.refusals).toEqual([]);
  });

  test('in a batch with a bad one is taken', async () => {
    const body = bytesOf({
      Records: [
        { eventSource: 'aws:sqs', body: 'nonsense' },
        { eventSource: 'aws:sqs', body: new TextDecoder().decode(ALERT) },
      ],
    });
    expect(await post(body)).toMatchObject({
      status: 202,
      json: { alerts: [{ kind: 'opened' }, { kind: 'refused' }] },
    });
  });
});

describe('a request at the door', () => {
  const signedAgo = (ms: number) => new Date(time.clock.now().getTime() - ms);

  async function expectRefusal(
    answer: Awaited<ReturnType<typeof post>>,
    status: number,
    code: string,
    record: { code?: string; source?: string } = {},
  ) {
    expect(answer).toMatchObject({
      status,
      json: { error: { code, message: expect.stringContaining('Expected') } },
    });
    expect(engine.submissions).toEqual([]);
    expect(engine.refusals).toMatchObject([{ code, via: 'webhook', source: 'detector', ...record }]);
    // Control: the same door takes the same alert when it is signed as it should be.
    expect((await post(ALERT)).status).toBe(202);
  }

  test('is refused without a signature', async () => {
    const answer = await post(ALERT, { 'Content-Type': 'application/json' });
    await expectRefusal(answer, 401, 'cordon_intake_signature_missing');
  });

  test('is refused with the secret of another sender', async () => {
    await expectRefusal(
      await post(ALERT, sign(ALERT, { secret: OTHER_SECRET })),
      401,
      'cordon_intake_signature_wrong',
    );
  });

  test('is refused when its body was changed on the way', async () => {
    await expectRefusal(await post(ALERT.subarray(0, -2), sign(ALERT)), 401, 'cordon_intake_signature_wrong');
  });

  test('is refused when it is stale', async () => {
    const headers = sign(ALERT, { signedAt: signedAgo(301_000) });
    await expectRefusal(await post(ALERT, headers), 401, 'cordon_intake_timestamp_stale');
  });

  test('is refused when it comes from the future', async () => {
    const headers = sign(ALERT, { signedAt: signedAgo(-301_000) });
    await expectRefusal(await post(ALERT, headers), 401, 'cordon_intake_timestamp_future');
  });

  test('is told the same for an unknown sender as for a wrong secret, and recorded for what it is', async () => {
    const answer = await post(ALERT, sign(ALERT), 'stranger');
    await expectRefusal(answer, 401, 'cordon_intake_signature_wrong', {
      code: 'cordon_intake_unknown_sender',
      source: 'unknown',
    });
  });

  test('is refused when it is no JSON by its own account', async () => {
    const answer = await post(ALERT, { ...sign(ALERT), 'Content-Type': 'text/plain' });
    await expectRefusal(answer, 415, 'cordon_intake_content_type');
  });

  test('is refused when it declares more than 1 MiB', async () => {
    const body = new Uint8Array(MAX_ALERT_BYTES + 1).fill(0x20);
    await expectRefusal(await post(body), 413, 'cordon_intake_too_large');
  });

  test('is taken at exactly 1 MiB', async () => {
    const body = new Uint8Array(MAX_ALERT_BYTES).fill(0x20);
    body.set(ALERT);
    expect((await post(body)).status).toBe(202);
  });

  test('is refused as a replay the second time, and only then', async () => {
    const headers = sign(ALERT);
    expect((await post(ALERT, headers)).status).toBe(202);
    expect(await post(ALERT, headers)).toMatchObject({
      status: 409,
      json: { error: { code: 'cordon_intake_replayed' } },
    });
    expect(engine.submissions).toHaveLength(1);
    expect(engine.refusals).toMatchObject([{ code: 'cordon_intake_replayed' }]);
  });

  test('cannot use up the nonce of another sender, nor one without its signature', async () => {
    const nonce = 'the-nonce-that-everyone-wants';
    await post(ALERT, sign(ALERT, { nonce, secret: 'x'.repeat(40) }));
    expect((await post(ALERT, sign(ALERT, { nonce, secret: OTHER_SECRET }), 'other')).status).toBe(202);
    expect((await post(ALERT, sign(ALERT, { nonce }))).status).toBe(202);
  });

  test('has its nonce remembered for as long as its timestamp passes', async () => {
    await post(ALERT);
    expect([...engine.nonces.values()]).toEqual([new Date(time.clock.now().getTime() + 301_000)]);
  });
});

describe('refusals', () => {
  test('beyond the budget are counted, and the next record says how many', async () => {
    const unsigned = { 'Content-Type': 'application/json' };
    for (let count = 0; count < 12; count += 1) expect((await post(ALERT, unsigned)).status).toBe(401);
    expect(engine.refusals).toHaveLength(5);
    await time.advance(60_000);
    await post(ALERT, unsigned);
    expect(engine.refusals.map((refusal) => refusal.unrecorded)).toEqual([0, 0, 0, 0, 0, 7]);
  });
});

describe('when the engine cannot commit', () => {
  test('an alert is answered 503, and the next attempt, signed anew, is taken', async () => {
    engine.faults.submit = new Error('the database is away: password=hunter2');
    const answer = await post(ALERT);
    expect(answer).toMatchObject({ status: 503, json: { error: { code: 'cordon_intake_unavailable' } } });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(JSON.stringify(answer.json)).not.toContain('hunter2');
    engine.faults.submit = null;
    expect((await post(ALERT)).status).toBe(202);
  });

  test('a refusal is answered 503 as well: nothing was recorded', async () => {
    engine.faults.record = new Error('the database is away');
    expect((await post(ALERT, { 'Content-Type': 'application/json' })).status).toBe(503);
  });

  test('is what readyz says, and healthz does not', async () => {
    const statusOf = async (path: string) => (await fetch(`${service.url}${path}`)).status;
    expect([await statusOf('/readyz'), await statusOf('/healthz')]).toEqual([200, 200]);
    ready = async () => false;
    expect([await statusOf('/readyz'), await statusOf('/healthz')]).toEqual([503, 200]);
    ready = async () => {
      throw new Error('no answer');
    };
    expect(await statusOf('/readyz')).toBe(503);
  });
});

test('answers an unknown path with an error of its own', async () => {
  for (const path of ['/', '/alerts', '/alerts/detector/x']) {
    const response = await fetch(`${service.url}${path}`, { method: 'POST' });
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { error: { code: 'cordon_intake_not_found' } },
    ]);
  }
  expect((await fetch(`${service.url}/alerts/detector`)).status).toBe(404);
});

describe('the server', () => {
  test('stops reading an endless body after 1 MiB', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        // A hundred times the limit, in case nobody stops us.
        if (sent > 100 * MAX_ALERT_BYTES) controller.close();
        else controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    // The sender may see the answer or a closed connection, whichever comes first.
    const request: RequestInit = { method: 'POST', body: endless, duplex: 'half', headers: sign(ALERT) };
    const status = await fetch(`${service.url}/alerts/detector`, request).then(
      (response) => response.status,
      () => 413,
    );
    expect(status).toBe(413);
    expect(sent).toBeLessThan(20 * MAX_ALERT_BYTES);
    expect(engine.refusals).toMatchObject([{ code: 'cordon_intake_too_large' }]);
    expect(engine.refusals[0]?.size).toBeLessThan(2 * MAX_ALERT_BYTES);
  });

  test.each([
    ['headers', 'POST /alerts/detector HTTP/1.1\r\nHost: x\r\n'],
    ['a body', 'POST /alerts/detector HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{'],
  ])('cuts a connection that never finishes %s', async (_, beginning) => {
    await service.close(0);
    service = await serve({}, { headersMs: 40, requestMs: 80, checkEveryMs: 10 });
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.write(beginning);
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).not.toContain(' 202 ');
    expect(engine.submissions).toEqual([]);
  });

  test('tells senders to come again when too many are there at once', async () => {
    await service.close(0);
    service = await serve({ maxInFlight: 1 });
    let open = () => {};
    const reached = new Promise<void>((resolve) => {
      const { submit } = engine.intake;
      Object.assign(engine.intake, {
        submit: (submission: Parameters<typeof submit>[0]) => {
          resolve();
          return submit(submission);
        },
      });
    });
    engine.faults.gate = new Promise((resolve) => {
      open = resolve;
    });
    const first = post(ALERT);
    await reached;
    expect(await post(ALERT)).toMatchObject({ status: 503, json: { error: { code: 'cordon_intake_busy' } } });
    open();
    expect((await first).status).toBe(202);
  });

  test('finishes what it has begun when it closes, and takes nothing more', async () => {
    let open = () => {};
    engine.faults.gate = new Promise((resolve) => {
      open = resolve;
    });
    const begun = once(signalOfSubmit(), 'submit');
    const first = post(ALERT);
    await begun;
    stopping = true;
    const closed = service.close(10_000);
    open();
    expect((await first).status).toBe(202);
    await closed;
    await expect(post(ALERT)).rejects.toThrow();
  });

  test('closes within its bound although a request hangs', async () => {
    engine.faults.gate = new Promise(() => {});
    const begun = once(signalOfSubmit(), 'submit');
    const first = post(ALERT).then(
      () => 'answered',
      () => 'cut',
    );
    await begun;
    await service.close(20);
    expect(await first).toBe('cut');
  });

  test('answers 503 once it is told to stop', async () => {
    stopping = true;
    expect(await post(ALERT)).toMatchObject({
      status: 503,
      json: { error: { code: 'cordon_intake_stopping' } },
    });
    expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
  });

  test('refuses a port that is taken', async () => {
    const app = createWebhook({
      senders,
      intake: engine.intake,
      nonces: engine.nonceStore,
      refusals: createRefusals({ recorder: engine.recorder, clock: time.clock, log: silentLog }),
      ready,
      clock: time.clock,
      log: silentLog,
    });
    const port = Number(new URL(service.url).port);
    await expect(serveHttp({ app, host: '127.0.0.1', port, clock: systemClock })).rejects.toMatchObject({
      code: 'cordon_intake_listen_failed',
    });
  });

  function signalOfSubmit(): EventTarget {
    const signal = new EventTarget();
    const { submit } = engine.intake;
    Object.assign(engine.intake, {
      submit: (submission: Parameters<typeof submit>[0]) => {
        signal.dispatchEvent(new Event('submit'));
        return submit(submission);
      },
    });
    return signal;
  }
});
