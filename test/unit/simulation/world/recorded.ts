import { createWorld, type World } from '../../../../src/simulation/world/world.ts';
import { manualClock, smallSpec } from './support.ts';

/**
 * Answers recorded from AWS, and the calls that led to them. The same calls are made to the world and
 * both answers compared: status, code, message, members. Placeholders of a recording (`<uuid:1>`,
 * `date`) stand for values that differ from run to run.
 */

/** One recorded answer, as the AWS SDK for Python gives it. */
export interface RecordedAnswer {
  readonly Error?: { readonly Code: string; readonly Message: string };
  readonly ResponseMetadata?: { readonly HTTPStatusCode: number };
  readonly [member: string]: unknown;
}

/** One call of a scenario; without `step` it only prepares the next. */
export interface RecordedCall {
  readonly step?: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long after the call before, milliseconds. */
  readonly waitMs?: number;
  /** Members that this world leaves out or fills differently, each with the reason. */
  readonly differs?: Readonly<Record<string, string>>;
}

export interface RecordedScenario {
  /** The end of the recording's name: `TestLambdaConcurrency::test_lambda_concurrency_crud`. */
  readonly recording: string;
  readonly spec?: Record<string, unknown>;
  readonly calls: readonly RecordedCall[];
  /** Why some steps of the recording are not made, where it is so. */
  readonly leaves?: string;
}

export const RECORDED_ACCOUNT = '111111111111';
const ANY = new Set([
  'date',
  'datetime',
  '<datetime>',
  'timestamp',
  'code-sha256',
  'lambda-url',
  '<location>',
  '<code-size>',
]);

/** Whether a value of the world agrees with a recorded one, placeholders aside; else the first difference. */
function differenceOf(recorded: unknown, found: unknown, path = ''): string | undefined {
  if (typeof recorded === 'string') {
    if (ANY.has(recorded)) return found === undefined ? `${path}: missing` : undefined;
    const literal = recorded.split(/<[^>]*>/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const agrees = typeof found === 'string' && new RegExp(`^${literal.join('.+')}$`, 's').test(found);
    return agrees ? undefined : `${path}: expected ${recorded}, found ${JSON.stringify(found)}`;
  }
  if (Array.isArray(recorded)) {
    if (!Array.isArray(found) || found.length !== recorded.length) {
      return `${path}: expected ${recorded.length} items, found ${JSON.stringify(found)}`;
    }
    return recorded
      .map((one, index) => differenceOf(one, found[index], `${path}/${index}`))
      .find((one) => one !== undefined);
  }
  if (typeof recorded === 'object' && recorded !== null) {
    const value: unknown = typeof found === 'string' ? JSON.parse(found) : found;
    if (typeof value !== 'object' || value === null)
      return `${path}: expected an object, found ${JSON.stringify(found)}`;
    const there = new Map(Object.entries(value));
    for (const [key, one] of Object.entries(recorded)) {
      const difference = differenceOf(one, there.get(key), `${path}/${key}`);
      if (difference !== undefined) return difference;
    }
    const extra = [...there.keys()].find((key) => !Object.hasOwn(recorded, key));
    return extra === undefined ? undefined : `${path}/${extra}: not in the recording`;
  }
  return recorded === found
    ? undefined
    : `${path}: expected ${String(recorded)}, found ${JSON.stringify(found)}`;
}

async function send(
  world: World,
  call: RecordedCall,
): Promise<{ status: number; code: string | null; body: unknown }> {
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AKIAADMINADMINADMIN0/20261124/eu-west-1/lambda/aws4_request, SignedHeaders=host, Signature=00';
  const response = await world.fetch(
    new Request(new URL(call.path, 'http://world.invalid'), {
      method: call.method,
      headers: { authorization, ...call.headers },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    }),
  );
  const text = await response.text();
  return {
    status: response.status,
    code: response.headers.get('x-amzn-errortype'),
    body: text === '' ? {} : JSON.parse(text),
  };
}

function compareAnswer(
  recorded: RecordedAnswer,
  found: Awaited<ReturnType<typeof send>>,
  ignore: readonly string[],
): string | undefined {
  const { Error: refused, ResponseMetadata: metadata, ...members } = recorded;
  if (metadata !== undefined && metadata.HTTPStatusCode !== found.status) {
    return `status: expected ${metadata.HTTPStatusCode}, found ${found.status} ${JSON.stringify(found.body)}`;
  }
  const body = new Map(Object.entries(found.body ?? {}));
  for (const member of ignore) body.delete(member);
  const expected = Object.fromEntries(Object.entries(members).filter(([name]) => !ignore.includes(name)));
  if (refused === undefined) return differenceOf(expected, Object.fromEntries(body));
  if (refused.Code !== found.code) return `code: expected ${refused.Code}, found ${found.code}`;
  const message = body.get('message') ?? body.get('Message');
  const difference = differenceOf(refused.Message, message, 'message');
  // A ValidationException is not modelled: the recording has nothing but its message.
  if (difference !== undefined || refused.Code === 'ValidationException') return difference;
  return differenceOf(expected, Object.fromEntries(body));
}

/** Runs a scenario; returns what differs from the recording, by step. */
export async function runScenario(
  scenario: RecordedScenario,
  recorded: Readonly<Record<string, RecordedAnswer>>,
): Promise<readonly string[]> {
  const spec = smallSpec({ account: RECORDED_ACCOUNT, functions: [FUNCTION], ...scenario.spec });
  const clock = manualClock();
  const world = createWorld(spec, { clock, seed: scenario.recording });
  const differences: string[] = [];
  for (const call of scenario.calls) {
    clock.advance(call.waitMs ?? 0);
    const found = await send(world, call);
    if (call.step === undefined) continue;
    const answer = recorded[call.step];
    const difference =
      answer === undefined
        ? 'not in the recording'
        : compareAnswer(answer, found, Object.keys(call.differs ?? {}));
    if (difference !== undefined) differences.push(`${call.step}: ${difference}`);
  }
  return differences;
}

/** The function that most recordings begin with. */
export const FUNCTION = {
  name: 'fn',
  role: 'webhook-role',
  environment: {},
  versions: [{}],
  aliases: [{ name: 'eventinvokealias', version: '1' }],
};
