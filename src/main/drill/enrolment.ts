import type { Enrolment } from '../../enrolment/enrolment.ts';
import type { CompiledPlaybook } from '../../playbook/compile.ts';
import type { Invocation, State } from '../../playbook/model.ts';
import { RESPONDER_ROLES, type ResponderRole } from '../../playbook/roles.ts';
import type { LoadedScenario } from '../../simulation/exercise/read-scenario.ts';

/**
 * The scenario as the people of this deployment play it: its account, with the responders of the live enrolment file in
 * place of the scripted ones. Nothing of the live file comes along that leads out of the drill's channels: no
 * stakeholders, no links, no accounts. `at` names the channels, since Slack never gives a name twice. Pure.
 */
export function withRealPeople(loaded: LoadedScenario, live: Enrolment, at: Date): LoadedScenario {
  const { scenario, enrolment } = loaded;
  const known = new Set(live.responders.map(({ id }) => id));
  const stamp = at.toISOString().slice(5, 16).replaceAll('-', '').replace('T', '-').replace(':', '');
  return {
    ...loaded,
    scenario: {
      ...scenario,
      script: [],
      roles: scenario.roles.map((role) => ({
        ...role,
        people: live.responders.flatMap(({ id, roles }) => (roles.includes(role.role) ? [id] : [])),
      })),
    },
    enrolment: {
      ...enrolment,
      // What somebody's AWS identity did in real accounts says nothing in a simulated one.
      responders: live.responders.map(({ principals: _, ...responder }) => responder),
      escalation: live.escalation,
      stakeholders: [],
      notifications: enrolment.notifications.map(({ owner, ...duty }) =>
        owner !== undefined && known.has(owner) ? { ...duty, owner } : duty,
      ),
      slack: { ...enrolment.slack, channelPrefix: `${stamp}-`, bookmarks: [] },
    },
  };
}

/** Roles that the scenario cannot do without and that nobody with a Slack id has. Pure. */
export function missingRoles({ scenario, enrolment }: LoadedScenario): readonly ResponderRole[] {
  const held = heldRoles(enrolment);
  return scenario.roles.flatMap(({ role, required }) => (required && !held.has(role) ? [role] : []));
}

/** Roles that these playbooks put questions to and that nobody with a Slack id has: such a question waits in vain. Pure. */
export function unansweredRoles(
  { enrolment }: LoadedScenario,
  playbooks: readonly CompiledPlaybook[],
): readonly ResponderRole[] {
  const held = heldRoles(enrolment);
  const asked = new Set(
    playbooks.flatMap(({ model }) =>
      [...model.charts.values()].flatMap(({ root }) => statesOf(root).flatMap(askedRole)),
    ),
  );
  return RESPONDER_ROLES.filter((role) => asked.has(role) && !held.has(role));
}

function heldRoles({ responders }: Enrolment): ReadonlySet<ResponderRole> {
  return new Set(responders.flatMap(({ slack, roles }) => (slack === undefined ? [] : roles)));
}

function statesOf(state: State): readonly State[] {
  return [state, ...state.children.flatMap(statesOf)];
}

function askedRole({ invocation }: State): readonly string[] {
  const to = invocation === undefined ? undefined : inputOf(invocation).get('to');
  return to?.kind === 'literal' && typeof to.value === 'string' ? [to.value] : [];
}

function inputOf({ input }: Invocation) {
  return input.kind === 'map' ? input.entries : new Map<string, never>();
}
