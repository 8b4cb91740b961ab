import { request } from 'node:http';
import { z } from 'zod';
import { VERSION } from '../version.ts';
import type { EngineApi } from './api.ts';
import { VERSION_HEADER } from './control.ts';
import { ConsoleError, type ConsoleErrorCode } from './error.ts';

const answerSchema = z.union([
  z.strictObject({ result: z.unknown() }),
  z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) }),
]);

// The slowest answer is a command that waits for the engine's one database connection.
const ANSWER_TIMEOUT_MS = 30_000;

/**
 * The engine's API through the Unix socket of the process that holds the folder. Throws what that process
 * answered, by its code; `cordon_console_unreachable` when it does not answer, `cordon_console_starting` when
 * it cannot yet.
 */
export function createClient(socket: string): EngineApi {
  // The other end is this package in this version, which both ends check: results are taken as it typed them.
  const get = async <Result>(path: string): Promise<Result> => (await ask(socket, 'GET', path)) as Result;
  const post = async <Result>(path: string, body: unknown): Promise<Result> =>
    (await ask(socket, 'POST', path, body)) as Result;
  const part = encodeURIComponent;
  return {
    status: () => get('/v1/status'),
    incidents: ({ all, mine }) =>
      get(`/v1/incidents?all=${all ? 1 : 0}${mine === undefined ? '' : `&mine=${part(mine)}`}`),
    incident: async (reference) => present(await get(`/v1/incidents/${part(reference)}`)),
    scope: async (reference) => present(await get(`/v1/incidents/${part(reference)}/scope`)),
    campaigns: () => get('/v1/campaigns'),
    campaign: async (reference) => present(await get(`/v1/campaigns/${part(reference)}`)),
    timeline: async (reference, afterSeq) =>
      present(await get(`/v1/timelines/${part(reference)}?after=${afterSeq}`)),
    checkpoints: () => get('/v1/checkpoints'),
    async recordAccess(access) {
      await post('/v1/evidence-accesses', access);
    },
    recordRetention: (call) => post('/v1/evidence-retentions', call),
    execute: (call) => post('/v1/commands', call),
    declare: (call) => post('/v1/declarations', call),
    submit: ({ source, bytes }) =>
      post('/v1/alerts', { source, contentBase64: Buffer.from(bytes).toString('base64') }),
    inventory: () => get('/v1/inventory'),
    refreshInventory: (place) => post('/v1/inventory/refresh', place ?? {}),
    observed: (days) => get(`/v1/observed?days=${days}`),
    refusals: (limit) => get(`/v1/refusals?limit=${limit}`),
    async refusedContent(sha256) {
      const content = await get<string | null>(`/v1/refusals/${part(sha256)}/content`);
      return content === null ? undefined : Buffer.from(content, 'base64');
    },
  };
}

function present<Value>(value: Value | null): Value | undefined {
  return value ?? undefined;
}

async function ask(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const answer = answerSchema.safeParse(jsonOf(await send(socketPath, method, path, body)));
  if (!answer.success) {
    throw new ConsoleError(
      'cordon_console_version_differs',
      'the engine that holds the folder did not answer as this version does; use the command of its version',
    );
  }
  if ('error' in answer.data) {
    // Codes of other folders come through as they are: they were coded where they arose.
    const code = answer.data.error.code as ConsoleErrorCode;
    throw new ConsoleError(code, answer.data.error.message);
  }
  return answer.data.result;
}

function send(socketPath: string, method: 'GET' | 'POST', path: string, body: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const unreachable = (cause: Error) =>
      reject(
        new ConsoleError(
          'cordon_console_unreachable',
          'the engine that holds the folder does not answer on its socket; see its log, or stop it and ask again',
          { cause },
        ),
      );
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const call = request(
      {
        socketPath,
        method,
        path,
        headers: {
          [VERSION_HEADER]: VERSION,
          ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        },
        timeout: ANSWER_TIMEOUT_MS,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        response.on('error', unreachable);
      },
    );
    call.on('timeout', () => call.destroy(new Error('no answer in time')));
    call.on('error', unreachable);
    call.end(payload);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
