import { rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MAX_ALERT_BYTES } from '../../../src/alert/read-alert.ts';
import { systemClock } from '../../../src/clock.ts';
import type { EngineApi } from '../../../src/console/api.ts';
import { createClient } from '../../../src/console/client.ts';
import type { IncidentId } from '../../../src/id.ts';
import { lockFolder } from '../../../src/store/folder-lock.ts';
import { keepRefusedContent } from '../../../src/store/refusals.ts';
import { verifyChain } from '../../../src/timeline/verify.ts';
import { VERSION } from '../../../src/version.ts';
import { serveEngine } from '../../support/cli.ts';
import type { Ground } from '../../support/engine.ts';
import { alertJson, freshGround } from '../../support/engine.ts';

let ground: Ground;
let served: Awaited<ReturnType<typeof serveEngine>>;
let client: EngineApi;
let incident: string;

beforeAll(async () => {
  ground = await freshGround();
  served = await serveEngine(ground);
  client = createClient(served.socket);
  const bytes = Buffer.from(JSON.stringify(alertJson()));
  const [outcome] = await client.submit({ bytes, source: 'alice' });
  if (outcome?.kind !== 'opened') throw new Error('expected an incident');
  incident = outcome.incidentId;
});

afterAll(async () => {
  await served.stop();
  await ground.sql.close();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

const call = (more: object = {}) => ({
  command: 'note',
  incident: incident as IncidentId,
  identity: { kind: 'cli', name: 'alice' } as const,
  input: { text: 'seen' },
  idempotencyKey: 'cli:0123456789abcdef',
  ...more,
});

describe('the engine behind a socket', () => {
  test('says what it is', async () => {
    expect(await client.status()).toEqual({ version: VERSION, performing: true, paused: null });
  });

  test('lists and shows what it has, under each name', async () => {
    const [listed] = await client.incidents({ all: false });
    expect(listed).toMatchObject({ id: incident, number: 1, status: 'open' });
    for (const reference of ['INC-1', 'inc-1', '1', incident]) {
      expect(await client.incident(reference)).toMatchObject({ id: incident });
    }
    expect(await client.incident('INC-2')).toBeUndefined();
    expect(await client.timeline('INC-2', 0)).toBeUndefined();
  });

  test('gives a timeline that verifies at this end', async () => {
    const extract = await client.timeline('INC-1', 0);
    expect(verifyChain(extract?.chain ?? '', extract?.entries ?? [], extract?.head).kind).toBe('intact');
    const later = await client.timeline('INC-1', 3);
    expect(later?.entries[0]?.seq).toBe(4);
  });

  test('does a human act once, whoever asks how often', async () => {
    const results = [await client.execute(call()), await client.execute(call())];
    expect(results).toEqual([
      { kind: 'done', summary: 'noted' },
      { kind: 'done', summary: 'noted' },
    ]);
    const extract = await client.timeline('1', 0);
    expect(extract?.entries.filter((entry) => entry.body?.kind === 'note.added')).toHaveLength(1);
  });

  test('refuses who is no responder', async () => {
    const identity = { kind: 'cli', name: 'mallory' } as const;
    const result = await client.execute(call({ identity, idempotencyKey: 'cli:another-key-16-long' }));
    expect(result).toMatchObject({ kind: 'refused', code: 'cordon_responder_unknown' });
  });

  test('shows what was turned away, and gives back what it kept', async () => {
    const [outcome] = await client.submit({ bytes: Buffer.from('{"no":"alert"}'), source: 'alice' });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'cordon_alert_unknown_format' });
    const [refused] = await client.refusals(10);
    expect(refused).toMatchObject({
      code: 'cordon_alert_unknown_format',
      via: 'cli',
      source: 'alice',
      kept: false,
    });
    const sha256 = refused?.bytesSha256 ?? '';
    expect(await client.refusedContent(sha256)).toBeUndefined();

    const content = Buffer.from([0, 1, 0x9b, 255]);
    await keepRefusedContent(ground.sql, { sha256, base64: content.toString('base64') }, systemClock.now());
    expect(await client.refusedContent(sha256)).toEqual(content);
    expect((await client.refusals(1))[0]?.kept).toBe(true);
  });

  test('takes an alert of the largest size, and refuses a larger one by the engine’s own code', async () => {
    const [outcome] = await client.submit({ bytes: Buffer.alloc(MAX_ALERT_BYTES + 1, ' '), source: 'alice' });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'cordon_alert_too_large' });
    const [empty] = await client.submit({ bytes: Buffer.alloc(MAX_ALERT_BYTES, ' '), source: 'alice' });
    expect(empty).toMatchObject({ kind: 'refused', code: 'cordon_alert_malformed_json' });
  });
});

describe('the socket itself', () => {
  const ask = (path: string, options: { method?: string; body?: string; version?: string } = {}) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const headers = options.version === undefined ? {} : { 'x-cordon-version': options.version };
      const asked = request(
        { socketPath: served.socket, path, method: options.method ?? 'GET', headers },
        (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => {
            body += chunk.toString();
          });
          response.on('end', () => resolve({ status: response.statusCode, body }));
        },
      );
      asked.on('error', reject);
      asked.end(options.body);
    });

  test('refuses another version, rather than guess at its answers', async () => {
    const answer = await ask('/v1/status', { version: '0.0.0-other' });
    expect(answer.status).toBe(409);
    expect(answer.body).toContain('cordon_console_version_differs');
  });

  test.each([
    ['no JSON', 'nothing'],
    ['an identity that only Slack can vouch for', { identity: { kind: 'slack', userId: 'U0ALICE000' } }],
    ['a field too many', { more: true }],
    ['a key that is too short to be random', { idempotencyKey: 'short' }],
  ])('refuses a command with %s', async (_what, more) => {
    const body = typeof more === 'string' ? more : JSON.stringify(call(more));
    const answer = await ask('/v1/commands', { method: 'POST', body });
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.body).toContain('cordon_console_bad_request');
  });

  test('refuses what it does not know, and what is too large', async () => {
    expect((await ask('/v1/elsewhere')).status).toBe(404);
    expect((await ask('/v1/alerts', { method: 'POST', body: 'x'.repeat(4_000_000) })).status).toBe(400);
    expect((await ask('/v1/refusals?limit=all')).status).toBe(400);
  });
});

describe('without an engine behind it', () => {
  test('a client says that nobody answers', async () => {
    const nobody = createClient(join(ground.dataDir, 'nobody.sock'));
    await expect(nobody.status()).rejects.toMatchObject({ code: 'cordon_console_unreachable' });
  });

  test('a client says that the process is not ready', async () => {
    const outcome = await lockFolder(join(ground.dataDir, 'other'), 'serve', systemClock);
    if (outcome.kind === 'busy') throw new Error('expected a free folder');
    const early = createClient(outcome.lock.socket);
    await expect(early.status()).rejects.toMatchObject({ code: 'cordon_console_starting' });
    await outcome.lock.release();
  });
});
