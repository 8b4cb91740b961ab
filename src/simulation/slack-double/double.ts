import type { Clock } from '../../clock.ts';
import type { Json, JsonObject } from '../../json.ts';
import { checkBlocks, withBlockIds } from './blocks.ts';
import { refused, type SlackAnswer } from './call.ts';
import { makeChannel } from './conversation-methods.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import { ConnectionLost, createFaults, type Faults, type SlackFault } from './faults.ts';
import { METHODS } from './methods.ts';
import { createPeople, type People } from './people.ts';
import { createRates } from './rates.ts';
import { createSockets, type Sockets } from './sockets.ts';
import { asObject, createWorkspace, postAs, type SlackUser, type Workspace } from './state.ts';

export interface SlackDoubleOptions {
  readonly clock: Clock;
  readonly signingSecret: string;
  readonly botToken: string;
  /** Opens connections of Socket Mode, and nothing else. */
  readonly appToken?: string;
  /** Bot scopes that the token has; all of them when absent. */
  readonly scopes?: readonly string[];
  readonly users: readonly (Partial<SlackUser> & { readonly id: string; readonly name: string })[];
  readonly channels?: readonly { readonly name: string; readonly members: readonly string[] }[];
  /** Answers 429 beyond Slack's rates. Off by default: then only injected faults limit. */
  readonly rateLimits?: boolean;
  readonly teamId?: string;
}

/** One call of the Web API, for assertions and for an exercise's record. Never the token. */
export interface JournalEntry {
  readonly method: string;
  readonly at: string;
  readonly args: JsonObject;
  readonly outcome: string;
}

export interface SlackDouble {
  /** Slack's side of one HTTP request: the Web API, response URLs and uploads. Throws when an answer is lost. */
  fetch(request: Request): Promise<Response>;
  readonly workspace: Workspace;
  readonly faults: Faults;
  readonly journal: readonly JournalEntry[];
  /** Sends signed requests to the app; connect it first. */
  readonly dispatcher: Dispatcher;
  /** Connections of Socket Mode; `serveSlack` takes them. */
  readonly sockets: Sockets;
  /** What scripted people do and see. */
  readonly people: People;
  readonly botUserId: string;
}

const RESPONSE_URL_MS = 30 * 60_000;
const RESPONSE_URL_USES = 5;

/** Builds a Slack workspace with one app installed. Nothing listens yet: see `serveSlack`. */
export function createSlackDouble(options: SlackDoubleOptions): SlackDouble {
  const { clock } = options;
  const teamId = options.teamId ?? 'T0CORDON00';
  const botUserId = 'U0CORDONBOT';
  const workspace = createWorkspace(teamId);
  const nowMs = () => clock.now().getTime();
  addUser(workspace, { id: botUserId, name: 'cordon', isBot: true });
  for (const user of options.users) addUser(workspace, user);
  for (const { name, members } of options.channels ?? []) {
    const channel = makeChannel(workspace, {
      name,
      isPrivate: false,
      creator: members[0] ?? botUserId,
      nowMs: nowMs(),
    });
    for (const member of members) channel.members.add(member);
  }
  const faults = createFaults();
  const sockets = createSockets(workspace.nextId);
  const rates = createRates();
  const journal: JournalEntry[] = [];

  const api = async (request: Request, method: string): Promise<Response> => {
    const args = await readArgs(request);
    const note = (outcome: string) => {
      journal.push({ method, at: clock.now().toISOString(), args, outcome });
    };
    const fault = faults.take(method, args);
    const before = await beforeEffect(fault, clock, request.signal);
    if (before !== undefined) {
      note(before.outcome);
      return before.answer();
    }
    const answer = run(request, method, args);
    if (answer instanceof Response) {
      note('ratelimited');
      return answer;
    }
    note(answer.ok ? 'ok' : String(answer.error));
    if (fault?.kind === 'lost') throw new ConnectionLost();
    if (fault?.kind === 'silence') return silence(request.signal);
    if (fault?.kind === 'http') return new Response('upstream error', { status: fault.status });
    return Response.json(answer);
  };

  const run = (request: Request, name: string, args: JsonObject): SlackAnswer | Response => {
    const authorization = request.headers.get('authorization');
    if (authorization === null) return refused('not_authed');
    if (name === 'apps.connections.open') {
      if (authorization === `Bearer ${options.botToken}`) return refused('not_allowed_token_type');
      if (authorization !== `Bearer ${options.appToken ?? ''}`) return refused('invalid_auth');
      const { host } = new URL(request.url);
      return { ok: true, url: `ws://${host}${sockets.ticket()}` };
    }
    if (authorization !== `Bearer ${options.botToken}`) return refused('invalid_auth');
    const method = METHODS[name];
    if (method === undefined) return refused('unknown_method', { req_method: name });
    if (options.scopes !== undefined && method.scopes.length > 0) {
      const granted = method.scopes.some((scope) => options.scopes?.includes(scope));
      if (!granted) return refused('missing_scope', { needed: method.scopes.join(',') });
    }
    if (options.rateLimits === true) {
      const waitS = rates.take(name, method, String(args.channel ?? ''), nowMs());
      if (waitS > 0) return rateLimited(waitS);
    }
    return method.run({
      method: name,
      args,
      workspace,
      caller: botUserId,
      botId: 'B0CORDONBOT',
      nowMs: nowMs(),
      origin: new URL(request.url).origin,
    });
  };

  const double: SlackDouble = {
    workspace,
    faults,
    sockets,
    journal,
    botUserId,
    dispatcher: createDispatcher({ clock, signingSecret: options.signingSecret }),
    get people() {
      return people;
    },
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      const [, first = '', ...rest] = pathname.split('/');
      if (first === 'api' && request.method === 'POST') return api(request, rest.join('/'));
      if (first === 'response') return respond(workspace, rest[0] ?? '', request, nowMs());
      if (first === 'upload') return upload(workspace, rest[0] ?? '', request);
      return new Response('not found', { status: 404 });
    },
  };
  const people = createPeople({ workspace, dispatcher: double.dispatcher, clock });
  return double;
}

function addUser(workspace: Workspace, user: Partial<SlackUser> & { id: string; name: string }): void {
  workspace.users.set(user.id, {
    teamId: workspace.teamId,
    isBot: false,
    isRestricted: false,
    isUltraRestricted: false,
    isStranger: false,
    deleted: false,
    ...user,
  });
}

/** Arguments come as a form or as JSON; a token in the body is taken as Slack does, and kept out of the journal. */
async function readArgs(request: Request): Promise<JsonObject> {
  const body = await request.text();
  if (request.headers.get('content-type')?.startsWith('application/json') === true) {
    try {
      const parsed: Json = JSON.parse(body);
      return asObject(parsed) ?? {};
    } catch {
      return {};
    }
  }
  const { token: _, ...args } = Object.fromEntries(new URLSearchParams(body));
  return args;
}

async function beforeEffect(
  fault: SlackFault | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly outcome: string; answer(): Response | Promise<Response> } | undefined> {
  switch (fault?.kind) {
    case undefined:
      return undefined;
    case 'slow':
      await clock.sleep(fault.ms, signal);
      return undefined;
    case 'ratelimited':
      return { outcome: 'ratelimited', answer: () => rateLimited(fault.retryAfterS) };
    case 'refuse':
      return { outcome: fault.error, answer: () => Response.json(refused(fault.error)) };
    case 'http':
      return fault.effect === 'done'
        ? undefined
        : { outcome: `http_${fault.status}`, answer: () => new Response('down', { status: fault.status }) };
    case 'lost':
      return fault.effect === 'done'
        ? undefined
        : { outcome: 'lost', answer: () => Promise.reject(new ConnectionLost()) };
    case 'silence':
      return fault.effect === 'done' ? undefined : { outcome: 'silence', answer: () => silence(signal) };
  }
}

/** Never answers; ends when the caller gives up. */
function silence(signal: AbortSignal): Promise<Response> {
  return new Promise((_, reject) => {
    const end = () => reject(new ConnectionLost());
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

function rateLimited(retryAfterS: number): Response {
  return Response.json(refused('ratelimited'), {
    status: 429,
    headers: { 'retry-after': String(retryAfterS) },
  });
}

/** A payload's response_url: five uses within half an hour. */
async function respond(workspace: Workspace, id: string, request: Request, nowMs: number): Promise<Response> {
  const url = workspace.responseUrls.get(id);
  if (url === undefined) return Response.json(refused('invalid_url'), { status: 404 });
  if (nowMs - url.issuedMs > RESPONSE_URL_MS) return Response.json(refused('expired_url'), { status: 404 });
  if (url.uses >= RESPONSE_URL_USES) return Response.json(refused('used_url'), { status: 404 });
  url.uses += 1;
  const body = await readArgs(request);
  const channel = workspace.channels.get(url.channel);
  if (channel === undefined) return Response.json(refused('channel_not_found'), { status: 404 });
  if (body.blocks !== undefined && checkBlocks(body.blocks, 'message').length > 0) {
    return Response.json(refused('invalid_blocks'), { status: 400 });
  }
  const text = typeof body.text === 'string' ? body.text : '';
  if (text === '' && body.blocks === undefined) return Response.json(refused('no_text'), { status: 400 });
  const blocks = withBlockIds(body.blocks, () => workspace.nextId('b'));
  if (body.replace_original === true && url.messageTs !== undefined) {
    const message = channel.messages.find((one) => one.ts === url.messageTs);
    if (message === undefined) return Response.json(refused('message_not_found'), { status: 404 });
    message.text = text;
    message.blocks = blocks;
  } else if (body.response_type === 'in_channel') {
    postAs(workspace, channel, { user: 'U0CORDONBOT', text, blocks, nowMs });
  } else {
    workspace.ephemerals.push({
      ts: workspace.nextTs(nowMs),
      channel: channel.id,
      user: url.user,
      text,
      blocks,
    });
  }
  return new Response('ok');
}

async function upload(workspace: Workspace, id: string, request: Request): Promise<Response> {
  const file = workspace.files.get(id);
  if (file === undefined) return new Response('not found', { status: 404 });
  file.content = new Uint8Array(await request.arrayBuffer());
  return new Response(`OK - ${file.content.length}`);
}
