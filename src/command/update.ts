import { z } from 'zod';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { responderRoles } from '../enrolment/enrolment.ts';
import type { Draft } from '../incident/draft.ts';
import { commandRequest } from '../incident/gate-request.ts';
import { approveUpdate, askForUpdate, denyUpdate, sendUpdate, updatesOf } from '../incident/update.ts';
import type { Update } from '../incident/update-state.ts';
import { MAX_UPDATES, UPDATE_TEMPLATE_IDS, UPDATE_TEMPLATES } from '../incident/update-state.ts';
import type { CommandResult } from './command.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';

const input = z.strictObject({
  template: z.enum(UPDATE_TEMPLATE_IDS),
  /** Ids of stakeholders with commas between them, or `all`. */
  to: z.string().trim().min(1).max(500),
  text: z.string().trim().min(1).max(2000),
});
type Wanted = z.infer<typeof input>;

/** Tells stakeholders how it stands, from a template; where policy asks for an approval it waits for one. */
export const updateCommand = defineCommand<Wanted>({
  id: 'update',
  title: 'Tell stakeholders',
  input,
  context: ({ to }, enrolment) => ({ audience: widestAudience(enrolment, idsIn(enrolment, to)) }),
  decide: (draft, wanted, person) =>
    toKnown(draft, wanted, (to) => {
      const update = sendUpdate(draft, actorOf(person), { ...wanted, to, by: person.id });
      return done(
        `${update.id} goes to ${to.join(', ')}: ${UPDATE_TEMPLATES[wanted.template]} ${wanted.text}`,
      );
    }),
  ask: (draft, wanted, person, { quorum, expiresMs, policies }) =>
    toKnown(draft, wanted, (to) => {
      const expiresAt = new Date(draft.env.now.getTime() + expiresMs).toISOString();
      const asks = { quorum, expiresAt, policies };
      const update = askForUpdate(draft, actorOf(person), { ...wanted, to, by: person.id }, asks);
      return done(
        `${update.id} waits for ${quorum} approval(s) until ${expiresAt}, and is not sent without: "approve-update ${update.id}"`,
      );
    }),
});

/** Approves an update, which is sent once enough people did. */
export const approveUpdateCommand = defineCommand({
  id: 'update-approve',
  title: 'Approve an update',
  input: z.strictObject({ update: z.string().min(1).max(20) }),
  decide: (draft, given, person) =>
    onWaiting(draft, given.update, (update) => {
      if (update.by === person.id) {
        return refused('cordon_approval_own_request', `${update.id} is yours; somebody else approves it`);
      }
      if (update.approvals.some(({ by }) => by === person.id)) {
        return refused('cordon_approval_twice', `you approved ${update.id} already`);
      }
      const valid = update.approvals.filter(({ by }) => mayApprove(draft, by)).length + 1;
      const enough = isEnough(draft, update, valid);
      approveUpdate(draft, actorOf(person), update, person.id, enough);
      return done(
        enough
          ? `${update.id} is approved, and goes to ${update.to.join(', ')}`
          : `${update.id}: ${valid} of ${update.quorum} approved`,
      );
    }),
});

/** Refuses an update. */
export const denyUpdateCommand = defineCommand({
  id: 'update-deny',
  title: 'Deny an update',
  input: z.strictObject({ update: z.string().min(1).max(20), reason: z.string().trim().min(1).max(2000) }),
  decide: (draft, given, person) =>
    onWaiting(draft, given.update, (update) => {
      denyUpdate(draft, actorOf(person), update, person.id, given.reason);
      return done(`${update.id} is not sent: ${given.reason}`);
    }),
});

/** Who asked may still send it, with so many approvals: asked anew, since roles and policies are those of now. */
function isEnough(draft: Draft, update: Update, approvals: number): boolean {
  const { enrolment, gate } = draft.env;
  const roles = responderRoles(enrolment, update.by);
  const request = commandRequest(draft, 'command.update', { kind: 'responder', id: update.by, roles });
  const audience = widestAudience(enrolment, update.to);
  return gate.decide({ ...request, context: { ...request.context, audience, approvals } }).kind === 'run';
}

function mayApprove(draft: Draft, id: string): boolean {
  const roles = responderRoles(draft.env.enrolment, id);
  return roles.includes('approver') || roles.includes('commander');
}

function onWaiting(
  draft: Draft,
  reference: string,
  decide: (update: Update) => CommandResult,
): CommandResult {
  const updates = updatesOf(draft.record);
  const update = updates.find((each) => each.id.toLowerCase() === reference.toLowerCase());
  if (update === undefined) {
    const waiting = updates.filter(({ state }) => state === 'waiting').map(({ id }) => id);
    return refused(
      'cordon_update_not_found',
      `expected an update of this incident; waiting: ${waiting.join(', ') || 'none'}`,
    );
  }
  if (update.state !== 'waiting') {
    return refused(
      'cordon_update_settled',
      `${update.id} was ${update.state} at ${update.settledAt ?? update.at}`,
    );
  }
  if (update.expiresAt !== null && update.expiresAt <= draft.at) {
    return refused(
      'cordon_update_expired',
      `nobody decided on ${update.id} until ${update.expiresAt}; ask for it again, as it stands now`,
    );
  }
  return decide(update);
}

function toKnown(
  draft: Draft,
  { to }: Wanted,
  decide: (to: readonly string[]) => CommandResult,
): CommandResult {
  const { stakeholders } = draft.env.enrolment;
  const ids = idsIn(draft.env.enrolment, to);
  const unknown = ids.filter((id) => !stakeholders.some((each) => each.id === id));
  if (ids.length === 0 || unknown.length > 0) {
    return refused(
      'cordon_stakeholder_unknown',
      `expected stakeholders of the enrolment file, with commas between them, or "all"; known: ${stakeholders.map(({ id }) => id).join(', ') || 'none yet'}`,
    );
  }
  if (updatesOf(draft.record).length >= MAX_UPDATES) {
    return refused(
      'cordon_command_not_now',
      `this incident has ${MAX_UPDATES} updates, the most it can have`,
    );
  }
  return decide(ids);
}

function idsIn(enrolment: Enrolment, to: string): readonly string[] {
  if (to.toLowerCase() === 'all') return enrolment.stakeholders.map(({ id }) => id);
  return [...new Set(to.split(',').map((id) => id.trim()))].filter((id) => id !== '');
}

const WIDEST = ['customers', 'executive', 'internal'] as const;

/** The audience that a policy has to look at: of several the one that is farthest from the response; unknown counts as customers. */
function widestAudience(enrolment: Enrolment, ids: readonly string[]): string {
  const audiences = ids.map(
    (id) => enrolment.stakeholders.find((each) => each.id === id)?.audience ?? 'customers',
  );
  return WIDEST.find((each) => audiences.includes(each)) ?? 'customers';
}
