import { z } from 'zod';
import type { Enrolment } from '../enrolment/enrolment.ts';
import {
  responderByCli,
  responderById,
  responderByPagerduty,
  responderBySlack,
} from '../enrolment/enrolment.ts';
import { codeOf } from '../error.ts';
import type { Decision, Gate } from '../guardrail/decision.ts';
import type { IncidentId } from '../id.ts';
import { leftHolds } from '../incident/adopt.ts';
import type { Draft } from '../incident/draft.ts';
import { commandRequest, engineRequest } from '../incident/gate-request.ts';
import { isSuspect } from '../incident/suspect.ts';
import type { JsonObject } from '../json.ts';
import { receiptOf } from '../store/alert.ts';
import { leftOn } from '../store/incident.ts';
import { appendSystemEntries } from '../store/system-chain.ts';
import { readTimeline } from '../store/timeline.ts';
import { entryBody } from '../timeline/body.ts';
import type { Command, CommandResult, Person, Readings } from './command.ts';
import { refused } from './command.ts';
import { COMMANDS } from './commands.ts';
import type { EngineCommand, EngineTools } from './engine-command.ts';
import { ENGINE_COMMANDS } from './engine-commands.ts';

/** Who acts, as the channel knows them: compared exactly, never guessed. */
export type Identity =
  | { readonly kind: 'slack'; readonly userId: string }
  | { readonly kind: 'cli'; readonly name: string }
  /** Who acknowledged a page where it was sent: a responder by id, or a PagerDuty user. */
  | { readonly kind: 'page'; readonly responder: string }
  | { readonly kind: 'pagerduty'; readonly userId: string };

export interface CommandCall {
  readonly command: string;
  /** `null` for an act on the engine itself: pause, resume. */
  readonly incident: IncidentId | null;
  readonly identity: Identity;
  readonly input: JsonObject;
  /** The same key again has no second effect and gets the first answer: channels deliver at least once. */
  readonly idempotencyKey: string;
}

export type Execute = (call: CommandCall) => Promise<CommandResult>;

const resultSchema: z.ZodType<CommandResult> = z.union([
  z.strictObject({ kind: z.literal('done'), summary: z.string() }),
  z.strictObject({ kind: z.literal('refused'), code: z.string(), message: z.string() }),
]) as z.ZodType<CommandResult>; // codes were written by this engine

/** Runs human acts: who is it, may they, what does it do, and one timeline entry for each. */
export function createExecute(
  options: Omit<EngineTools, 'act'> & { readonly enrolment: Enrolment; readonly gate: Gate },
): Execute {
  const { sql, advance, enrolment, gate } = options;
  const commands = new Map(COMMANDS.map((command) => [command.id, command]));
  const engineCommands = new Map(ENGINE_COMMANDS.map((command) => [command.id, command]));

  const earlier = async (key: string): Promise<CommandResult | undefined> => {
    const stored = resultSchema.safeParse(await receiptOf(sql, key));
    return stored.success ? stored.data : undefined;
  };

  const readFor = async (command: Command, incident: IncidentId, input: unknown): Promise<Readings> => {
    const target = command.reads === 'left' ? command.target?.(input, enrolment) : undefined;
    return {
      timeline: command.reads === 'timeline' ? await readTimeline(sql, incident) : [],
      left: target === undefined || target === null ? [] : leftHolds(await leftOn(sql, target.functionArn)),
    };
  };

  const decide = (
    draft: Draft,
    command: Command,
    call: CommandCall,
    input: unknown,
    person: Person,
    readings: Readings,
  ): CommandResult => {
    const target = command.target?.(input, enrolment) ?? null;
    const request = commandRequest(
      draft,
      `command.${command.id}`,
      { kind: 'responder', id: person.id, roles: person.roles },
      target,
    );
    const decision = gate.decide({
      ...request,
      context: { ...request.context, ...command.context?.(input, enrolment) },
    });
    const result =
      decision.kind === 'run'
        ? isSuspect(draft.record, person.id) && NOT_FOR_SUSPECTS.has(command.id)
          ? suspected()
          : command.decide(draft, input, person, target, readings)
        : decision.kind === 'ask' && command.ask !== undefined
          ? command.ask(draft, input, person, decision)
          : notAllowed(person, decision);
    if (result.kind === 'refused') recordRefusal(draft, command, person, result, decision.policies);
    draft.receipts.push({ key: call.idempotencyKey, result: { ...result } });
    return result;
  };

  /** Another incident has the function: found only by the commit, which knows of all incidents. */
  const refuseClaimed =
    (command: Command, call: CommandCall, person: Person) =>
    (draft: Draft): CommandResult => {
      const result = refused(
        'cordon_target_claimed',
        'another open incident has this function as a target and contains it; work on it there ("cordon list")',
      );
      recordRefusal(draft, command, person, result, []);
      draft.receipts.push({ key: call.idempotencyKey, result: { ...result } });
      return result;
    };

  const runOnEngine = async (
    command: EngineCommand,
    input: unknown,
    person: Person,
    { identity, idempotencyKey: key }: CommandCall,
  ): Promise<CommandResult> => {
    const decision = gate.decide(
      engineRequest(`command.${command.id}`, { kind: 'responder', id: person.id, roles: person.roles }),
    );
    if (decision.kind === 'run') {
      const act: EngineTools['act'] = (incident, id, given, each) =>
        execute({ command: id, incident, identity, input: given, idempotencyKey: each });
      return command.run({ ...options, act }, input, person, key);
    }
    const result = notAllowed(person, decision);
    await appendSystemEntries(sql, options.clock, [
      entryBody(
        'command.refused',
        { kind: 'responder', id: person.id, via: person.via },
        `Refused ${command.title.toLowerCase()} by ${person.id}: ${result.message}`,
        { command: command.id, code: result.code, policies: [...decision.policies] },
      ),
    ]);
    return result;
  };

  const execute: Execute = async (call) => {
    const known = await earlier(call.idempotencyKey);
    if (known !== undefined) return known;
    const { incident } = call;
    const command = incident === null ? undefined : commands.get(call.command);
    const engineCommand = incident === null ? engineCommands.get(call.command) : undefined;
    const asked = command ?? engineCommand;
    if (asked === undefined) {
      const ids = [...(incident === null ? engineCommands : commands).keys()];
      return refused(
        'cordon_command_unknown',
        `expected one of ${ids.join(', ')}${incident === null ? '' : ' for an incident'}; found ${call.command}`,
      );
    }
    const person = personOf(enrolment, call.identity);
    if (person === undefined) {
      return refused(
        'cordon_responder_unknown',
        'you are not among the responders in the enrolment file; ask its owner to add you with your roles',
      );
    }
    const input = asked.input.safeParse(call.input);
    if (!input.success) {
      const issue = input.error.issues[0];
      return refused(
        'cordon_command_bad_input',
        `${asked.id}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not as expected'}`,
      );
    }
    if (engineCommand !== undefined) {
      return runOnEngine(engineCommand, input.data, person, call);
    }
    if (command === undefined || incident === null) throw new TypeError('an act on an incident without one');
    try {
      const readings = await readFor(command, incident, input.data);
      return await advance.advance(
        incident,
        (draft) => decide(draft, command, call, input.data, person, readings),
        {
          amend: async (refusal) => {
            if (refusal === 'function-has-open-incident') return refuseClaimed(command, call, person);
            if (refusal !== 'receipt-exists') return undefined;
            const first = await earlier(call.idempotencyKey);
            return first === undefined ? undefined : () => first;
          },
        },
      );
    } catch (error) {
      if (codeOf(error) === 'cordon_incident_not_found') {
        return refused(
          'cordon_incident_not_found',
          `there is no incident ${incident}; "list" shows those there are`,
        );
      }
      throw error;
    }
  };
  return execute;
}

/** What somebody whose own identity is part of what happened decides in no incident about it. */
const NOT_FOR_SUSPECTS: ReadonlySet<string> = new Set(['approve', 'deny', 'break-glass', 'review', 'clear']);

function suspected() {
  return refused(
    'cordon_responder_suspect',
    'an identity of yours is part of what happened, so you decide nothing about it: somebody else does, or clears you ("clear")',
  );
}

function notAllowed(person: Person, decision: Decision) {
  return refused(
    'cordon_command_not_allowed',
    `${person.id} may not do this: ${decision.kind === 'refuse' ? decision.reason : 'it needs somebody else to approve'}`,
  );
}

function recordRefusal(
  draft: Draft,
  command: Command,
  person: Person,
  result: Extract<CommandResult, { kind: 'refused' }>,
  policies: readonly string[],
): void {
  draft.log(
    'command.refused',
    { kind: 'responder', id: person.id, via: person.via },
    `Refused ${command.title.toLowerCase()} by ${person.id}: ${result.message}`,
    { command: command.id, code: result.code, policies: [...policies] },
  );
}

/** The responder behind an identity: compared exactly; `undefined` for anybody else. */
export function personOf(enrolment: Enrolment, identity: Identity): Person | undefined {
  const responder = responderOf(enrolment, identity);
  if (responder === undefined) return undefined;
  const via = identity.kind === 'slack' || identity.kind === 'cli' ? identity.kind : 'page';
  return { id: responder.id, roles: responder.roles, via };
}

function responderOf(enrolment: Enrolment, identity: Identity) {
  switch (identity.kind) {
    case 'slack':
      return responderBySlack(enrolment, identity.userId);
    case 'cli':
      return responderByCli(enrolment, identity.name);
    case 'page':
      return responderById(enrolment, identity.responder);
    case 'pagerduty':
      return responderByPagerduty(enrolment, identity.userId);
  }
}
