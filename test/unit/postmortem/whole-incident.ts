import type { Json } from '../../../src/json.ts';
import { type CaseItem, caseFindings } from '../../../src/postmortem/case-findings.ts';
import type { PostmortemInput } from '../../../src/postmortem/draft.ts';
import { entryBody } from '../../../src/timeline/body.ts';
import { appendEntries, CHAIN_START } from '../../../src/timeline/chain.ts';
import type { Actor, Entry, EntryKind } from '../../../src/timeline/entry.ts';

export const ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:checkout';
const ROLE = 'arn:aws:iam::111122223333:role/checkout';
const ENGINE: Actor = { kind: 'engine' };
const PLAYBOOK: Actor = { kind: 'playbook', id: 'lambda-compromise' };
const PERSON: Actor = { kind: 'responder', id: 'U0RESPONDER', via: 'slack' };
const digest = 'd'.repeat(64);

function chain(rows: readonly (readonly [number, EntryKind, Actor, string, Json])[]): readonly Entry[] {
  let head = CHAIN_START;
  return rows.flatMap(([ms, kind, actor, summary, data]) => {
    const at = new Date(Date.UTC(2026, 0, 31, 12) + ms);
    const appended = appendEntries(head, 'inc-1', at, [entryBody(kind, actor, summary, data)]);
    head = appended.head;
    return [...appended.entries];
  });
}

const FOLDER = 'checkout';

/** What its evidence holds of the role, of CloudTrail and of CloudWatch, as it is stored. */
export function caseItems(): readonly CaseItem[] {
  const of = (name: string, artifact: string, rows: readonly Json[], sourceArn = ARN): CaseItem => ({
    name: `${FOLDER}/${name}`,
    artifact,
    sourceArn,
    collectedAt: '2026-01-31T13:20:00.000Z',
    rows,
  });
  const allow = (actions: Json, resource: string): Json => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: resource }],
  });
  return [
    of(
      'roles/checkout.json',
      'role',
      [
        {
          arn: ROLE,
          role: {},
          inlinePolicies: { data: allow(['s3:GetObject', 'dynamodb:*'], '*') },
          attachedPolicies: [
            { name: 'people', arn: 'arn:aws:iam::aws:policy/p', document: allow('iam:List*', '*') },
          ],
        },
      ],
      ROLE,
    ),
    of('cloudtrail/Username-checkout.ndjson', 'cloudtrail-management', [
      trailed('e-1', '11:59:00', 'iam', 'ListUsers'),
      trailed('e-2', '12:00:30', 'iam', 'ListUsers', 'AccessDenied'),
      trailed('e-3', '12:00:31', 'ec2', 'RunInstances', 'UnauthorizedOperation'),
      trailed('e-2', '12:00:30', 'iam', 'ListUsers', 'AccessDenied'),
    ]),
    of('sweep-20m/metrics.ndjson', 'backlog', [
      {
        Id: 'throttles',
        Label: 'Throttles',
        Timestamps: ['2026-01-31T11:50:00Z', '2026-01-31T12:01:00Z', '2026-01-31T12:02:00Z'],
        Values: [99, 3, 4],
      },
      { Id: 'asyncEventsDropped', Label: 'AsyncEventsDropped', Timestamps: [], Values: [] },
    ]),
  ];
}

function trailed(
  eventID: string,
  time: string,
  service: string,
  eventName: string,
  errorCode?: string,
): Json {
  return {
    CloudTrailEvent: JSON.stringify({
      eventID,
      eventTime: `2026-01-31T${time}Z`,
      eventSource: `${service}.amazonaws.com`,
      eventName,
      ...(errorCode === undefined ? {} : { errorCode, errorMessage: 'with an explicit deny' }),
      userIdentity: {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::111122223333:assumed-role/checkout/checkout',
        sessionContext: { sessionIssuer: { arn: ROLE } },
      },
    }),
  };
}

/** An incident with everything in it that a postmortem tells. */
export function wholeIncident(): PostmortemInput {
  const source: Actor = { kind: 'source', id: 'guardduty' };
  const cap = { attempt: 'att-1', action: 'lambda.reserve-zero-concurrency', object: ARN };
  const deny = { attempt: 'att-2', action: 'iam.quarantine-role', object: ROLE };
  const back = {
    attempt: 'att-3',
    action: 'lambda.reserve-zero-concurrency',
    object: ARN,
    reverses: 'att-1',
  };
  const entries = chain([
    [
      12,
      'alert.accepted',
      source,
      'Accepted: C&C activity',
      {
        findingType: 'Backdoor:Lambda/C&CActivity.B',
        firstSeenAt: '2026-01-31T11:58:00.000Z',
        receivedAt: '2026-01-31T12:00:00.000Z',
      },
    ],
    [12, 'incident.opened', ENGINE, 'Opened with playbook lambda-compromise version 1', { targets: [ARN] }],
    [
      40,
      'attempt.planned',
      PLAYBOOK,
      'Planned: set reserved concurrency to 0 (was unset)',
      { ...cap, digest },
    ],
    [
      40,
      'attempt.decided',
      ENGINE,
      'Allowed',
      { ...cap, digest, decision: 'run', policies: ['contain-high-confidence'] },
    ],
    [41, 'attempt.started', PLAYBOOK, 'Started', { attempt: 'att-1', action: cap.action, reverses: null }],
    [45, 'attempt.planned', PLAYBOOK, 'Planned: deny by inline policy', { ...deny, digest: 'e'.repeat(64) }],
    [45, 'approval.asked', ENGINE, 'Asked for 1 approval', { ...deny, policies: ['ask-shared-role'] }],
    [95, 'attempt.succeeded', PLAYBOOK, 'Done', { ...cap, reverses: null, output: null }],
    [20_000, 'approval.given', PERSON, 'U0RESPONDER approved', { attempt: 'att-2', digest: 'e'.repeat(64) }],
    [
      20_001,
      'attempt.started',
      PLAYBOOK,
      'Started',
      { attempt: 'att-2', action: deny.action, reverses: null },
    ],
    [20_080, 'attempt.succeeded', PLAYBOOK, 'Done', { ...deny, reverses: null, output: null }],
    [
      20_080,
      'containment.level',
      ENGINE,
      'checkout: containment accepted',
      { target: ARN, level: 'accepted', why: 'every containing call was accepted' },
    ],
    [
      25_000,
      'containment.level',
      ENGINE,
      'checkout: containment effective',
      { target: ARN, level: 'effective', why: 'simulated as the role' },
    ],
    [
      65_000,
      'question.answered',
      PERSON,
      'U0RESPONDER answered',
      { form: 'triage', answer: { verdict: 'true_positive' } },
    ],
    [
      66_000,
      'note.added',
      PERSON,
      'U0RESPONDER: see [here](http://evil.example) <!channel> @here | x',
      { text: 'x' },
    ],
    [
      3_700_000,
      'attempt.started',
      PLAYBOOK,
      'Started',
      { attempt: 'att-3', action: cap.action, reverses: 'att-1' },
    ],
    [3_700_050, 'release.conflict', ENGINE, 'changed by somebody else: 5', { attempt: 'att-3', found: '5' }],
    [3_700_050, 'attempt.failed', ENGINE, 'failed', { ...back, code: 'cordon_attempt_conflict' }],
  ]);
  return {
    incident: {
      id: 'inc-1',
      number: 7,
      title: 'Backdoor:Lambda/C&CActivity.B on checkout',
      status: 'open',
      severity: 2,
      exercise: true,
      mode: 'act',
      playbook: 'lambda-compromise',
      openedAt: '2026-01-31T12:00:00.012Z',
      closedAt: null,
      level: 'effective',
      lead: 'U0RESPONDER',
      targets: [
        {
          functionArn: ARN,
          functionName: 'checkout',
          account: '111122223333',
          region: 'eu-west-1',
          level: 'effective',
        },
      ],
    },
    entries: entries.map((entry) => (entry.seq === 6 ? { ...entry, body: null } : entry)),
    evidence: {
      verified: true,
      seals: 1,
      manifestSha256: 'a'.repeat(64),
      keyIds: ['b'.repeat(64)],
      contents: [
        {
          kind: 'item',
          name: 'function/code.zip',
          version: 1,
          artifact: 'code-package',
          size: 5_000,
          sha256: 'c'.repeat(64),
          secret: false,
          matchesExpected: false,
          apiCall: 'lambda:GetFunction',
          collectedAt: '2026-01-31T12:00:01.000Z',
        },
        {
          kind: 'missing',
          name: 'function/logs',
          artifact: 'function-logs',
          reason: 'The log group is gone.',
        },
      ],
      problems: [],
      notObtainable: [{ artifact: 'memory', reason: 'No AWS API reads it.' }],
    },
    findings: caseFindings(caseItems(), [
      { item: `${FOLDER}/cloudtrail/late.ndjson`, reason: 'larger than 1 byte' },
    ]),
    privilege: null,
    earlier: [],
  };
}

/** Entries about two duties that nobody has settled, numbered after those of `wholeIncident`. */
export function owed(): readonly Entry[] {
  const duty = (id: string, kind: string, text: string): Json => ({
    duty: id,
    kind,
    text,
    why: 'article 33',
    owner: null,
    startedAt: '2026-01-31T12:00:00.000Z',
    dueAt: '2026-02-03T12:00:00.000Z',
  });
  return chain([
    [4_000_000, 'duty.added', ENGINE, 'Owed', duty('gdpr-72h', 'notification', 'Tell the authority')],
    [4_000_000, 'duty.added', ENGINE, 'Owed', duty('postmortem', 'postmortem', 'The postmortem is reviewed')],
  ]).map((entry, index) => ({ ...entry, seq: 19 + index }));
}

/** The text with these human blocks written. */
export function written(text: string, blocks: Readonly<Record<string, string>>): string {
  return Object.entries(blocks).reduce(
    (made, [name, content]) =>
      made.replace(
        new RegExp(`(<!-- cordon:human ${name} -->\\n)[\\s\\S]*?(\\n<!-- cordon:end human-${name} -->)`),
        (_, open: string, close: string) => `${open}${content}${close}`,
      ),
    text,
  );
}
