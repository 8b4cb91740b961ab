import { z } from 'zod';
import { FORM_IDS } from '../playbook/forms.ts';

/** Action ids and callback ids of everything that can be pressed; `registered.ts` listens to each. */
export const ACTION = {
  answer: 'cordon.answer',
  answerDetails: 'cordon.answer-details',
  approve: 'cordon.approve',
  approveTyped: 'cordon.approve-typed',
  deny: 'cordon.deny',
  release: 'cordon.release',
  acknowledge: 'cordon.acknowledge',
  widen: 'cordon.widen',
  claim: 'cordon.claim',
  addTarget: 'cordon.add-target',
  campaignTake: 'cordon.campaign-acknowledge',
  campaignApprove: 'cordon.campaign-approve',
  campaignApproveTyped: 'cordon.campaign-approve-typed',
  pageOwner: 'cordon.page-owner',
  approveUpdate: 'cordon.approve-update',
  writeSection: 'cordon.write-section',
  drillStop: 'cordon.drill-stop',
} as const;

export const CALLBACK = {
  answer: 'cordon.answer.form',
  deny: 'cordon.deny.reason',
  approve: 'cordon.approve.typed',
  note: 'cordon.note.text',
  followUp: 'cordon.follow-up.text',
  declare: 'cordon.declare.form',
  campaignApprove: 'cordon.campaign-approve.typed',
  section: 'cordon.section.text',
  update: 'cordon.update.form',
} as const;

/** Message shortcuts: what a message can become. */
export const SHORTCUT = {
  note: 'cordon.note',
  evidence: 'cordon.evidence-note',
  followUp: 'cordon.follow-up',
  declare: 'cordon.declare',
} as const;

const id = z.string().min(1).max(200);
const digest = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * What a button carries: i incident, q question (its invocation), f form, c the option chosen, a approval, d digest of
 * the plan, k campaign. Never text from outside.
 */
const form = z.enum(FORM_IDS);
const ANSWER = z.object({ i: id, q: id, f: form, c: id }).strict();
const QUESTION = z.object({ i: id, q: id, f: form }).strict();
const APPROVAL = z.object({ i: id, a: id, d: digest }).strict();
const INCIDENT = z.object({ i: id }).strict();
/** f is the ARN of a function of the inventory: of the one shape that an ARN has, never free text. */
const FUNCTION = z
  .object({
    i: id,
    f: z.string().regex(/^arn:[a-z-]{1,20}:lambda:[a-z0-9-]{1,40}:\d{12}:function:[\w-]{1,140}$/),
  })
  .strict();
const CAMPAIGN = z.object({ k: id, d: digest.optional() }).strict();
/** What a modal carries through `private_metadata`; here c is the channel to answer in. */
const DECISION = z.object({ i: id, a: id, d: digest, c: id }).strict();
/** The list of a campaign's plans while it is confirmed. */
const CAMPAIGN_FORM = z.object({ k: id, d: digest, c: id }).strict();
/** t is the message's own time, h the digest of its text when it is noted as evidence. */
const NOTE = z.object({ i: id, c: id, t: z.iso.datetime().optional(), h: digest.optional() }).strict();
const CHANNEL = z.object({ c: id }).strict();
/** s is a section of the postmortem, v the saved version that a form was opened with, u an update. */
const SECTION_BUTTON = z.object({ i: id, s: id }).strict();
const SECTION = z.object({ i: id, s: id, v: z.int().min(0), c: id }).strict();
const UPDATE = z.object({ i: id, u: id }).strict();
const UPDATE_FORM = z.object({ i: id, c: id, f: z.literal('update') }).strict();
const ANSWER_FORM = z.object({ i: id, q: id, f: form, c: id }).strict();

export type AnswerValue = z.infer<typeof ANSWER>;
export type QuestionValue = z.infer<typeof QUESTION>;
export type AnswerFormValue = z.infer<typeof ANSWER_FORM>;
export type ApprovalValue = z.infer<typeof APPROVAL>;
export type FunctionValue = z.infer<typeof FUNCTION>;
export type CampaignValue = z.infer<typeof CAMPAIGN>;
export type CampaignFormValue = z.infer<typeof CAMPAIGN_FORM>;
export type IncidentValue = z.infer<typeof INCIDENT>;
export type DecisionValue = z.infer<typeof DECISION>;
export type NoteValue = z.infer<typeof NOTE>;
export type SectionButtonValue = z.infer<typeof SECTION_BUTTON>;
export type SectionValue = z.infer<typeof SECTION>;
export type UpdateValue = z.infer<typeof UPDATE>;
export type UpdateFormValue = z.infer<typeof UPDATE_FORM>;
export type ChannelValue = z.infer<typeof CHANNEL>;

function reader<T>(schema: z.ZodType<T>): (value: unknown) => T | undefined {
  return (value) => {
    if (typeof value !== 'string' || value.length > 3000) return undefined;
    try {
      const parsed = schema.safeParse(JSON.parse(value));
      return parsed.success ? parsed.data : undefined;
    } catch {
      return undefined; // not JSON: another version's button, or not ours
    }
  };
}

/** Each returns the checked content, or `undefined` for what this version did not make. */
export const readAnswerValue = reader(ANSWER);
export const readQuestionValue = reader(QUESTION);
export const readAnswerFormValue = reader(ANSWER_FORM);
export const readApprovalValue = reader(APPROVAL);
export const readFunctionValue = reader(FUNCTION);
export const readCampaignValue = reader(CAMPAIGN);
export const readCampaignFormValue = reader(CAMPAIGN_FORM);
export const readIncidentValue = reader(INCIDENT);
export const readDecisionValue = reader(DECISION);
export const readNoteValue = reader(NOTE);
export const readSectionButtonValue = reader(SECTION_BUTTON);
export const readSectionValue = reader(SECTION);
export const readUpdateValue = reader(UPDATE);
export const readUpdateFormValue = reader(UPDATE_FORM);
export const readChannelValue = reader(CHANNEL);

/** The text for a button's `value` or a modal's `private_metadata`. */
export function actionValue(
  value:
    | AnswerValue
    | QuestionValue
    | AnswerFormValue
    | ApprovalValue
    | IncidentValue
    | DecisionValue
    | CampaignValue
    | CampaignFormValue
    | FunctionValue
    | NoteValue
    | ChannelValue
    | SectionButtonValue
    | SectionValue
    | UpdateValue
    | UpdateFormValue,
): string {
  return JSON.stringify(value);
}
