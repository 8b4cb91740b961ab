import type { KnownBlock } from '@slack/types';
import { when } from '../text.ts';
import { context } from './blocks.ts';

/** Says under a message that Slack kept it waiting, and since when it is true. */
export function lateNote(madeAt: string, lateMs: number): KnownBlock {
  const minutes = Math.round(lateMs / 60_000);
  const late = minutes < 1 ? `${Math.round(lateMs / 1000)} s` : `${minutes} min`;
  return context([`⏳ *Slack delayed this by ${late}:* it is of ${when(madeAt)}.`]);
}
