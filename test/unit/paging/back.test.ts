import { createHmac } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { signRequest } from '../../../src/alert/sign.ts';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { silentLog } from '../../../src/log.ts';
import { pageAcknowledged } from '../../../src/main/paging-parts.ts';
import { createPagesBack } from '../../../src/paging/back.ts';
import { createPageDeliver } from '../../../src/paging/deliver.ts';
import type { Page } from '../../../src/paging/port.ts';
import { rememberNonce } from '../../../src/store/alert.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import type { Ground, TestEngine } from '../../support/engine.ts';
import { enrolmentText, freshGround, pass, quiet, startEngine, timelineKinds } from '../../support/engine.ts';
import { borrowedDatabase } from '../../support/template.ts';

const PAGERDUTY_SECRET = 'pagerduty-subscription-secret';
const WEBHOOK_SECRET = 'page-webhook-secret-of-32-bytes-or-more';
const ESCALATION = 'escalation: { tiers: [[alice], [bob]], afterMinutes: 2, severity: 3 }\n';

let sql: EmbeddedSql;
let ground: Ground;
let engine: TestEngine;
let pages: Page[];
let back: ReturnType<typeof createPagesBack>;
let id: string;

beforeAll(async () => {
  sql = await borrowedDatabase();
});
afterAll(() => sql.close());
afterEach(async () => {
  await engine.stop();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

async function start(): Promise<void> {
  ground = await freshGround({ sql });
  pages = [];
  const text = enrolmentText('act').replace('cli: alice,', 'cli: alice, pagerduty: PALICE01,');
  engine = await startEngine(ground, {
    overrides: {
      exercise: false,
      enrolment: parseEnrolment(`${text}${ESCALATION}`, 'enrolment.yaml'),
      pages: (views) =>
        createPageDeliver({
          services: [
            {
              name: 'recorder',
              send: async (page) => {
                pages.push(page);
                return { kind: 'sent' };
              },
            },
          ],
          incidentView: views.incidentView,
        }),
    },
  });
  back = createPagesBack({
    pagerdutySecrets: ['an-older-secret-still-valid', PAGERDUTY_SECRET],
    webhookSecrets: [WEBHOOK_SECRET],
    rememberNonce: (sender, nonce, expiresAt) =>
      rememberNonce(sql, sender, nonce, expiresAt, ground.clock.now()),
    acknowledged: pageAcknowledged(engine.cordon.execute, engine.cordon.engine.advance),
    clock: ground.clock,
    log: silentLog,
  });
  id = await engine.submit();
  await quiet(engine);
}

const key = () => pages[0]?.keys[0] ?? '';
const lead = async () => (await engine.state(id)).record.lead;
const called = () => pages.filter(({ event }) => event === 'trigger').map(({ to }) => to.join());

function pagerdutyEvent(
  agent: string,
  more: { readonly type?: string; readonly key?: string; readonly event?: string } = {},
) {
  return JSON.stringify({
    event: {
      id: more.event ?? '01BZEXAMPLE',
      event_type: more.type ?? 'incident.acknowledged',
      resource_type: 'incident',
      occurred_at: '2026-11-24T03:01:00.000Z',
      agent: { id: agent, type: 'user_reference', summary: 'Somebody <!channel>' },
      data: { id: 'PGR0VU2', type: 'incident', incident_key: more.key ?? `cordon:${key()}` },
    },
  });
}

async function fromPagerduty(body: string, secret = PAGERDUTY_SECRET) {
  const hex = createHmac('sha256', secret).update(body).digest('hex');
  const answer = await back.request('/pages/pagerduty', {
    method: 'POST',
    body,
    headers: { 'x-pagerduty-signature': `v1=${'0'.repeat(64)},v1=${hex}` },
  });
  await quiet(engine);
  return answer.status;
}

async function fromWebhook(by: string, nonce: string, secret = WEBHOOK_SECRET) {
  const body = JSON.stringify({ key: key(), by });
  const headers = signRequest({ secret, body: Buffer.from(body), now: ground.clock.now(), nonce });
  const answer = await back.request('/pages/acknowledge', { method: 'POST', body, headers: { ...headers } });
  await quiet(engine);
  return answer.status;
}

describe('a page that is acknowledged in PagerDuty', () => {
  test('is the incident taken up by that responder: nobody else is called', async () => {
    await start();
    expect([called(), await lead()]).toEqual([['alice'], null]);
    expect(await fromPagerduty(pagerdutyEvent('PALICE01'))).toBe(202);
    expect(await lead()).toBe('alice');
    await pass(engine, 10 * 60_000);
    expect(called()).toEqual(['alice']);
    // Delivered again, as PagerDuty does: one entry.
    expect(await fromPagerduty(pagerdutyEvent('PALICE01'))).toBe(202);
    const taken = (await timelineKinds(engine, id)).filter((kind) => kind === 'command.accepted');
    expect(taken).toHaveLength(2); // taken up, and leads
  });

  test('without it the next person is called (control)', async () => {
    await start();
    await pass(engine, 10 * 60_000);
    expect(called()).toEqual(['alice', 'bob', 'alice,bob']);
  });

  test('by somebody whom the enrolment file does not know is told once, and the escalation goes on', async () => {
    await start();
    const body = pagerdutyEvent('PSTRANGER');
    expect([await fromPagerduty(body), await fromPagerduty(body)]).toEqual([202, 202]);
    expect(await lead()).toBeNull();
    expect((await timelineKinds(engine, id)).filter((kind) => kind === 'page.seen')).toHaveLength(1);
    await pass(engine, 3 * 60_000);
    expect(called()).toEqual(['alice', 'bob']);
  });

  test.each([
    ['a wrong signature', () => fromPagerduty(pagerdutyEvent('PALICE01'), 'not-the-secret'), 401],
    ['another event', () => fromPagerduty(pagerdutyEvent('PALICE01', { type: 'incident.resolved' })), 202],
    ['an incident that is not ours', () => fromPagerduty(pagerdutyEvent('PALICE01', { key: 'theirs' })), 202],
    [
      'a page that was never sent',
      () => fromPagerduty(pagerdutyEvent('PALICE01', { key: `cordon:${id}:0:9` })),
      202,
    ],
    [
      'an incident that there is not',
      () => fromPagerduty(pagerdutyEvent('PALICE01', { key: 'cordon:inc_none:0:1' })),
      202,
    ],
    ['no event at all', () => fromPagerduty('{"event":7}'), 400],
  ])('is nothing when it is %s', async (_name, send, status) => {
    await start();
    expect(await send()).toBe(status);
    expect(await lead()).toBeNull();
  });
});

describe('a page that comes back through the page webhook', () => {
  test('is the incident taken up by the responder that it names; signed, and once', async () => {
    await start();
    expect(await fromWebhook('bob', 'nonce-0000000000000001', 'another-secret-of-32-bytes-or-more-!')).toBe(
      401,
    );
    expect(await lead()).toBeNull();
    expect(await fromWebhook('alice', 'nonce-0000000000000002')).toBe(202);
    expect(await lead()).toBe('alice');
    expect(await fromWebhook('alice', 'nonce-0000000000000002')).toBe(401);
  });

  test('is closed where no secret is configured', async () => {
    await start();
    const closed = createPagesBack({
      pagerdutySecrets: [],
      webhookSecrets: [],
      rememberNonce: async () => true,
      acknowledged: pageAcknowledged(engine.cordon.execute, engine.cordon.engine.advance),
      clock: ground.clock,
      log: silentLog,
    });
    const body = pagerdutyEvent('PALICE01');
    const hex = createHmac('sha256', '').update(body).digest('hex');
    const answer = await closed.request('/pages/pagerduty', {
      method: 'POST',
      body,
      headers: { 'x-pagerduty-signature': `v1=${hex}` },
    });
    expect(answer.status).toBe(401);
  });
});
