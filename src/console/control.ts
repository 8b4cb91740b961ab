import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Context } from 'hono';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { MAX_ALERT_BYTES } from '../alert/read-alert.ts';
import { CodedError } from '../error.ts';
import type { IncidentId } from '../id.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Log } from '../log.ts';
import { VERSION } from '../version.ts';
import type { EngineApi } from './api.ts';

/** Both ends are one package: another version's answers are not guessed at. */
export const VERSION_HEADER = 'x-cordon-version';

const json: z.ZodType<Json> = z.json();
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json);

const callSchema = z.strictObject({
  command: z.string().max(100),
  incident: z.string().max(100).nullable(),
  // Only the terminal comes this way: Slack's people are known by Slack's signature.
  identity: z.strictObject({ kind: z.literal('cli'), name: z.string().max(100) }),
  input: jsonObject,
  idempotencyKey: z.string().min(16).max(200),
});

const accessSchema = z.strictObject({
  incident: z.string().max(100),
  by: z.string().max(100),
  how: z.enum(['export', 'copy']),
  item: z.string().max(600).nullable(),
});

const reason = z.string().min(1).max(1_000);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();

const retentionSchema = z.strictObject({
  incident: z.string().max(100),
  by: z.string().max(100),
  act: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('hold'), reason }),
    z.strictObject({ kind: z.literal('release-hold'), reason }),
    z.strictObject({ kind: z.literal('extend'), until: z.iso.datetime() }),
    z.strictObject({ kind: z.literal('purge'), reason, objects: count, kept: count, apart: count }),
    z.strictObject({
      kind: z.literal('sealed'),
      manifestSha256: sha256,
      items: count,
      keyId: sha256,
      purge: z.boolean(),
    }),
  ]),
});

const declarationSchema = z.strictObject({
  identity: callSchema.shape.identity,
  // The command itself says what is wrong with it.
  input: z.strictObject({ functionArn: z.string(), severity: z.number(), reason: z.string() }),
  idempotencyKey: callSchema.shape.idempotencyKey,
});

const placeSchema = z.strictObject({
  account: z.string().max(20).optional(),
  region: z.string().max(40).optional(),
});

const submissionSchema = z.strictObject({
  source: z.string().min(1).max(100),
  contentBase64: z.base64(),
});

const afterSchema = z.coerce.number().int().min(0).default(0);
const limitSchema = z.coerce.number().int().min(1).max(10_000).default(50);
const daysSchema = z.coerce.number().int().min(1).max(3650);

// Base64 is a third longer than what it says.
const MAX_BODY_BYTES = Math.ceil(MAX_ALERT_BYTES * 1.4) + 4096;

/**
 * The control API as Hono serves it on the Unix socket of an embedded engine. Whoever can open the
 * socket (0600) is the user whose folder it is; there is no other authentication.
 */
export function createControl(options: { readonly api: EngineApi; readonly log: Log }): Hono {
  const { api, log } = options;
  const app = new Hono();

  app.use(async (context, next) => {
    const asked = context.req.header(VERSION_HEADER);
    if (asked !== undefined && asked !== VERSION) {
      return failure(
        context,
        409,
        'cordon_console_version_differs',
        `expected a command of version ${VERSION}, which the engine that holds the folder is; restart the engine, or use its version`,
      );
    }
    await next();
    return undefined;
  });
  app.use(
    bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (context) => badRequest(context, 'a smaller body') }),
  );

  app.get('/v1/status', async (context) => context.json({ result: await api.status() }));
  app.get('/v1/incidents', async (context) =>
    context.json({
      result: await api.incidents({
        all: context.req.query('all') === '1',
        ...(context.req.query('mine') === undefined ? {} : { mine: context.req.query('mine') ?? '' }),
      }),
    }),
  );
  app.get('/v1/incidents/:reference', async (context) =>
    found(context, await api.incident(context.req.param('reference'))),
  );
  app.get('/v1/incidents/:reference/scope', async (context) =>
    found(context, await api.scope(context.req.param('reference'))),
  );
  app.get('/v1/campaigns', async (context) => context.json({ result: await api.campaigns() }));
  app.get('/v1/campaigns/:reference', async (context) =>
    found(context, await api.campaign(context.req.param('reference'))),
  );
  app.get('/v1/timelines/:reference', async (context) => {
    const after = afterSchema.safeParse(context.req.query('after'));
    if (!after.success) return badRequest(context, 'a whole number as after');
    return found(context, await api.timeline(context.req.param('reference'), after.data));
  });
  app.get('/v1/checkpoints', async (context) => context.json({ result: await api.checkpoints() }));
  app.post('/v1/evidence-accesses', async (context) => {
    const access = accessSchema.safeParse(await bodyOf(context));
    if (!access.success) return badRequest(context, 'an access to evidence');
    await api.recordAccess({ ...access.data, incident: access.data.incident as IncidentId }); // looked up, not trusted
    return context.json({ result: null });
  });
  app.post('/v1/evidence-retentions', async (context) => {
    const call = retentionSchema.safeParse(await bodyOf(context));
    if (!call.success) return badRequest(context, 'an act of retention');
    await api.recordRetention({ ...call.data, incident: call.data.incident as IncidentId }); // looked up, not trusted
    return context.json({ result: null });
  });
  app.post('/v1/commands', async (context) => {
    const call = callSchema.safeParse(await bodyOf(context));
    if (!call.success) return badRequest(context, 'a command call');
    // The id is looked up, not trusted.
    const incident = call.data.incident as IncidentId | null;
    return context.json({ result: await api.execute({ ...call.data, incident }) });
  });
  app.post('/v1/declarations', async (context) => {
    const call = declarationSchema.safeParse(await bodyOf(context));
    if (!call.success) return badRequest(context, 'a declaration');
    return context.json({ result: await api.declare(call.data) });
  });
  app.post('/v1/alerts', async (context) => {
    const submission = submissionSchema.safeParse(await bodyOf(context));
    if (!submission.success) return badRequest(context, 'a source and contentBase64');
    const { source, contentBase64 } = submission.data;
    return context.json({
      result: await api.submit({ source, bytes: Buffer.from(contentBase64, 'base64') }),
    });
  });
  app.get('/v1/inventory', async (context) => context.json({ result: await api.inventory() }));
  app.post('/v1/inventory/refresh', async (context) => {
    const place = placeSchema.safeParse(await bodyOf(context));
    if (!place.success) return badRequest(context, 'an account and a Region, or nothing');
    const { account, region } = place.data;
    const one = account === undefined || region === undefined ? undefined : { account, region };
    return context.json({ result: await api.refreshInventory(one) });
  });
  app.get('/v1/observed', async (context) => {
    const days = daysSchema.safeParse(context.req.query('days'));
    if (!days.success) return badRequest(context, 'days from 1 to 3650');
    return context.json({ result: await api.observed(days.data) });
  });
  app.get('/v1/refusals', async (context) => {
    const limit = limitSchema.safeParse(context.req.query('limit'));
    if (!limit.success) return badRequest(context, 'a limit from 1 to 10000');
    return context.json({ result: await api.refusals(limit.data) });
  });
  app.get('/v1/refusals/:sha256/content', async (context) => {
    const bytes = await api.refusedContent(context.req.param('sha256'));
    const contentBase64 = bytes === undefined ? undefined : Buffer.from(bytes).toString('base64');
    return found(context, contentBase64);
  });

  app.notFound((context) =>
    failure(context, 404, 'cordon_console_not_found', 'expected a route of this version'),
  );
  app.onError((error, context) => {
    const code = error instanceof CodedError ? error.code : 'cordon_console_failed';
    log.error({ code }, 'a request on the control socket failed');
    const message = error instanceof CodedError ? error.message : 'the engine failed; its log says more';
    return failure(context, 500, code, message);
  });
  return app;
}

/** The same as Node's HTTP server takes it. */
export function controlListener(app: Hono): RequestListener {
  return getRequestListener(app.fetch, { overrideGlobalObjects: false }) as RequestListener; // its own errors become answers
}

async function bodyOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    return undefined;
  }
}

function found(context: Context, result: unknown): Response {
  // JSON has no undefined: what is not there is null.
  return context.json({ result: result ?? null });
}

function badRequest(context: Context, expected: string): Response {
  return failure(context, 400, 'cordon_console_bad_request', `expected ${expected}, found something else`);
}

function failure(context: Context, status: 400 | 404 | 409 | 500, code: string, message: string): Response {
  return context.json({ error: { code, message } }, status);
}
