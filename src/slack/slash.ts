import type { AllMiddlewareArgs, SlackCommandMiddlewareArgs } from '@slack/bolt';
import type { Act } from '../command/act.ts';
import { readAct, usageOf } from '../command/read-act.ts';
import { findAct, splitWord, wordsOf } from '../command/typed-words.ts';
import { isDrillId } from '../id.ts';
import { campaignVerb } from './campaign-verb.ts';
import {
  DECLARED_IN_DRILL,
  inDrill,
  marked,
  NOT_HERE,
  REAL_NAME_IN_DRILL,
  referenceInDrill,
  speaksOfDrill,
} from './drill-mark.ts';
import { drillVerb } from './drill-verb.ts';
import { actorOf } from './listeners.ts';
import { withMentions } from './mentions.ts';
import { openSection, openUpdate } from './owed.ts';
import { answering, type ListenerParts, perform, performDeclare, type Reply, say } from './perform.ts';
import type { SlackCommand } from './port.ts';
import { SHORT_DIGEST } from './render/approval.ts';
import { incidentCard } from './render/card.ts';
import { evidenceText, onCallText, planText, whereText } from './render/look.ts';
import { helpText, listText, tasksText } from './render/overview.ts';
import { postmortemOverview } from './render/owed.ts';
import { code, prose } from './text.ts';
import { findOwnVerb, nearestVerb, type OwnVerb } from './verbs.ts';
import type { IncidentView } from './view/incident.ts';

type SlashArgs = SlackCommandMiddlewareArgs & AllMiddlewareArgs;

interface Slash {
  readonly parts: ListenerParts;
  readonly args: SlashArgs;
  readonly reply: Reply & { readonly ack: () => Promise<void> };
  readonly tell: (text: string) => Promise<void>;
  readonly rest: string;
}

/** Listens to `/cordon`: does what the words say; an act is committed, then acknowledged, then spoken of. */
export function slashListener(parts: ListenerParts): (args: SlashArgs) => Promise<void> {
  return async (args) => {
    // The person's own text, in which Slack has escaped what carries control sequences.
    const line = unescaped(args.command.text);
    const [word, rest] = splitWord(line);
    const send: Reply = (text, shown) =>
      args.respond({ text, response_type: shown === 'channel' ? 'in_channel' : 'ephemeral' });
    const drill =
      inDrill(parts.drills, args.command.channel_id) || speaksOfDrill(line) || findOwnVerb(word) === 'drill';
    const reply = answering(args.ack, marked(send, drill));
    const tell = (text: string) => say(parts, reply, text, 'only-you');
    const found = findAct(line);
    // "postmortem review …" is an act, "postmortem" alone is the page.
    const own = found === undefined ? findOwnVerb(word === '' ? 'help' : word) : undefined;
    // What only looks has nothing to commit, and so nothing to wait for.
    if (found === undefined && (own === undefined || !ACTING.has(own))) await reply.ack();
    if (own !== undefined && LOOKS.has(own) && !(await mayLook(parts, args))) {
      return tell(
        'Only responders of the enrolment file see incidents; ask its owner to add you with your Slack member id.',
      );
    }
    if (own !== undefined) return RUN[own]({ parts, args, reply, tell, rest });
    if (found !== undefined) return runAct({ parts, args, reply, tell, rest: found.rest }, found.act);
    const near = nearestVerb(word);
    const here = await parts.views.incidentOfChannel(args.command.channel_id);
    await tell(
      `${code(line, 40)} is no verb of ${args.command.command}.${near === undefined ? '' : ` Did you mean *${near}*?`}\n${helpText(args.command.command, here)}`,
    );
  };
}

/** Verbs of ours that act. */
const ACTING: ReadonlySet<OwnVerb> = new Set(['declare', 'campaign', 'approve', 'deny', 'drill']);

/** Verbs that show incidents. Anybody in the workspace can type them anywhere, guests too. */
const LOOKS: ReadonlySet<OwnVerb> = new Set([
  'list',
  'show',
  'plan',
  'evidence',
  'tasks',
  'oncall',
  'postmortem',
]);

/** A responder, or somebody whom the incident's own channel has let in. */
async function mayLook(parts: ListenerParts, args: SlashArgs): Promise<boolean> {
  const { command } = args;
  if (parts.people.responderOf(actorOf(args)) !== undefined) return true;
  return (
    command.text.trim().split(/\s+/).length === 1 &&
    (await parts.views.incidentOfChannel(command.channel_id)) !== undefined
  );
}

const RUN: Record<OwnVerb, (slash: Slash) => Promise<void>> = {
  help: async ({ parts, args, tell }) => {
    const here = await parts.views.incidentOfChannel(args.command.channel_id);
    await tell(helpText(args.command.command, here));
  },
  oncall: async ({ parts, tell }) => {
    const { tiers, ...rules } = parts.people.onCall();
    const known = (id: string) => parts.people.slackIdOf(id) ?? id;
    await tell(
      onCallText(
        tiers.map((tier) => tier.map(known)),
        rules,
      ),
    );
  },
  plan: async (slash) => {
    const named = await incidentAndRest(slash);
    if (named !== undefined) await slash.tell(planText(named.incident));
  },
  evidence: async (slash) => {
    const named = await incidentAndRest(slash);
    if (named === undefined) return;
    const items = await slash.parts.views.evidenceOf(named.incident.id);
    await slash.tell(evidenceText(named.incident, items));
  },
  list: async ({ parts, args, tell, rest }) => {
    const open = await parts.views.openIncidents();
    // As in the terminal: `list --stale` is the same.
    const which = rest.toLowerCase().replace(/^--/, '');
    if (which === 'stale') {
      const left = open.filter(({ stale }) => stale);
      return tell(listText(left, 'Somebody was at every open incident within the hour.'));
    }
    if (which !== 'mine') return tell(listText(open));
    const me = parts.people.responderOf(actorOf(args));
    return tell(listText(open.filter((each) => me !== undefined && each.involved.includes(me))));
  },
  declare: async (slash) => {
    const { parts, args, reply, tell, rest } = slash;
    if (inDrill(parts.drills, args.command.channel_id)) return tell(DECLARED_IN_DRILL);
    const [functionArn, after] = splitWord(rest);
    const [level, described] = splitWord(after);
    const severity = /^[1-3]$/.test(level) ? Number(level) : 2;
    const reason = /^[1-3]$/.test(level) ? described : after;
    if (functionArn === '' || reason === '') {
      return tell('Name the function and what you saw: `declare FUNCTION_ARN [1-3] WHAT YOU SAW`.');
    }
    await performDeclare(
      parts,
      {
        slackUserId: actorOf(args),
        functionArn,
        severity,
        reason: readable(reason),
        idempotencyKey: `slack:command:${args.command.trigger_id}`,
      },
      reply,
    );
  },
  campaign: (slash) =>
    campaignVerb(slash.rest, {
      channel: slash.args.command.channel_id,
      command: slash.args.command.command,
      parts: slash.parts,
      tell: slash.tell,
      act: (command) => act(slash, command),
    }),
  drill: ({ parts, args, reply, tell, rest }) =>
    drillVerb(rest, {
      parts,
      command: args.command.command,
      reply,
      tell,
      slackUserId: actorOf(args),
      idempotencyKey: `slack:command:${args.command.trigger_id}`,
    }),
  show: async (slash) => {
    const named = await incidentAndRest(slash);
    if (named === undefined) return;
    const card = incidentCard(withMentions(named.incident, slash.parts.people));
    try {
      await slash.args.respond({
        text: card.text,
        blocks: [...card.blocks],
        response_type: 'ephemeral',
      });
    } catch {
      await slash.tell(card.text);
    }
  },
  postmortem: async (slash) => {
    const named = await incidentAndRest(slash);
    if (named === undefined) return;
    const postmortem = await slash.parts.views.postmortem(named.incident.id);
    if (postmortem === undefined) return slash.tell('There is no postmortem yet.');
    const overview = postmortemOverview(named.incident, postmortem);
    try {
      await slash.args.respond({
        text: overview.text,
        blocks: [...overview.blocks],
        // For everybody: who sees what is missing writes it.
        response_type: 'in_channel',
      });
    } catch {
      await slash.tell(overview.text);
    }
  },
  tasks: async (slash) => {
    const named = await incidentAndRest(slash);
    if (named === undefined) return;
    await slash.tell(tasksText(withMentions(named.incident, slash.parts.people)));
  },
  approve: async (slash) => {
    const plan = await plannedBy(slash);
    if (plan === undefined) return;
    const { incidentId, approvalId, digest, rest: confirm } = plan;
    const input = { incidentId, approvalId, digest, ...(confirm === '' ? {} : { confirm }) };
    await act(slash, { command: 'approve', input });
  },
  deny: async (slash) => {
    const plan = await plannedBy(slash);
    if (plan === undefined) return;
    const { incidentId, approvalId, digest, rest } = plan;
    if (rest === '') return slash.tell('Say why: `deny ID PLAN REASON`.');
    await act(slash, {
      command: 'deny',
      input: { incidentId, approvalId, digest, reason: readable(rest) },
    });
  },
};

/** An act out of the table that the terminal's verbs are made of too. */
async function runAct(slash: Slash, wanted: Act): Promise<void> {
  // By its name only: "severity 1" and "note 404 everywhere" are about the incident of the channel.
  const named = await incidentAndRest(slash, NAMED);
  if (named === undefined) return;
  const { incident } = named;
  const [first, second] = splitWord(named.rest);
  const where = { incidentId: incident.id, channel: slash.args.command.channel_id };
  const opener = { body: slash.args.body, client: slash.args.client };
  // Words that are too many for a line have a form.
  if (wanted.command === 'update' && named.rest === '') {
    return openUpdate(slash.parts, opener, slash.reply, where);
  }
  if (wanted.command === 'postmortem-write' && first !== '' && second === '') {
    return openSection(slash.parts, opener, slash.reply, { ...where, section: first.toLowerCase() });
  }
  const now = slash.parts.clock.now();
  const fields = wordsOf(wanted, named.rest, now);
  const reading = readAct(
    wanted,
    Object.fromEntries(
      wanted.parameters.map(({ name, slack }) => [
        name,
        slack === 'rest' ? readable(fields[name] ?? '') : fields[name],
      ]),
    ),
    now,
  );
  if (reading.kind === 'wrong') {
    return slash.tell(
      `${prose(reading.message, 500)}: ${code(`${slash.args.command.command} ${usageOf(wanted)}`, 120)}`,
    );
  }
  await act(slash, {
    command: wanted.command,
    input: { ...reading.input, incidentId: named.incident.id },
  });
}

/** What Slack escapes in a command's text, as it was typed. */
function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Slack's own marks as words: a timeline outlives a workspace's ids. */
function readable(text: string): string {
  return text
    .replace(/<@[UW][A-Z0-9]+\|([^<>|]+)>/g, '@$1')
    .replace(/<#[CG][A-Z0-9]+\|([^<>|]*)>/g, '#$1')
    .replace(/<((?:https?|mailto):[^<>|]+)(?:\|[^<>]*)?>/g, '$1');
}

/** Every mutating act is echoed to the channel: who, and what. */
function act(slash: Slash, command: SlackCommand): Promise<void> {
  const { trigger_id: trigger } = slash.args.command;
  return perform(
    slash.parts,
    { ...command, slackUserId: actorOf(slash.args), idempotencyKey: `slack:command:${trigger}` },
    slash.reply,
    'channel',
  );
}

/** Channels that are looked up for somebody in the wrong one. */
const SHOWN_CHANNELS = 10;
const NAMED = /^(?:drill-)?inc-[0-9a-z]+$/i;
const NAMED_OR_NUMBER = /^(?:(?:drill-)?inc-[0-9a-z]+|#?[0-9]+)$/i;

/** The incident that the words name, or that of the channel; tells the person when there is none. */
async function incidentAndRest(
  slash: Slash,
  named: RegExp = NAMED_OR_NUMBER,
): Promise<{ readonly incident: IncidentView; readonly rest: string } | undefined> {
  const { views } = slash.parts;
  const [first, after] = splitWord(slash.rest);
  if (named.test(first)) {
    const here = inDrill(slash.parts.drills, slash.args.command.channel_id);
    const reference = here ? referenceInDrill(first) : first.replace(/^#/, '');
    if (reference === undefined) {
      await slash.tell(REAL_NAME_IN_DRILL);
      return undefined;
    }
    const incident = await views.findIncident(reference);
    if (incident !== undefined) return { incident, rest: after };
    await slash.tell(
      speaksOfDrill(first)
        ? `${NOT_HERE}.`
        : `There is no incident ${code(first, 40)}. \`${slash.args.command.command} list\` shows the open ones.`,
    );
    return undefined;
  }
  const shared = await views.campaignOfChannel(slash.args.command.channel_id);
  if (shared !== undefined && shared.members.filter(({ status }) => status !== 'closed').length > 1) {
    await slash.tell(
      `This channel leads ${shared.members.length} incidents: name the one you mean, as \`INC-12\`, or all of them with \`${slash.args.command.command} campaign\`.`,
    );
    return undefined;
  }
  const here = await views.incidentOfChannel(slash.args.command.channel_id);
  if (here !== undefined) return { incident: here, rest: slash.rest.trim() };
  const open = [];
  for (const incident of (await views.openIncidents()).slice(0, SHOWN_CHANNELS)) {
    open.push({ incident, channel: (await slash.parts.places.placeOf(incident.id))?.channel });
  }
  await slash.tell(whereText(slash.args.command.command, open));
  return undefined;
}

/**
 * The approval that the words name, with the digest of the plan the person has seen. The typed part of the
 * digest must be the plan's as it is now: naming the approval alone would approve whatever it has become.
 */
async function plannedBy(slash: Slash) {
  const [approvalId, afterId] = splitWord(slash.rest);
  const [typed, rest] = splitWord(afterId);
  if (approvalId === '' || !/^[0-9a-f]{12,64}$/i.test(typed)) {
    await slash.tell(
      `Name the approval and the first ${SHORT_DIGEST} characters of its plan; both are at the foot of the card.`,
    );
    return undefined;
  }
  const incident = await slash.parts.views.incidentOfApproval(approvalId);
  const approval = incident?.approvals.find((one) => one.approvalId === approvalId);
  if (incident === undefined || approval === undefined) {
    await slash.tell(
      isDrillId(approvalId) ? `${NOT_HERE}.` : `There is no approval ${code(approvalId, 60)}.`,
    );
    return undefined;
  }
  if (!approval.digest.startsWith(typed.toLowerCase())) {
    await slash.tell('The plan is another one than you typed: it has changed. Read the card again.');
    return undefined;
  }
  return { incidentId: incident.id, approvalId, digest: approval.digest, rest };
}
