import type { SlackLevel } from '../view/incident.ts';

/** A level in a line of a list: its colour and one or two words. */
export const LEVEL_MARK: Record<SlackLevel, string> = {
  none: '🔴 not contained',
  accepted: '🟠 accepted',
  read_back: '🟡 read back',
  effective: '🟢 effective',
  observed: '🟢 observed',
  breached: '🔴 breached',
};
