import { z } from 'zod';
import type { CatalogueEntry } from './catalogue-entry.ts';
import { FORM_IDS, FORMS } from './forms.ts';
import { RESPONDER_ROLES } from './roles.ts';

/** The invocation that a `forEach` state becomes; it is not written in a playbook. */
export const FOR_EACH = 'cordon.for-each';

const to = z.enum(RESPONDER_ROLES);
const text = z.string().min(1).max(500);
const formId = z.enum(FORM_IDS);

/** What the engine itself can be asked to do, beside the actions of the catalogue. */
export const ENGINE_STEPS: readonly CatalogueEntry[] = [
  {
    /** Restores every object that this incident holds; one in conflict stays held, and is reported. */
    src: 'containment.release',
    kind: 'engine',
    input: z.strictObject({
      /** Not a false alarm: earlier sessions stay denied, and invocations are let in as a canary first. */
      afterAttack: z.boolean().optional(),
      /** What a person said of the conflicts of the release before: put the prior state over what was found, or leave it. */
      onConflict: z.enum(['ask', 'overwrite', 'accept']).optional(),
    }),
    output: z.strictObject({
      restored: z.int().min(0),
      conflicts: z.int().min(0),
      degraded: z.boolean(),
      /** What is left to do, or was left on purpose, in words. */
      left: z.array(z.string()),
    }),
    opensHold: false,
    closesHolds: true,
    reversible: true,
  },
  {
    /** A named person accepts that the containment stays; done at once when nothing is held. */
    src: 'containment.hand-over',
    kind: 'human',
    input: z.strictObject({ to, owner: z.string().min(1).max(200).optional(), text: text.optional() }),
    output: z.strictObject({ owner: z.string().min(1) }),
    opensHold: false,
    closesHolds: true,
    reversible: true,
  },
  {
    src: 'postmortem.draft',
    kind: 'engine',
    input: z.strictObject({}),
    output: z.strictObject({ path: z.string().min(1), sha256: z.string().length(64) }),
    opensHold: false,
    closesHolds: false,
    reversible: true,
  },
  {
    /** Puts a form to a role; the first valid answer is the outcome. */
    src: 'human.question',
    kind: 'human',
    input: z.strictObject({ form: formId, to, text: text.optional() }),
    output: (input) => {
      const form = formId.safeParse(input.form);
      return form.success ? FORMS[form.data].answer : z.unknown();
    },
    opensHold: false,
    closesHolds: false,
    reversible: true,
  },
];

const STEP_NAMES: ReadonlySet<string> = new Set(ENGINE_STEPS.map((step) => step.src));

/** Whether `src` is a step of the engine itself, not an action of the catalogue. */
export function isEngineStep(src: string): boolean {
  return STEP_NAMES.has(src);
}
