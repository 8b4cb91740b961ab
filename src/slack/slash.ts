import type { AllMiddlewareArgs, SlackCommandMiddlewareArgs } from '@slack/bolt';
import { withMentions } from './mentions.ts';
import { type ListenerParts, perform, type Reply, say } from './perform.ts';
import type { IncidentView, SlackCommand } from './port.ts';
import { SHORT_DIGEST } from './render/approval.ts';
import { incidentCard } from './render/card.ts';
import { helpText, listText } from './render/overview.ts';
import { code, incidentName } from './text.ts';
import { findVerb, nearestVerb, type VerbName } from './verbs.ts';

type SlashArgs = SlackCommandMiddlewareArgs & AllMiddlewareArgs;

interface Slash {
  readonly parts: ListenerParts;
  readonly args: SlashArgs;
  readonly reply: Reply;
  readonly tell: (text: string) => Promise<void>;
  readonly rest: string;
}

/** Listens to `/cordon`: acknowledges at once, then does what the words say. */
export function slashListener(parts: ListenerParts): (args: SlashArgs) => Promise<void> {
  return async (args) => {
    await args.ack();
    const reply: Reply = (text, shown) =>
      args.respond({ text, response_type: shown === 'channel' ? 'in_channel' : 'ephemeral' });
    const tell = (text: string) => say(parts, reply, text, 'only-you');
    // Both words are the person's own text.
    const [word = '', rest = ''] = split(args.command.text);
    const verb = findVerb(word === '' ? 'help' : word);
    if (verb === undefined) {
      const near = nearestVerb(word);
      const here = await parts.views.incidentOfChannel(args.command.channel_id);
      await tell(
        `${code(word, 40)} is no verb of ${args.command.command}.${near === undefined ? '' : ` Did you mean *${near}*?`}\n${helpText(args.command.command, here)}`,
      );
      return;
    }
    await RUN[verb.verb]({ parts, args, reply, tell, rest });
  };
}

const RUN: Record<VerbName, (slash: Slash) => Promise<void>> = {
  help: async ({ parts, args, tell }) => {
    const here = await parts.views.incidentOfChannel(args.command.channel_id);
    await tell(helpText(args.command.command, here));
  },
  list: async ({ parts, tell }) => tell(listText(await parts.views.openIncidents())),
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
  note: async (slash) => {
    const named = await incidentAndRest(slash);
    if (named === undefined) return;
    if (named.rest === '') return slash.tell('Write the note after the verb: `note TEXT`.');
    await act(slash, { command: 'note', input: { incidentId: named.incident.id, text: named.rest } });
  },
  release: async (slash) => {
    const named = await incidentAndRest(slash);
    if (named === undefined) return;
    if (named.rest === '') {
      return slash.tell(
        `Say why: \`release REASON\`. It puts back everything that Cordon changed for ${incidentName(named.incident)}.`,
      );
    }
    await act(slash, { command: 'release', input: { incidentId: named.incident.id, reason: named.rest } });
  },
  approve: async (slash) => {
    const plan = await plannedBy(slash);
    if (plan === undefined) return;
    const { incidentId, approvalId, digest } = plan;
    await act(slash, { command: 'approve', input: { incidentId, approvalId, digest } });
  },
  deny: async (slash) => {
    const plan = await plannedBy(slash);
    if (plan === undefined) return;
    const { incidentId, approvalId, digest, rest: reason } = plan;
    if (reason === '') return slash.tell('Say why: `deny ID PLAN REASON`.');
    await act(slash, { command: 'deny', input: { incidentId, approvalId, digest, reason } });
  },
};

/** Every mutating act is echoed to the channel: who, and what. */
function act(slash: Slash, command: SlackCommand): Promise<void> {
  const { trigger_id: trigger, user_id: user } = slash.args.command;
  return perform(
    slash.parts,
    { ...command, slackUserId: user, idempotencyKey: `slack:command:${trigger}` },
    slash.reply,
    'channel',
  );
}

/** The incident that the words name, or that of the channel; tells the person when there is none. */
async function incidentAndRest(
  slash: Slash,
): Promise<{ readonly incident: IncidentView; readonly rest: string } | undefined> {
  const { views } = slash.parts;
  const [first = '', after = ''] = split(slash.rest);
  if (/^(?:(?:drill-)?inc-[0-9a-z]+|#?[0-9]+)$/i.test(first)) {
    const incident = await views.findIncident(first.replace(/^drill-/i, '').replace(/^#/, ''));
    if (incident !== undefined) return { incident, rest: after };
    await slash.tell(
      `There is no incident ${code(first, 40)}. \`${slash.args.command.command} list\` shows the open ones.`,
    );
    return undefined;
  }
  const here = await views.incidentOfChannel(slash.args.command.channel_id);
  if (here !== undefined) return { incident: here, rest: slash.rest.trim() };
  await slash.tell(
    `This channel belongs to no incident. Name it: \`INC-12\`; \`${slash.args.command.command} list\` shows the open ones.`,
  );
  return undefined;
}

/**
 * The approval that the words name, with the digest of the plan the person has seen. The typed part of the
 * digest must be the plan's as it is now: naming the approval alone would approve whatever it has become.
 */
async function plannedBy(slash: Slash) {
  const [approvalId = '', afterId = ''] = split(slash.rest);
  const [typed = '', rest = ''] = split(afterId);
  if (approvalId === '' || !/^[0-9a-f]{12,64}$/i.test(typed)) {
    await slash.tell(
      `Name the approval and the first ${SHORT_DIGEST} characters of its plan; both are at the foot of the card.`,
    );
    return undefined;
  }
  const incident = await slash.parts.views.incidentOfApproval(approvalId);
  const approval = incident?.approvals.find((one) => one.approvalId === approvalId);
  if (incident === undefined || approval === undefined) {
    await slash.tell(`There is no approval ${code(approvalId, 60)}.`);
    return undefined;
  }
  if (!approval.digest.startsWith(typed.toLowerCase())) {
    await slash.tell('The plan is another one than you typed: it has changed. Read the card again.');
    return undefined;
  }
  return { incidentId: incident.id, approvalId, digest: approval.digest, rest };
}

/** The first word, and the rest as it was typed. */
function split(text: string): [string, string] {
  const match = /^\s*(\S+)\s*([\s\S]*)$/.exec(text);
  return [match?.[1] ?? '', (match?.[2] ?? '').trim()];
}
