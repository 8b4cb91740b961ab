import { checkView } from './blocks.ts';
import { invalid, nested, nestedObject, refused, type SlackAnswer, type SlackCall, text } from './call.ts';
import { asObject, userJson, type ViewState } from './state.ts';

/** auth.*, users.*, views.*, files.*. */

/** How long a trigger may open a view, in milliseconds. */
const TRIGGER_MS = 3_000;

export function authTest(call: SlackCall): SlackAnswer {
  const bot = call.workspace.users.get(call.caller);
  return {
    ok: true,
    url: 'https://example.slack.com/',
    team: 'Example',
    team_id: call.workspace.teamId,
    user: bot?.name ?? '',
    user_id: call.caller,
    bot_id: call.botId,
    is_enterprise_install: false,
  };
}

export function userInfo(call: SlackCall): SlackAnswer {
  const user = call.workspace.users.get(text(call, 'user'));
  return user === undefined ? refused('user_not_found') : { ok: true, user: userJson(user) };
}

export function openView(call: SlackCall): SlackAnswer {
  const trigger = call.workspace.triggers.get(text(call, 'trigger_id'));
  if (trigger === undefined) return refused('invalid_trigger_id');
  if (trigger.used) return refused('exchanged_trigger_id');
  if (call.nowMs - trigger.issuedMs > TRIGGER_MS) return refused('expired_trigger_id');
  const content = nestedObject(call, 'view');
  const complaints = content === undefined ? ['[ERROR] missing required field: view'] : checkView(content);
  if (content === undefined || complaints.length > 0) return invalid('invalid_arguments', complaints);
  trigger.used = true;
  const view = newView(call, { user: trigger.user, content, open: true });
  call.workspace.views.set(view.id, view);
  return { ok: true, view: viewJson(view) };
}

export function updateView(call: SlackCall): SlackAnswer {
  const view = call.workspace.views.get(text(call, 'view_id'));
  if (view === undefined || !view.open) return refused('not_found');
  const hash = text(call, 'hash');
  if (hash !== '' && hash !== view.hash) return refused('hash_conflict');
  const content = nestedObject(call, 'view');
  const complaints = content === undefined ? ['[ERROR] missing required field: view'] : checkView(content);
  if (content === undefined || complaints.length > 0) return invalid('invalid_arguments', complaints);
  view.content = content;
  view.hash = nextHash(call);
  return { ok: true, view: viewJson(view) };
}

export function publishView(call: SlackCall): SlackAnswer {
  const user = text(call, 'user_id');
  if (!call.workspace.users.has(user)) return refused('user_not_found');
  const content = nestedObject(call, 'view');
  const complaints = content === undefined ? ['[ERROR] missing required field: view'] : checkView(content);
  if (content === undefined || complaints.length > 0) return invalid('invalid_arguments', complaints);
  call.workspace.homes.set(user, content);
  const { id, hash } = newView(call, { user, content, open: false });
  return { ok: true, view: { ...content, id, hash } };
}

function newView(call: SlackCall, view: Pick<ViewState, 'user' | 'content' | 'open'>): ViewState {
  return { id: call.workspace.nextId('V'), hash: nextHash(call), ...view };
}

function nextHash(call: SlackCall): string {
  return `${Math.floor(call.nowMs / 1000)}.${call.workspace.nextId('h')}`;
}

function viewJson(view: ViewState) {
  return { ...view.content, id: view.id, hash: view.hash };
}

export function getUploadUrl(call: SlackCall): SlackAnswer {
  const name = text(call, 'filename');
  const length = Number(text(call, 'length'));
  if (name === '') return refused('invalid_arguments');
  if (!Number.isInteger(length) || length <= 0) return refused('length_required');
  const file = { id: call.workspace.nextId('F'), name, length, content: undefined, complete: false };
  call.workspace.files.set(file.id, file);
  return { ok: true, file_id: file.id, upload_url: `${call.origin}/upload/${file.id}` };
}

export function completeUpload(call: SlackCall): SlackAnswer {
  const wanted = nested(call, 'files');
  if (!Array.isArray(wanted) || wanted.length === 0) return refused('invalid_arguments');
  const files = wanted.map((item) => call.workspace.files.get(String(asObject(item)?.id)));
  if (files.some((file) => file === undefined)) return refused('file_not_found');
  if (files.some((file) => file?.content === undefined)) return refused('file_update_failed');
  const channel = call.workspace.channels.get(text(call, 'channel_id'));
  if (channel !== undefined && !channel.members.has(call.caller)) return refused('not_in_channel');
  for (const file of files) {
    if (file === undefined) continue;
    file.complete = true;
    channel?.files.push(file.id);
  }
  return { ok: true, files: files.map((file) => ({ id: file?.id ?? '', title: file?.name ?? '' })) };
}
