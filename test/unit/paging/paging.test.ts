import { rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { signatureHex } from '../../../src/alert/signature.ts';
import { openSnsTopic } from '../../../src/aws/sns-topic.ts';
import { systemClock } from '../../../src/clock.ts';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import type { JsonObject } from '../../../src/json.ts';
import { createPageDeliver } from '../../../src/paging/deliver.ts';
import { pagerduty } from '../../../src/paging/pagerduty.ts';
import type { Page, PageService } from '../../../src/paging/port.ts';
import { snsPages } from '../../../src/paging/sns.ts';
import { pageWebhook } from '../../../src/paging/webhook.ts';
import type { Ground, TestEngine } from '../../support/engine.ts';
import { enrolmentText, freshGround, pass, quiet, startEngine } from '../../support/engine.ts';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A local service that takes what is posted to it, over real HTTP. */
let server: Server;
let base = '';
let received: Received[] = [];
let answer = { status: 202, headers: {} as Record<string, string> };

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      });
      response.writeHead(answer.status, answer.headers);
      response.end(
        '<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>',
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  received = [];
  answer = { status: 202, headers: {} };
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const PAGE: Page = {
  event: 'trigger',
  keys: ['inc-1:3:0'],
  incident: {
    id: 'inc-1',
    name: 'INC-1',
    severity: 1,
    title: 'C&C activity',
    level: 'effective',
    openedAt: '2026-11-24T03:00:00.000Z',
    functionArns: ['arn:aws:lambda:eu-central-1:111122223333:function:checkout'],
    account: '111122223333',
    region: 'eu-central-1',
  },
  to: ['alice'],
  reason: 'nobody has taken the incident up',
  by: null,
  outboxId: 'out-1',
};

describe('PagerDuty', () => {
  const service = () => pagerduty({ routingKey: 'r'.repeat(32), url: `${base}/v2/enqueue` });

  test('is told what happened, whom it is for and how to take it', async () => {
    expect(await service().send(PAGE)).toEqual({ kind: 'sent' });
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      routing_key: 'r'.repeat(32),
      event_action: 'trigger',
      dedup_key: 'cordon:inc-1:3:0',
      payload: {
        summary: 'INC-1 severity 1: nobody has taken the incident up. C&C activity',
        severity: 'critical',
        custom_details: { to: ['alice'], take_it: 'cordon acknowledge INC-1' },
      },
    });
  });

  test('is told of an acknowledgement under the key of each page that is open', async () => {
    await service().send({ ...PAGE, event: 'acknowledge', keys: ['a', 'b'], by: 'alice' });
    expect(received.map(({ body }) => JSON.parse(body))).toEqual([
      { routing_key: 'r'.repeat(32), event_action: 'acknowledge', dedup_key: 'cordon:a' },
      { routing_key: 'r'.repeat(32), event_action: 'acknowledge', dedup_key: 'cordon:b' },
    ]);
  });

  test.each([
    [429, { 'retry-after': '7' }, { kind: 'retry', afterMs: 7000, code: 'cordon_paging_rate_limited' }],
    [503, {}, { kind: 'retry', code: 'cordon_paging_unreachable' }],
    [400, {}, { kind: 'failed', code: 'cordon_paging_refused' }],
    [302, { location: 'http://127.0.0.1:1/' }, { kind: 'retry', code: 'cordon_paging_unreachable' }],
  ])('that answers %i is dealt with as such', async (status, headers, expected) => {
    answer = { status, headers: headers as Record<string, string> };
    const outcome = await service().send(PAGE);
    expect(outcome).toMatchObject(expected);
    expect(JSON.stringify(outcome)).not.toContain('rrrr');
  });

  test('that is not there is tried again', async () => {
    const gone = pagerduty({ routingKey: 'r', url: 'http://127.0.0.1:1/' });
    expect(await gone.send(PAGE)).toMatchObject({ kind: 'retry' });
  });
});

test('a webhook gets a signed request that names the page', async () => {
  const secret = 's'.repeat(32);
  const nonces = ['nonce-0123456789abcdef'];
  const service = pageWebhook({
    url: `${base}/page`,
    secret,
    clock: systemClock,
    nonce: () => nonces.pop() ?? '',
  });
  expect(await service.send(PAGE)).toEqual({ kind: 'sent' });
  const [request] = received;
  if (request === undefined) throw new Error('expected a request');
  const { headers, body } = request;
  const signed = signatureHex(
    secret,
    String(headers['x-cordon-timestamp']),
    'nonce-0123456789abcdef',
    Buffer.from(body),
  );
  expect(headers['x-cordon-signature']).toBe(`v1=${signed}`);
  expect(headers['idempotency-key']).toBe('out-1');
  expect(JSON.parse(body)).toMatchObject({ cordonPage: 1, event: 'trigger', to: ['alice'] });
});

describe('SNS', () => {
  const kept = { ...process.env };
  beforeEach(() => {
    process.env.AWS_ACCESS_KEY_ID = 'AKIDEXAMPLE';
    process.env.AWS_SECRET_ACCESS_KEY = 'secret';
  });
  afterAll(() => {
    process.env = kept;
  });

  test('gets a call in plain ASCII, and no acknowledgement', async () => {
    answer = { status: 200, headers: { 'content-type': 'text/xml' } };
    const topic = openSnsTopic('arn:aws:sns:eu-central-1:111122223333:pages', base);
    const service = snsPages(topic);
    expect(await service.send({ ...PAGE, reason: 'niemand hat übernommen' })).toEqual({ kind: 'sent' });
    expect(await service.send({ ...PAGE, event: 'acknowledge' })).toEqual({ kind: 'sent' });
    expect(received).toHaveLength(1);
    const sent = new URLSearchParams(received[0]?.body);
    expect(sent.get('Subject')).toBe('INC-1 severity 1: niemand hat ?bernommen');
    expect(sent.get('TopicArn')).toBe('arn:aws:sns:eu-central-1:111122223333:pages');
    answer = { status: 403, headers: {} };
    expect(await service.send(PAGE)).toMatchObject({ kind: 'failed' });
    answer = { status: 500, headers: {} };
    expect(await service.send(PAGE)).toMatchObject({ kind: 'retry' });
    topic.close();
  });
});

describe('an incident that nobody takes', () => {
  const ESCALATION = 'escalation: { tiers: [[alice, bob], [carol]], afterMinutes: 2, severity: 3 }\n';
  const CAROL = '  - { id: carol, name: Carol, cli: carol, roles: [commander] }\n';
  let ground: Ground;
  let engine: TestEngine;
  let pages: Page[] = [];
  let slackDown = false;
  let announced: JsonObject[] = [];

  const start = async (exercise: boolean, down = false) => {
    ground = await freshGround();
    pages = [];
    announced = [];
    slackDown = down;
    const recorder: PageService = {
      name: 'recorder',
      send: async (page) => {
        pages.push(page);
        return { kind: 'sent' };
      },
    };
    engine = await startEngine(ground, {
      deliver: async (row) => {
        if (slackDown) return { kind: 'retry', afterMs: 5_000, code: 'cordon_slack_unreachable' };
        if (row.kind === 'announce') announced.push(row.params);
        return { kind: 'sent', result: { channel: 'C1', ts: '1.1', notes: [] } };
      },
      overrides: {
        exercise,
        enrolment: parseEnrolment(`${enrolmentText('act')}${CAROL}${ESCALATION}`, 'enrolment.yaml'),
        pages: (views) => createPageDeliver({ services: [recorder], incidentView: views.incidentView }),
      },
    });
    const id = await engine.submit();
    await quiet(engine);
    return id;
  };

  const act = (id: string, command: string, input: JsonObject, key: string) =>
    engine.cordon.execute({
      command,
      incident: id as never, // an id that submit returned
      identity: { kind: 'cli', name: 'carol' },
      input,
      idempotencyKey: `paging-test:${key}`,
    });

  afterEach(async () => {
    await engine.stop();
    await ground.sql.close();
    await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
  });

  test('calls the next person, the next tier, everybody, and ends when somebody takes it', async () => {
    const id = await start(false);
    const called = () => pages.filter(({ event }) => event === 'trigger').map(({ to }) => to.join());
    expect(called()).toEqual(['alice']);
    await pass(engine, 4 * 60_000);
    expect(called()).toEqual(['alice', 'bob', 'carol']);
    await act(id, 'acknowledge', {}, 'take');
    await pass(engine, 9 * 60_000);
    expect(called()).toEqual(['alice', 'bob', 'carol']);
    const acknowledged = pages.filter(({ event }) => event === 'acknowledge');
    expect(acknowledged).toMatchObject([{ by: 'carol' }]);
    expect(acknowledged[0]?.keys).toEqual(pages.slice(0, 3).flatMap(({ keys }) => keys));
    expect(announced.filter(({ name }) => name === 'unclaimed')).toHaveLength(3);
  });

  test('is called about while Slack is down, which is said once', async () => {
    const id = await start(false, true);
    await pass(engine, 2 * 60_000 + 1_000);
    const reasons = pages.map(({ to, reason }) => `${to.join()}: ${reason}`);
    expect(reasons).toEqual([
      'alice: nobody has taken the incident up',
      'alice: Slack cannot be reached; use the cordon command in the terminal',
      'bob: nobody has taken the incident up',
    ]);
    // The control: nothing went to Slack, so nothing but the page could have called anybody.
    expect(announced).toEqual([]);
    expect((await engine.cordon.views.incidentView(id))?.level).toBe('effective');
  });

  test('of an exercise pages nobody, whatever is configured', async () => {
    const id = await start(true);
    await pass(engine, 9 * 60_000);
    await act(id, 'escalate', { to: 'alice', reason: 'drill' }, 'drill');
    await quiet(engine);
    expect(pages).toEqual([]);
    // People of the exercise are called in its own channel.
    expect(announced.filter(({ name }) => name === 'unclaimed')).toHaveLength(4);
    const rows = await engine.sql.query(`select 1 from cordon.outbox where kind = 'page'`);
    expect(rows).toEqual([]);
  });
});

test('a page of an exercise is not sent, whoever queued it', async () => {
  const sent: Page[] = [];
  const deliver = createPageDeliver({
    services: [
      {
        name: 'recorder',
        send: async (page) => {
          sent.push(page);
          return { kind: 'sent' };
        },
      },
    ],
    // Only what is read of a view; the rest of it is never looked at.
    incidentView: async () => ({ id: 'inc-1', number: 1, exercise: true, targets: [] }) as never,
  });
  const row = {
    outboxId: 'out-1',
    incidentId: 'inc-1',
    lane: 'inc-1',
    kind: 'page',
    params: { event: 'trigger', keys: ['k'] },
  };
  expect(await deliver(row, false)).toEqual({ kind: 'skipped', reason: 'an exercise pages nobody' });
  expect(sent).toEqual([]);
});
