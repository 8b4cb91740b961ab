import { createHash } from 'node:crypto';
import { z } from 'zod';
import { formatFunctionArn, parseFunctionArn } from '../alert/arn.ts';
import type { AlertVia } from '../alert/receipt.ts';
import type { Clock } from '../clock.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { accountFor, isExcluded, modeFor, tierFor } from '../enrolment/enrolment.ts';
import type { Gate } from '../guardrail/decision.ts';
import type { Accept } from '../incident/accept.ts';
import type { JsonObject } from '../json.ts';
import type { CommandRefusalCode } from './command.ts';
import type { Identity } from './execute.ts';
import { personOf } from './execute.ts';

/** A person's own alert: an incident begins without a detector. */
export interface DeclareCall {
  readonly identity: Identity;
  readonly input: {
    /** With or without a version or alias. */
    readonly functionArn: string;
    /** 1 critical, 2 high, 3 medium: what is lower opens no incident. */
    readonly severity: number;
    /** What was seen, in the person's own words. */
    readonly reason: string;
  };
  /** The same key again is the same declaration. */
  readonly idempotencyKey: string;
}

export type DeclareResult =
  | {
      readonly kind: 'declared';
      /** `joined`: the function has an open incident already, which knows of this now. */
      readonly outcome: 'opened' | 'joined' | 'duplicate' | 'linked';
      readonly incidentId: string;
    }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export type Declare = (call: DeclareCall) => Promise<DeclareResult>;

/** What a declaration must look like. */
const declareInputSchema = z.strictObject({
  functionArn: z.string().min(1).max(300),
  severity: z.int().min(1).max(3),
  reason: z.string().min(1).max(2000),
});

/** GuardDuty's scale, on which playbooks decide: the lowest value of each of its bands. */
const ALERT_SEVERITY: Readonly<Record<number, number>> = { 1: 9, 2: 7, 3: 4 };

/** The alert that a declaration stands for, in Cordon's own format: a person who declares is sure. */
export function declarationDocument(declared: {
  readonly functionArn: string;
  readonly severity: number;
  readonly reason: string;
  readonly by: string;
  readonly key: string;
  readonly now: Date;
}): JsonObject {
  return {
    cordon: 1,
    id: `declared:${createHash('sha256').update(declared.key).digest('hex').slice(0, 32)}`,
    // One declaration is one revision, however often it is delivered.
    revision: '1',
    type: 'declared by a person',
    category: 'function-compromise',
    title: `Declared by ${declared.by}: ${declared.reason}`.slice(0, 300),
    description: declared.reason,
    severity: ALERT_SEVERITY[declared.severity] ?? 0,
    function: { arn: declared.functionArn },
    lastSeenAt: declared.now.toISOString(),
  };
}

/** Lets people declare an incident by hand: through the gate, then the way of every other alert. */
export function createDeclare(options: {
  readonly accept: Accept;
  readonly enrolment: Enrolment;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly exercise: boolean;
}): Declare {
  const { accept, enrolment, gate, clock, exercise } = options;
  const refused = (code: CommandRefusalCode, message: string): DeclareResult => ({
    kind: 'refused',
    code,
    message,
  });

  return async ({ identity, input, idempotencyKey }) => {
    const person = personOf(enrolment, identity);
    if (person === undefined) {
      return refused(
        'cordon_responder_unknown',
        'you are not among the responders in the enrolment file; ask its owner to add you with your roles',
      );
    }
    const checked = declareInputSchema.safeParse(input);
    if (!checked.success) {
      const issue = checked.error.issues[0];
      return refused(
        'cordon_command_bad_input',
        `declare: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not as expected'}`,
      );
    }
    const { functionArn, severity, reason } = checked.data;
    const arn = parseFunctionArn(functionArn);
    if (arn === null) {
      return refused(
        'cordon_command_bad_input',
        'expected the ARN of a Lambda function, arn:aws:lambda:REGION:ACCOUNT:function:NAME',
      );
    }
    const target = {
      functionArn: formatFunctionArn({
        partition: arn.partition,
        region: arn.region,
        account: arn.account,
        functionName: arn.functionName,
      }),
      account: arn.account,
      region: arn.region,
    };
    const alertSeverity = ALERT_SEVERITY[severity] ?? 0;
    const decision = gate.decide({
      principal: { kind: 'responder', id: person.id, roles: person.roles },
      action: 'command.declare',
      effect: 'command',
      resource: {
        id: target.functionArn,
        account: target.account,
        region: target.region,
        tier: tierFor(enrolment, target),
        tags: {},
        enrolled: accountFor(enrolment, target.account, target.region) !== undefined,
        excluded: isExcluded(enrolment, [target.functionArn]),
        sharedWith: -1,
      },
      context: {
        mode: modeFor(enrolment, target),
        severity: alertSeverity,
        confidence: 1,
        exercise,
        sample: false,
        approvals: 0,
        humanDecision: true,
      },
    });
    if (decision.kind !== 'run') {
      return refused(
        'cordon_command_not_allowed',
        `${person.id} may not declare an incident: ${decision.kind === 'refuse' ? decision.reason : 'it needs somebody else to approve'}`,
      );
    }
    const now = clock.now();
    const document = declarationDocument({
      functionArn,
      severity,
      reason,
      by: person.id,
      key: idempotencyKey,
      now,
    });
    const via: AlertVia = person.via === 'slack' ? 'slack' : 'cli';
    const [outcome] = await accept.submit({
      bytes: new TextEncoder().encode(JSON.stringify(document)),
      via,
      source: person.id,
      receivedAt: now,
    });
    if (outcome === undefined) throw new TypeError('a submission has at least one outcome');
    if (outcome.kind === 'refused') return outcome;
    return { kind: 'declared', outcome: outcome.kind, incidentId: outcome.incidentId };
  };
}
