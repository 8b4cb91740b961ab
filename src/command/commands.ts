import { acknowledge } from './acknowledge.ts';
import { answer } from './answer.ts';
import { approve, deny } from './approval.ts';
import { close } from './close.ts';
import type { Command } from './command.ts';
import { note } from './note.ts';
import { release } from './release.ts';

/** Every human act, explicitly. */
export const COMMANDS: readonly Command[] = Object.freeze([
  answer,
  approve,
  deny,
  release,
  note,
  acknowledge,
  close,
]);
