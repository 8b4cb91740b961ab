import type { Clock } from '../../../src/clock.ts';
import type { ApprovalView } from '../../../src/incident/approval-view.ts';
import type { DeliveryOutcome } from '../../../src/incident/delivery.ts';
import type { QuestionView } from '../../../src/incident/incident-view.ts';
import { silentLog } from '../../../src/log.ts';
import {
  createSlackDouble,
  type SlackDouble,
  type SlackDoubleOptions,
} from '../../../src/simulation/slack-double/double.ts';
import { type ServedSlack, serveSlack } from '../../../src/simulation/slack-double/serve.ts';
import { createSlackApp, SLACK_PATH, type SlackApp } from '../../../src/slack/app.ts';
import type { ChannelSettings } from '../../../src/slack/channel.ts';
import type { SlackDelivery } from '../../../src/slack/delivery.ts';
import { SCOPES } from '../../../src/slack/manifest.ts';
import type { SlackCommand, SlackCommandResult } from '../../../src/slack/port.ts';
import type { SlackCampaign, SlackScope } from '../../../src/slack/view/campaign.ts';
import type { IncidentView } from '../../../src/slack/view/incident.ts';
import type { PostmortemView, StakeholderView } from '../../../src/slack/view/owed.ts';
import { oneWorkspace } from '../../../src/slack/workspaces.ts';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
export const TOKEN = 'xoxb-test-token';
const ARN = 'arn:aws:lambda:eu-central-1:111122223333:function:checkout';
export const DIGEST = 'a'.repeat(12) + 'b'.repeat(52);

/**
 * A wall clock that a test moves by hand. What sleeps to let time pass moves it too; what only bounds a wait, and is cut
 * short by its signal, waits in real time.
 */
export function handClock(startIso = '2026-03-01T03:00:00.000Z') {
  let ms = Date.parse(startIso);
  const clock: Clock = {
    now: () => new Date(ms),
    monotonicMs: () => performance.now(),
    sleep: (delayMs, signal) =>
      new Promise((resolve) => {
        if (signal === undefined) {
          ms += delayMs;
          resolve();
          return;
        }
        const timer = setTimeout(resolve, delayMs);
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
  return {
    clock,
    advance: (byMs: number) => {
      ms += byMs;
    },
  };
}

export function question(more: Partial<QuestionView> = {}): QuestionView {
  return {
    invocationId: 'inv-1',
    form: 'triage',
    to: 'responder',
    askedAt: '2026-03-01T03:00:05.000Z',
    dueAt: '2026-03-01T03:15:05.000Z',
    status: 'open',
    answeredBy: null,
    settledAt: null,
    answer: null,
    ...more,
  };
}

export function approval(more: Partial<ApprovalView> = {}): ApprovalView {
  return {
    approvalId: 'att-7',
    actionTitle: 'Quarantine the execution role',
    functionArn: ARN,
    objectArn: 'arn:aws:iam::111122223333:role/checkout',
    account: '111122223333',
    region: 'eu-central-1',
    changes: [
      {
        call: 'iam:PutRolePolicy',
        objectArn: 'arn:aws:iam::111122223333:role/checkout',
        request: {},
        summary: 'Add the inline policy cordon-quarantine to role checkout',
        undo: 'Delete the inline policy',
      },
    ],
    blastRadius: ['3 other functions use its role and are hit too.'],
    confirm: null,
    reversible: true,
    digest: DIGEST,
    quorum: 1,
    given: [],
    policies: ['ask-production'],
    expiresAt: '2026-03-01T03:20:00.000Z',
    onExpiry: 'refuse',
    requestedBy: null,
    status: 'open',
    settledBy: null,
    settledAt: null,
    reason: null,
    ...more,
  };
}

export function incident(more: Partial<IncidentView> = {}): IncidentView {
  return {
    id: 'inc-abc',
    number: 12,
    title: 'C&C activity from checkout',
    status: 'open',
    severity: 2,
    exercise: false,
    mode: 'act',
    openedAt: '2026-03-01T03:00:00.000Z',
    containedAt: '2026-03-01T03:00:02.000Z',
    closedAt: null,
    level: 'effective',
    lead: null,
    roles: {},
    tasks: [],
    duties: [],
    updates: [],
    targets: [
      {
        functionArn: ARN,
        functionName: 'checkout',
        account: '111122223333',
        region: 'eu-central-1',
        level: 'effective',
      },
    ],
    containment: [
      {
        actionTitle: 'Set reserved concurrency to 0',
        objectArn: ARN,
        state: 'held',
        detail: 'checkout takes no invocation',
      },
    ],
    impact: {
      stopped: ['checkout'],
      capped: [],
      throttlesPerMinute: null,
      paused: [],
      keptIn: [],
      dropping: [],
      dropped: null,
      siblings: 2,
      deniedRoles: [],
      canWiden: true,
      firstLoss: null,
    },
    questions: [question()],
    approvals: [approval()],
    lastEntries: ['Concurrency of checkout set to 0'],
    ...more,
  };
}

/** The engine's side as these tests need it: views that a test changes, places kept as the lead's code does. */
export function fakeEngine(start: IncidentView = incident()) {
  const executed: (SlackCommand & { actor: unknown; idempotencyKey: string })[] = [];
  const declared: unknown[] = [];
  const keptOut: string[] = [];
  let view = start;
  let next: SlackCommandResult | Error = { kind: 'done', summary: 'Noted.' };
  let stakeholders: readonly StakeholderView[] = [{ id: 'status', title: 'Status', slack: 'C0STATUS00' }];
  let postmortem: PostmortemView = { sections: [], errors: [] };
  let shared: SlackCampaign | undefined;
  let scope: SlackScope | undefined;
  let other: IncidentView | undefined;
  let place: { channel: string; cardTs?: string; shared?: boolean } | undefined;
  const messages = new Map<string, { channel: string; ts: string }>();
  // The engine answers a key that it knows as it did the first time.
  const receipts = new Map<string, SlackCommandResult>();
  return {
    executed,
    declared,
    /** Whose channels are to be looked at. */
    keptOut,
    keepOut: async (id: string) => void keptOut.push(id),
    stakeholders: () => stakeholders,
    setStakeholders: (next: readonly StakeholderView[]) => {
      stakeholders = next;
    },
    setPostmortem: (next: PostmortemView) => {
      postmortem = next;
    },
    set: (more: Partial<IncidentView>) => {
      view = { ...view, ...more };
    },
    suggest: (next: SlackScope) => {
      scope = next;
    },
    /** Another incident of the same engine. */
    alsoKnows: (next: IncidentView) => {
      other = next;
    },
    /** The incident is led with others from now on. */
    leadWithOthers: (campaign: SlackCampaign) => {
      shared = campaign;
      if (place !== undefined) place = { ...place, shared: true };
    },
    answerWith: (result: SlackCommandResult | Error) => {
      next = result;
    },
    /** Keeps a sent row's place, as the commit that finishes the row does. */
    keep: (row: SlackDelivery, outcome: DeliveryOutcome) => {
      if (outcome.kind !== 'sent') return;
      const { channel, ts } = outcome.result;
      if (row.kind === 'open-channel') place = { channel };
      if (ts === null) return;
      if (row.kind === 'card') place = { channel, cardTs: ts };
      const subject = row.params.invocation ?? row.params.attempt;
      if (row.kind === 'question' || row.kind === 'approval')
        messages.set(`${row.kind}:${subject}`, { channel, ts });
    },
    commands: {
      execute: async (request: SlackCommand & { actor: unknown; idempotencyKey: string }) => {
        const first = receipts.get(request.idempotencyKey);
        if (first !== undefined) return first;
        executed.push(request);
        if (next instanceof Error) throw next;
        receipts.set(request.idempotencyKey, next);
        return next;
      },
      declare: async (request: unknown) => {
        declared.push(request);
        if (next instanceof Error) throw next;
        return next;
      },
    },
    views: {
      incidentView: async (id: string) => [view, other].find((one) => one?.id === id),
      findIncident: async (reference: string) =>
        [view.id, String(view.number), `inc-${view.number}`].includes(reference.toLowerCase())
          ? view
          : undefined,
      incidentOfChannel: async (channel: string) => (channel === place?.channel ? view : undefined),
      incidentOfApproval: async (id: string) =>
        view.approvals.some((one) => one.approvalId === id) ? view : undefined,
      postmortem: async (id: string) => (id === view.id ? postmortem : undefined),
      openIncidents: async () => [{ ...view, involved: ['alice'], stale: false }],
      evidenceOf: async () => [
        {
          kind: 'stored',
          name: 'code.zip',
          sha256: 'e'.repeat(64),
          size: 12,
          at: '2026-03-01T03:00:09.000Z',
        } as const,
      ],
      scopeOf: async () => scope,
      findCampaign: async () => shared,
      campaignOfChannel: async (channel: string) => (channel === place?.channel ? shared : undefined),
      openCampaigns: async () => (shared === undefined ? [] : [shared]),
    },
    invited: [ALICE, BOB] as string[],
    places: {
      placeOf: async () => place,
      messageOf: async (_incident: string, kind: string, subject: string) =>
        messages.get(`${kind}:${subject}`),
    },
  };
}

export interface Stage {
  readonly slack: SlackDouble;
  readonly served: ServedSlack;
  readonly app: SlackApp;
  readonly engine: ReturnType<typeof fakeEngine>;
  readonly advance: (ms: number) => void;
  /** Delivers one row and keeps its place. */
  deliver(row: SlackDelivery, previousUnknown?: boolean): Promise<DeliveryOutcome>;
  /** Opens the channel and posts the given rows. */
  open(...rows: SlackDelivery[]): Promise<string>;
  close(): Promise<void>;
}

/** An enrolment file without escalation. */
export const NOBODY_ON_CALL = () => ({ tiers: [], afterMinutes: 5, severity: 2 });

export const ALICE = 'U0ALICE000';
export const BOB = 'U0BOB00000';
export const GUEST = 'U0GUEST000';
export const STRANGER = 'U0STRANGER';

/** The real Bolt app and the real Web API client against the double, both over HTTP on loopback. */
export async function stage(
  options: {
    readonly view?: IncidentView;
    readonly double?: Partial<SlackDoubleOptions>;
    readonly channels?: ChannelSettings;
  } = {},
): Promise<Stage> {
  const { clock, advance } = handClock();
  const slack = createSlackDouble({
    clock,
    signingSecret: SECRET,
    botToken: TOKEN,
    // Exactly what the manifest asks for: a method that needs more fails the test that calls it.
    scopes: SCOPES.map(({ scope }) => scope),
    users: [
      { id: ALICE, name: 'alice' },
      { id: BOB, name: 'bob' },
      { id: GUEST, name: 'guest', isRestricted: true },
      { id: STRANGER, name: 'stranger', teamId: 'T0OTHER000', isStranger: true },
    ],
    channels: [{ name: 'general', members: [ALICE, BOB] }],
    ...options.double,
  });
  const served = await serveSlack(slack);
  const engine = fakeEngine(options.view);
  const app = createSlackApp({
    workspaces: oneWorkspace(TOKEN),
    receiver: { kind: 'http', signingSecret: SECRET, port: 0, hostname: '127.0.0.1' },
    slackApiUrl: served.apiUrl,
    clock,
    commands: engine.commands,
    keepOut: engine.keepOut,
    views: engine.views,
    places: engine.places,
    people: {
      slackIdOf: (id) => (id === 'alice' ? ALICE : undefined),
      responderOf: (id) => (id === ALICE ? 'alice' : undefined),
      stakeholders: engine.stakeholders,
      invitees: () => engine.invited,
      onCall: () => ({ tiers: [['alice'], ['bob']], afterMinutes: 5, severity: 2 }),
    },
    ...(options.channels === undefined ? {} : { channels: options.channels }),
    keepTranscript: async () => ({ sha256: 'f'.repeat(64) }),
    log: silentLog,
  });
  const port = await app.start();
  slack.dispatcher.connect({ url: `http://127.0.0.1:${port}${SLACK_PATH}` });
  const deliver = async (row: SlackDelivery, previousUnknown = false) => {
    const outcome = await app.deliver(row, previousUnknown);
    engine.keep(row, outcome);
    return outcome;
  };
  return {
    slack,
    served,
    app,
    engine,
    advance,
    deliver,
    open: async (...rows) => {
      for (const one of [row('open-channel'), ...rows]) {
        const outcome = await deliver(one);
        if (outcome.kind !== 'sent')
          throw new Error(`expected ${one.kind} to be sent: ${JSON.stringify(outcome)}`);
      }
      const place = await engine.places.placeOf();
      return place?.channel ?? '';
    },
    close: async () => {
      await app.stop();
      await served.close();
    },
  };
}

let rows = 0;

export function row(kind: SlackDelivery['kind'], params: SlackDelivery['params'] = {}): SlackDelivery {
  rows += 1;
  return { outboxId: `out-${rows}`, incidentId: 'inc-abc', lane: 'inc-abc', kind, params };
}
