import type { Json, JsonObject } from '../../json.ts';
import { asObject, type ChannelState, type Workspace } from './state.ts';

/** One Web API call inside the double: who calls, with what, on which workspace, and when. */
export interface SlackCall {
  readonly method: string;
  readonly args: JsonObject;
  readonly workspace: Workspace;
  /** The user id of the token's bot. */
  readonly caller: string;
  readonly botId: string;
  readonly nowMs: number;
  /** Where the double is reached, without a slash at the end. */
  readonly origin: string;
}

/** Slack's answer: `ok` and more, or a word for what is wrong. */
export type SlackAnswer = JsonObject & { readonly ok: boolean };

export function refused(error: string, more: JsonObject = {}): SlackAnswer {
  return { ok: false, error, ...more };
}

export function invalid(error: string, messages: readonly string[]): SlackAnswer {
  return refused(error, { response_metadata: { messages } });
}

export function text(call: SlackCall, name: string): string {
  const value = call.args[name];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

export function flag(call: SlackCall, name: string): boolean {
  const value = call.args[name];
  return value === true || value === 'true' || value === '1';
}

/** A value that travels as JSON inside a form field, as blocks, metadata and views do. */
export function nested(call: SlackCall, name: string): Json | undefined {
  const value = call.args[name];
  if (typeof value !== 'string') return value;
  try {
    const parsed: Json = JSON.parse(value);
    return parsed;
  } catch {
    return undefined;
  }
}

export function nestedObject(call: SlackCall, name: string): JsonObject | undefined {
  return asObject(nested(call, name));
}

/**
 * The channel that a method works on, as far as the caller may see it: a private channel that it is no
 * member of does not exist for it.
 */
export function visibleChannel(call: SlackCall): ChannelState | undefined {
  const channel = call.workspace.channels.get(text(call, 'channel'));
  if (channel === undefined) return undefined;
  if (channel.isPrivate && !channel.members.has(call.caller)) return undefined;
  return channel;
}

/** As `visibleChannel`, for what needs membership of a channel that is still in use. */
export function writableChannel(call: SlackCall): ChannelState | SlackAnswer {
  const channel = visibleChannel(call);
  if (channel === undefined) return refused('channel_not_found');
  if (channel.isArchived) return refused('is_archived');
  if (!channel.members.has(call.caller)) return refused('not_in_channel');
  return channel;
}

export function isAnswer(value: ChannelState | SlackAnswer): value is SlackAnswer {
  return 'ok' in value;
}

/** One page of a list, with Slack's opaque cursor. */
export function page<T>(
  call: SlackCall,
  items: readonly T[],
  fallbackLimit: number,
): { readonly items: readonly T[]; readonly nextCursor: string } {
  const limit = Math.min(999, Math.max(1, Number(text(call, 'limit')) || fallbackLimit));
  const from = Number(Buffer.from(text(call, 'cursor'), 'base64').toString().replace('from:', '')) || 0;
  const next = from + limit;
  return {
    items: items.slice(from, next),
    nextCursor: next < items.length ? Buffer.from(`from:${next}`).toString('base64') : '',
  };
}
