import { createHash } from 'node:crypto';
import { createCodeLinks } from '../../src/action/code-links.ts';
import type {
  ActionContext,
  EvidenceItem,
  HeldObject,
  QuarantinedItem,
  Target,
} from '../../src/action/ports.ts';
import type { Alert } from '../../src/alert/alert.ts';
import type { AwsAccessFactory } from '../../src/aws/access.ts';
import { seededIds } from '../../src/id.ts';
import { ACCOUNT, FUNCTION_ARN, openGuard, REGION, ROLE_ARN, SCOPE } from './aws-access.ts';

export const TARGET: Target = {
  functionArn: FUNCTION_ARN,
  functionName: 'checkout',
  partition: 'aws',
  account: ACCOUNT,
  region: REGION,
  roles: [ROLE_ARN],
  tier: 'test',
  tags: {},
};

const ALERT: Alert = {
  source: 'generic',
  dedupeKey: 'k',
  revision: '1',
  category: 'function-compromise',
  findingType: 't',
  title: 't',
  description: 'd',
  severity: 8,
  confidence: 1,
  account: ACCOUNT,
  region: REGION,
  firstSeenAt: '2026-11-20T10:00:00.000Z',
  lastSeenAt: '2026-11-20T10:00:00.000Z',
  sample: false,
};

export const NOW = new Date('2026-11-20T12:00:00.000Z');

/** An evidence store in memory that reads each item to its end, as the real ones do. */
export function memoryEvidence() {
  const items = new Map<
    string,
    { readonly item: EvidenceItem; readonly text: string; readonly matches: boolean }
  >();
  const quarantined: string[] = [];
  const gaps: { readonly name: string; readonly reason: string }[] = [];
  return {
    items,
    gaps,
    async put(item: EvidenceItem) {
      const chunks: Uint8Array[] = [];
      if (typeof item.content === 'string') chunks.push(Buffer.from(item.content));
      else if (item.content instanceof Uint8Array) chunks.push(item.content);
      else for await (const chunk of item.content) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const digest = createHash('sha256').update(bytes);
      const sha256 = digest.copy().digest('hex');
      const matches = item.expectedSha256 === undefined || digest.digest('base64') === item.expectedSha256;
      items.set(item.name, { item, text: bytes.toString(), matches });
      return { name: item.name, sha256, size: bytes.length, matchesExpected: matches };
    },
    async quarantine(item: QuarantinedItem) {
      for await (const chunk of item.content) quarantined.push(Buffer.from(chunk).toString());
    },
    quarantined,
    async missing(gap: { readonly name: string; readonly reason: string }) {
      gaps.push(gap);
    },
    async stored() {
      const whole = [...items.values()].filter(({ item }) => item.whole?.() !== false);
      return new Set(
        whole
          .map(({ item }) => item.name)
          .filter((name) => !gaps.some((gap) => gap.name.split('#', 1)[0] === name)),
      );
    },
    async seal() {
      return { manifestSha256: 'f'.repeat(64), items: items.size, keyId: 'key' };
    },
  };
}

export function actionContext(open: AwsAccessFactory, overrides: Partial<ActionContext> = {}): ActionContext {
  const ids = seededIds('action-context');
  return {
    incidentId: ids.next('inc'),
    attemptId: ids.next('att'),
    alert: ALERT,
    target: TARGET,
    held: [],
    exercise: false,
    settings: { propagationBudgetMs: 10_000, logWindowMs: 86_400_000, quarantineAlarmBytes: 10_000 },
    clock: { now: () => NOW, monotonicMs: () => 0, sleep: async () => {} },
    signal: new AbortController().signal,
    aws: (purpose) => open({ ...SCOPE, purpose }, openGuard()),
    evidence: memoryEvidence(),
    codeLinks: createCodeLinks({ now: () => NOW, monotonicMs: () => 0, sleep: async () => {} }),
    alertContents: async () => [{ sha256: 'a'.repeat(64), bytes: Buffer.from('{}') }],
    ...overrides,
  };
}

/** A hold as the engine hands it to an action, accepted `ageMs` before now. */
export function held(
  object: string,
  action: string,
  desired: HeldObject['desired'],
  ageMs: number,
): HeldObject {
  return {
    objectKey: object,
    action,
    input: {},
    prior: null,
    desired,
    acceptedAt: new Date(NOW.getTime() - ageMs).toISOString(),
  };
}
