import type { SlackPeople } from './port.ts';
import type { IncidentView } from './view/incident.ts';

/** The incident with Slack user ids where the engine has responders' ids, so that people are mentioned. */
export function withMentions(incident: IncidentView, people: Pick<SlackPeople, 'slackIdOf'>): IncidentView {
  const known = (id: string) => people.slackIdOf(id) ?? id;
  const maybe = (id: string | null) => (id === null ? null : known(id));
  return {
    ...incident,
    lead: maybe(incident.lead),
    roles: Object.fromEntries(
      Object.entries(incident.roles).map(([role, holders]) => [role, holders.map(known)]),
    ),
    tasks: incident.tasks.map((task) => ({
      ...task,
      owner: maybe(task.owner),
      doneBy: maybe(task.doneBy),
    })),
    duties: incident.duties.map((duty) => ({ ...duty, owner: maybe(duty.owner) })),
    updates: incident.updates.map((update) => ({ ...update, by: known(update.by) })),
    questions: incident.questions.map((question) => ({
      ...question,
      to: known(question.to),
      answeredBy: maybe(question.answeredBy),
    })),
    approvals: incident.approvals.map((approval) => ({
      ...approval,
      requestedBy: maybe(approval.requestedBy),
      settledBy: maybe(approval.settledBy),
      given: approval.given.map((one) => ({ ...one, by: known(one.by) })),
    })),
  };
}
