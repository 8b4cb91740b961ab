import { parseEnrolment } from '../../src/enrolment/enrolment.ts';
import type { JsonObject } from '../../src/json.ts';
import type { ComposeOptions } from '../../src/main.ts';
import { diffSnapshots } from '../../src/simulation/world/snapshot.ts';
import type { World } from '../../src/simulation/world/world.ts';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { answer, untilClosed, untilNothingIsHeld } from './answers.ts';
import { drive, freshGround, startEngine, type TestEngine } from './engine.ts';
import { enrolmentOf, qualifiersOf, type RandomAccount, worldOf } from './random-account.ts';
import { ACCOUNT, FUNCTION_ARN, REGION } from './world.ts';

/** What a whole incident in one account came to. */
export interface Played {
  /** What the account has after the end that it had not before, or the other way round. */
  readonly differences: readonly { readonly path: string }[];
  readonly lost: readonly {
    readonly at: string;
    readonly condition: string;
    readonly reason: string;
    /** False for what was lost before the alert: nobody was asked to keep it. */
    readonly duringIncident: boolean;
  }[];
  readonly messages: { readonly sent: number; readonly processed: number; readonly left: number };
  /** Denied calls of other functions, as the account's own trail has them. */
  readonly deniedSiblings: number;
  /** Denied calls of credentials that were stolen from the function: the deny bites. */
  readonly deniedDuring: number;
  /** Denied calls of the function itself once it was let run again. */
  readonly deniedAfterRelease: number;
  /** Runs of the function, and how many of them are in its log. */
  readonly runs: { readonly made: number; readonly logged: number };
  /** Calls with which Cordon changed something of a role, in order and each once. */
  readonly roleWrites: readonly string[];
  /** True once the function could not be invoked. */
  readonly stopped: boolean;
}

const ACCESS_KEY_ID = 'AKIACORDONWORLD00000';

/** Lets an alert about the account's function become an incident, with traffic all the while, to its very end. */
export async function play(
  sql: EmbeddedSql,
  account: RandomAccount,
  options: {
    readonly fetch?: (world: World) => (request: Request) => Promise<Response>;
    readonly overrides?: Partial<ComposeOptions>;
  } = {},
): Promise<Played> {
  const ground = await freshGround({ sql, world: worldOf(account), seed: 'random' });
  const { world, clock } = ground;
  const engine = await startEngine(ground, {
    ...(options.fetch === undefined ? {} : { fetch: options.fetch(world) }),
    overrides: {
      enrolment: parseEnrolment(enrolmentOf(account), 'enrolment.yaml'),
      ...options.overrides,
    },
  });
  const before = world.snapshot();
  const traffic = startTraffic(engine, account);
  try {
    await drive(engine, () => clock.monotonicMs() >= 3_000);
    const id = await engine.submit({ severity: account.severity, at: clock.now() });
    const alertedAt = clock.now().toISOString();
    const since = clock.monotonicMs();
    let stopped = false;
    await drive(engine, async () => {
      const { levels } = (await engine.state(id)).record;
      stopped ||= [...world.state.functions.values()].some(
        (one) => one.arn === FUNCTION_ARN && one.reserved === 0,
      );
      return levels[FUNCTION_ARN] === 'effective' || clock.monotonicMs() - since > 120_000;
    });
    const denials = () => world.journal.count({ outcome: (code) => DENIED.test(code) });
    const deniedBefore = denials();
    const stolen = world.attacker.stealCredentials('checkout-webhook');
    await world.attacker.callAs(stolen, {
      service: 's3',
      action: 'GetObject',
      resource: 'arn:aws:s3:::receipts/1',
    });
    const deniedDuring = denials() - deniedBefore;
    await answer(engine, id, 'triage', { verdict: account.verdict });
    if (account.verdict === 'true_positive') await answer(engine, id, 'recovery', { decision: 'release' });
    await untilClosed(engine, id);
    const closedMs = clock.monotonicMs();
    await drive(engine, () => clock.monotonicMs() - closedMs >= 60_000);
    const messages = traffic.stop();
    await untilNothingIsHeld(engine, id);
    // The last runs end, too: each is in the log only then.
    await drive(engine, () => clock.monotonicMs() - closedMs >= 75_000);
    return {
      differences: diffSnapshots(before, world.snapshot()),
      lost: world
        .events()
        .lost.filter((event) => event.functionArn === FUNCTION_ARN)
        .map((event) => ({ ...event, duringIncident: event.at > alertedAt })),
      messages,
      deniedSiblings: deniedOf(world, (arn) => arn !== FUNCTION_ARN),
      deniedDuring,
      deniedAfterRelease: deniedAfterRelease(world),
      runs: runsOf(world, stolen.accessKeyId),
      roleWrites: [
        ...new Set(
          world.journal
            .writes({
              service: 'iam',
              outcome: 'ok',
              principalArn: (arn) => /assumed-role\/Cordon/.test(arn),
            })
            .map(({ operation }) => operation),
        ),
      ],
      stopped,
    };
  } finally {
    try {
      traffic.stop();
    } finally {
      await engine.stop();
    }
  }
}

/** One event to each qualifier, one call of each sibling, one message to each queue and one round of the pollers a second. */
function startTraffic(engine: TestEngine, account: RandomAccount) {
  const { world, clock } = engine;
  // Bare requests: the real SDK is what Cordon goes by, and with it the traffic would cost more than Cordon does.
  const send = async (service: string, path: string, headers: Record<string, string>, body: string) => {
    const authorization = `AWS4-HMAC-SHA256 Credential=${ACCESS_KEY_ID}/20261124/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=00`;
    const url = `https://${service}.${REGION}.amazonaws.com${path}`;
    const answer = await world.fetch(
      new Request(url, { method: 'POST', headers: { authorization, ...headers }, body }),
    );
    if (!answer.ok) throw new Error(`traffic: ${path} was answered ${answer.status}, ${await answer.text()}`);
  };
  const invoke = (name: string, type: string, qualifier: string | null, payload: JsonObject) => {
    const query = qualifier === null ? '' : `?Qualifier=${encodeURIComponent(qualifier)}`;
    const path = `/2015-03-31/functions/${encodeURIComponent(name)}/invocations${query}`;
    return send('lambda', path, { 'x-amz-invocation-type': type }, JSON.stringify(payload));
  };
  const queues = account.mappings.map((_, index) => `orders-${index}`);
  const over = new AbortController();
  const counted: { sent: number; processed: number; failed?: unknown } = { sent: 0, processed: 0 };
  let stopped: Played['messages'] | undefined;
  const tick = async () => {
    for (const qualifier of qualifiersOf(account))
      await invoke(FUNCTION_ARN, 'Event', qualifier, { sent: clock.now().toISOString() });
    for (const [index, { version }] of account.siblings.entries()) {
      await invoke(`sibling-${index}`, 'RequestResponse', null, {});
      if (version !== null) await invoke(`sibling-${index}`, 'RequestResponse', 'stable', {});
    }
    for (const name of queues) {
      const QueueUrl = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`;
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.SendMessage',
      };
      await send('sqs', '/', headers, JSON.stringify({ QueueUrl, MessageBody: String(counted.sent) }));
      counted.sent += 1;
    }
    counted.processed += world.pollSources();
  };
  // Every second while Cordon changes something, and seldom while everybody waits: hours take seconds.
  let changedMs = 0;
  const ended = world.journal.subscribe(({ write, principalArn }) => {
    if (write && /assumed-role\/Cordon/.test(principalArn)) changedMs = clock.monotonicMs();
  });
  const loop = (async () => {
    while (!over.signal.aborted) {
      await clock.sleep(clock.monotonicMs() - changedMs < CHANGING_MS ? 1000 : 10_000, over.signal);
      if (!over.signal.aborted) await engine.activity.track(tick());
    }
  })().catch((error: unknown) => {
    counted.failed = error;
  });
  void loop;
  return {
    stop(): Played['messages'] {
      over.abort();
      ended();
      if (counted.failed !== undefined) throw counted.failed;
      stopped ??= {
        sent: counted.sent,
        processed: counted.processed,
        left: [...world.state.queues.values()]
          .filter(({ name }) => name.startsWith('orders-'))
          .reduce((sum, queue) => sum + queue.messages.length, 0),
      };
      return stopped;
    },
  };
}

const DENIED = /AccessDenied/;
/** Longer than a deny takes to spread. */
const CHANGING_MS = 15_000;

function deniedOf(world: World, whose: (functionArn: string) => boolean): number {
  return world.journal.count({
    outcome: (code) => DENIED.test(code),
    sourceFunctionArn: (arn) => arn !== null && whose(arn),
  });
}

function deniedAfterRelease(world: World): number {
  const opened = world.journal
    .writes({
      operation: (name) => /^(Put|Delete)FunctionConcurrency$/.test(name),
      principalArn: (arn) => arn.includes('CordonRelease'),
      outcome: 'ok',
    })
    .at(0)?.at;
  if (opened === undefined) return 0;
  return world.journal.count({
    at: (at) => at > opened,
    outcome: (code) => DENIED.test(code),
    sourceFunctionArn: FUNCTION_ARN,
  });
}

/** What was called with stolen credentials was no run. */
function runsOf(world: World, stolen: string): Played['runs'] {
  const lines = [...world.state.logGroups.values()].flatMap((group) =>
    [...group.streams].flatMap(([name, stream]) =>
      name.endsWith(']checkout-webhook') ? stream.events.map((event) => event.message) : [],
    ),
  );
  return {
    made: world.journal.count({
      sourceFunctionArn: FUNCTION_ARN,
      service: 's3',
      accessKeyId: (id) => id !== stolen,
    }),
    logged: lines.filter((line) => line.startsWith('REPORT ')).length,
  };
}
