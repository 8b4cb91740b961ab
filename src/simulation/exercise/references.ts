import type { Enrolment } from '../../enrolment/enrolment.ts';
import { FORMS } from '../../playbook/forms.ts';
import type { WorldSpec } from '../world/spec.ts';
import { matchersOf } from './matchers-of.ts';
import type { AttackerStep, Expectation, Matcher, ResponderStep, Scenario } from './scenario.ts';

/** One thing that the parts of a scenario say of each other and that is not so. */
export interface BrokenReference {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

type Refuse = (path: readonly PropertyKey[], message: string) => void;

/** Returns everything that one part of a scenario says of another and that is not so. Pure. */
export function checkReferences(scenario: Scenario): readonly BrokenReference[] {
  const broken: BrokenReference[] = [];
  const refuse: Refuse = (path, message) => broken.push({ path, message });
  for (const list of ['objectives', 'injects', 'attacker', 'script', 'expected'] as const) {
    unique(scenario[list], list, refuse);
  }
  const injects = new Set(scenario.injects.map((inject) => inject.id));
  for (const { path, matcher } of matchersOf(scenario)) {
    if ('inject' in matcher && !injects.has(matcher.inject))
      refuse([...path, 'inject'], `expected the id of an inject, found ${matcher.inject}`);
  }
  const people = new Set(scenario.roles.flatMap((role) => role.people));
  const person = (id: string, path: readonly PropertyKey[]) => {
    if (!people.has(id)) refuse(path, `expected one of the people of "roles", found ${id}`);
  };

  scenario.injects.forEach((inject, index) => {
    const path = ['injects', index];
    timing(inject, path, refuse);
    if (inject.after !== undefined && 'inject' in inject.after && inject.after.inject === inject.id)
      refuse([...path, 'after'], 'an inject cannot wait for itself');
    inject.objectives.forEach((id, at) => {
      objective(scenario, id, [...path, 'objectives', at], refuse);
    });
    if ('slack' in inject.deliver) person(inject.deliver.slack.from, [...path, 'deliver', 'slack', 'from']);
    if ('account' in inject.deliver)
      person(inject.deliver.account.from, [...path, 'deliver', 'account', 'from']);
  });
  checkAttacker(scenario, refuse);
  scenario.script.forEach((step, index) => {
    const path = ['script', index];
    person(step.who, [...path, 'who']);
    checkWhen(step, path, refuse);
    if ('question' in step.when) {
      const checked = FORMS[step.when.question].answer.safeParse(step.answer);
      if (!checked.success)
        refuse(
          [...path, 'answer'],
          `expected an answer to the form ${step.when.question}: ${why(checked.error)}`,
        );
    } else if ('approval' in step.when && step.approve === undefined) {
      refuse(path, 'expected "approve: true" or "approve: false" for an approval');
    } else if ('approval' in step.when && step.approve === false && step.reason === undefined) {
      refuse(path, 'expected a "reason" for a denial');
    }
  });
  scenario.expected.forEach((each, index) => {
    checkExpectation(scenario, each, ['expected', index], injects, refuse);
  });
  scenario.objectives.forEach(({ id }, index) => {
    if (!scenario.expected.some((each) => each.objective === id))
      refuse(['objectives', index], `objective ${id} is not covered: expect at least one action for it`);
  });
  return broken;
}

/** Returns what a scenario says of its account and its people that they do not bear out. Pure. */
export function checkSurroundings(
  scenario: Scenario,
  world: WorldSpec,
  enrolment: Enrolment,
): readonly BrokenReference[] {
  const broken: BrokenReference[] = [];
  const refuse: Refuse = (path, message) => broken.push({ path, message });
  const worldFiles = scenario.world.join(', ');
  const users = new Set(world.users.map((user) => user.name));
  const functions = new Set(world.functions.map((each) => each.name));
  if (!users.has(scenario.engine.user))
    refuse(['engine', 'user'], `expected a user of ${worldFiles}, found ${scenario.engine.user}`);
  if (!enrolment.accounts.some((account) => account.id === world.account))
    refuse(
      ['enrolment'],
      `expected ${scenario.enrolment} to enrol account ${world.account} of ${worldFiles}`,
    );
  scenario.roles.forEach((role, index) => {
    role.people.forEach((id, at) => {
      const path = ['roles', index, 'people', at];
      const responder = enrolment.responders.find((each) => each.id === id);
      if (responder === undefined) refuse(path, `expected a responder of ${scenario.enrolment}, found ${id}`);
      else if (responder.slack === undefined) refuse(path, `${id} has no Slack id in ${scenario.enrolment}`);
      else if (!responder.roles.includes(role.role))
        refuse(path, `${id} is not a ${role.role} in ${scenario.enrolment}`);
    });
  });
  scenario.attacker.forEach(({ act }, index) => {
    const name = functionOf(act);
    if (name !== undefined && !functions.has(name))
      refuse(['attacker', index, 'act'], `expected a function of ${worldFiles}, found ${name}`);
    if ('call' in act && act.call.as !== undefined && !users.has(act.call.as))
      refuse(['attacker', index, 'act'], `expected a user of ${worldFiles}, found ${act.call.as}`);
  });
  const queues = new Set(world.queues.map((queue) => queue.name));
  for (const { path, matcher } of matchersOf(scenario)) {
    if ('queue' in matcher && !queues.has(matcher.queue.name))
      refuse(path, `expected a queue of ${worldFiles}, found ${matcher.queue.name}`);
  }
  scenario.injects.forEach(({ deliver }, index) => {
    if ('account' in deliver && !users.has(deliver.account.user))
      refuse(
        ['injects', index, 'deliver', 'account', 'user'],
        `expected a user of ${worldFiles}, found ${deliver.account.user}`,
      );
  });
  return broken;
}

function checkAttacker(scenario: Scenario, refuse: Refuse): void {
  const taken = new Set<string>();
  scenario.attacker.forEach((step, index) => {
    const path = ['attacker', index];
    timing(step, path, refuse);
    if ('steal' in step.act) {
      taken.add(step.id);
      if (step.every !== undefined) refuse([...path, 'every'], 'credentials are stolen once');
    }
    const { act } = step;
    if ('call' in act && (act.call.with === undefined) === (act.call.as === undefined))
      refuse(
        [...path, 'act', 'call'],
        'expected either "with", credentials that were taken, or "as", a user',
      );
    const used = credentialsOf(act);
    if (used !== undefined && !taken.has(used))
      refuse([...path, 'act'], `expected the id of an earlier step that takes credentials, found ${used}`);
    if ('assume' in act) taken.add(step.id);
  });
}

/** Id of the step that took the credentials which an act uses. */
function credentialsOf(act: AttackerStep['act']): string | undefined {
  if ('call' in act) return act.call.with;
  if ('assume' in act) return act.assume.with;
  return 'strip' in act ? act.strip.with : undefined;
}

/** The function that an act is about. */
function functionOf(act: AttackerStep['act']): string | undefined {
  if ('steal' in act) return act.steal;
  if ('invoke' in act) return act.invoke;
  return 'strip' in act ? act.strip.function : undefined;
}

/** What somebody does unasked is a command or words, and only that. */
function checkWhen(step: ResponderStep, path: readonly PropertyKey[], refuse: Refuse): void {
  if (!('happens' in step.when)) {
    if (step.command !== undefined) refuse([...path, 'command'], 'a command goes with "happens"');
    return;
  }
  if (step.command === undefined && step.says === undefined)
    refuse(path, 'expected a "command" or what the person "says"');
  if (step.answer !== undefined || step.approve !== undefined)
    refuse(path, 'an answer goes with a "question" or an "approval"');
}

function checkExpectation(
  scenario: Scenario,
  each: Expectation,
  path: readonly PropertyKey[],
  injects: ReadonlySet<string>,
  refuse: Refuse,
): void {
  objective(scenario, each.objective, [...path, 'objective'], refuse);
  if (each.since !== undefined && !injects.has(each.since))
    refuse([...path, 'since'], `expected the id of an inject, found ${each.since}`);
  if (each.oblige === 'must-not') {
    if (each.within !== undefined) refuse([...path, 'within'], 'what must not happen has no deadline');
  } else if (each.within !== undefined && (each.since === undefined || each.within === 0)) {
    refuse(
      [...path, 'within'],
      'expected "since", the inject that the deadline counts from, and more than 0',
    );
  }
  if (each.role !== undefined && !scenario.roles.some((role) => role.role === each.role))
    refuse([...path, 'role'], `nobody plays the role ${each.role}`);
}

function timing(
  step: { readonly at?: number | undefined; readonly after?: Matcher | undefined; readonly delay: number },
  path: readonly PropertyKey[],
  refuse: Refuse,
): void {
  if ((step.at === undefined) === (step.after === undefined))
    refuse(path, 'expected either "at", counted from the start, or "after", what it waits for');
  if (step.at !== undefined && step.delay > 0)
    refuse([...path, 'delay'], '"delay" goes with "after"; write a later "at" instead');
}

function objective(scenario: Scenario, id: string, path: readonly PropertyKey[], refuse: Refuse): void {
  if (!scenario.objectives.some((each) => each.id === id))
    refuse(path, `expected the id of an objective, found ${id}`);
}

function unique(list: readonly { readonly id: string }[], name: string, refuse: Refuse): void {
  const seen = new Set<string>();
  list.forEach(({ id }, index) => {
    if (seen.has(id)) refuse([name, index, 'id'], `${id} is used twice`);
    seen.add(id);
  });
}

function why(error: {
  readonly issues: readonly { readonly path: PropertyKey[]; readonly message: string }[];
}): string {
  const [issue] = error.issues;
  return `${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? ''}`.trim();
}
