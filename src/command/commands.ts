import { acknowledge } from './acknowledge.ts';
import { addTarget } from './add-target.ts';
import { answer } from './answer.ts';
import { approve, deny } from './approval.ts';
import { assign } from './assign.ts';
import { breakGlass, review } from './break-glass.ts';
import { claim, clear } from './claim.ts';
import { close } from './close.ts';
import type { Command } from './command.ts';
import {
  assignDutyCommand,
  doneDutyCommand,
  snoozeDutyCommand,
  tellCommand,
  waiveDutyCommand,
} from './duty.ts';
import { escalate } from './escalate.ts';
import { falsePositive } from './false-positive.ts';
import { handoff } from './handoff.ts';
import { note } from './note.ts';
import { page } from './page.ts';
import { pageOwner } from './page-owner.ts';
import { reviewPostmortem, writePostmortem } from './postmortem.ts';
import { release } from './release.ts';
import { rollBackAlias } from './roll-back-alias.ts';
import { rollback } from './rollback.ts';
import { severity } from './severity.ts';
import { addTaskCommand, doneTaskCommand, snoozeTaskCommand } from './task.ts';
import { approveUpdateCommand, denyUpdateCommand, updateCommand } from './update.ts';
import { widen } from './widen.ts';

/** Every human act, explicitly. */
export const COMMANDS: readonly Command[] = Object.freeze([
  answer,
  approve,
  deny,
  release,
  rollback,
  falsePositive,
  severity,
  addTarget,
  note,
  acknowledge,
  assign,
  handoff,
  addTaskCommand,
  doneTaskCommand,
  snoozeTaskCommand,
  escalate,
  page,
  pageOwner,
  claim,
  clear,
  widen,
  rollBackAlias,
  breakGlass,
  review,
  assignDutyCommand,
  tellCommand,
  waiveDutyCommand,
  doneDutyCommand,
  snoozeDutyCommand,
  writePostmortem,
  reviewPostmortem,
  updateCommand,
  approveUpdateCommand,
  denyUpdateCommand,
  close,
]);
