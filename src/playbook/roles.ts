/** The parts that people play in an incident; a question in a playbook is put to one of them. */
export const RESPONDER_ROLES = [
  'commander',
  'responder',
  'approver',
  'scribe',
  'communications',
  'observer',
] as const;

export type ResponderRole = (typeof RESPONDER_ROLES)[number];
