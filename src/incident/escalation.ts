import type { JsonObject } from '../json.ts';
import type { Draft } from './draft.ts';

/**
 * Calling people. When nobody takes an incident up, the next person is called, then the next tier, then everybody,
 * and then it is over: the playbook's own questions go on asking. Whoever takes the incident ends it. An exercise
 * mentions people in its channel and pages nobody, whatever is configured.
 */

type Step = { readonly to: readonly string[]; readonly everybody: boolean };

/** Who is called one after the other, out of the enrolment file. */
function stepsOf(draft: Draft): readonly Step[] {
  const { tiers } = draft.env.enrolment.escalation;
  if (tiers.length === 0) return [];
  return [
    ...tiers.flatMap((tier) => tier.map((person) => ({ to: [person], everybody: false }))),
    { to: [...new Set(tiers.flat())], everybody: true },
  ];
}

/** Calls the first person of the first tier, when the incident is severe enough; true when somebody was called. */
export function startEscalation(draft: Draft): boolean {
  if (draft.record.severity > draft.env.enrolment.escalation.severity) return false;
  if (stepsOf(draft).length === 0) return false;
  escalateFurther(draft, 0);
  return true;
}

/** Takes one step: calls who comes next, and sets the time by which somebody must have taken the incident up. */
export function escalateFurther(draft: Draft, index: number): void {
  const steps = stepsOf(draft);
  const step = steps[index];
  if (step === undefined || draft.record.lead !== null) return;
  const { afterMinutes } = draft.env.enrolment.escalation;
  const waitedMinutes = index * afterMinutes;
  draft.log(
    'page.asked',
    { kind: 'engine' },
    `Called ${step.everybody ? 'everybody' : step.to.join(', ')}: nobody has taken the incident up${waitedMinutes === 0 ? '' : ` in ${waitedMinutes} minutes`}`,
    { to: [...step.to], step: index, reason: 'unclaimed' },
  );
  page(draft, step.to, 'nobody has taken the incident up');
  draft.post('announce', { name: 'unclaimed', to: [...step.to], waitedMinutes });
  if (index + 1 >= steps.length) return;
  draft.arm({
    kind: 'escalation',
    chart: null,
    name: String(index + 1),
    event: '',
    attempt: null,
    dueAt: new Date(draft.env.now.getTime() + afterMinutes * 60_000).toISOString(),
  });
}

/** Somebody has taken it up: nobody else is called, and the pages are acknowledged where they were sent. */
export function stopEscalation(draft: Draft, by: string): void {
  draft.disarm((timer) => timer.kind === 'escalation');
  finishPages(draft, { event: 'acknowledge', by });
}

/** The incident is closed: what is still open at the paging service is resolved. */
export function endPages(draft: Draft): void {
  finishPages(draft, { event: 'resolve', by: null });
}

/** Pages people through whatever service is configured; `reason` is a person's own words or ours. */
export function page(draft: Draft, to: readonly string[], reason: string): void {
  if (draft.record.exercise || to.length === 0) return;
  // A key of its own for each: a service that has one open under a key calls nobody for the next.
  const key = `${draft.id}:${draft.base.seq}:${draft.outbox.length}`;
  const { people } = draft.record;
  draft.record = { ...draft.record, people: { ...people, pages: [...people.pages, key] } };
  draft.post('page', { event: 'trigger', keys: [key], to: [...to], reason });
}

/** Pages everybody with the role that a playbook escalates to. */
export function pageRole(draft: Draft, params: JsonObject): void {
  const to = draft.env.enrolment.responders.filter((each) => each.roles.some((role) => role === params.to));
  page(
    draft,
    to.map(({ id }) => id),
    String(params.reason).replaceAll('-', ' '),
  );
}

/** Slack has been away for a while: who leads, or else who would be called first, learns it another way. */
export function pageSlackDown(draft: Draft): void {
  const first = stepsOf(draft)[0]?.to ?? [];
  const to = draft.record.lead === null ? first : [draft.record.lead];
  if (to.length === 0 || draft.record.exercise) return;
  draft.log('page.asked', { kind: 'engine' }, `Called ${to.join(', ')}: Slack cannot be reached`, {
    to: [...to],
    reason: 'slack-down',
  });
  page(draft, to, 'Slack cannot be reached; use the cordon command in the terminal');
}

/**
 * Somebody acknowledged a page who is no responder of the enrolment file. It is written down and told; the incident is
 * not taken up by it, so that nobody outside the file can end an escalation.
 */
export function pageSeen(draft: Draft, page: { readonly key: string; readonly name: string }): void {
  if (draft.status === 'closed' || !draft.record.people.pages.includes(page.key)) return;
  draft.log(
    'page.seen',
    { kind: 'source', id: 'pagerduty' },
    `${page.name || 'Somebody'} acknowledged a page in PagerDuty and is no responder of the enrolment file: the incident is not taken up`,
    { page: page.key },
  );
  draft.post('announce', { name: 'page-seen', who: page.name });
}

function finishPages(draft: Draft, end: { readonly event: string; readonly by: string | null }): void {
  const { people } = draft.record;
  if (people.pages.length === 0) return;
  draft.record = { ...draft.record, people: { ...people, pages: [] } };
  draft.post('page', { ...end, keys: [...people.pages] });
}
