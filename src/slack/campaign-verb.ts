import { splitWord } from '../command/typed-words.ts';
import { inDrill, REAL_NAME_IN_DRILL, referenceInDrill, undrilled } from './drill-mark.ts';
import type { ListenerParts } from './perform.ts';
import type { SlackCommand } from './port.ts';
import { campaignListText, campaignText } from './render/campaign.ts';
import { code } from './text.ts';
import type { SlackCampaign } from './view/campaign.ts';

/** What `/cordon campaign …` works with. */
export interface CampaignSlash {
  readonly parts: ListenerParts;
  readonly channel: string;
  /** `/cordon` or `/ir`, as it was typed. */
  readonly command: string;
  readonly tell: (text: string) => Promise<void>;
  readonly act: (command: SlackCommand) => Promise<void>;
}

const USAGE = [
  'campaign list',
  'campaign show [CMP]',
  'campaign take [CMP]',
  'campaign approve [CMP] LIST [CMP]',
  'campaign triage [CMP] VERDICT WHY',
  'campaign split INC WHY',
  'campaign merge [CMP] into CMP WHY',
] as const;

const NAMED = /^(?:drill-)?(?:cmp|inc)-[0-9a-z]+$/i;

/** The twin of `cordon campaign`: without a name it is about the campaign of the channel. */
export async function campaignVerb(rest: string, slash: CampaignSlash): Promise<void> {
  const [verb, after] = splitWord(rest);
  if (
    inDrill(slash.parts.drills, slash.channel) &&
    after.split(/\s+/).some((word) => referenceInDrill(word) === undefined)
  ) {
    return slash.tell(REAL_NAME_IN_DRILL);
  }
  switch (verb.toLowerCase()) {
    case '':
    case 'list':
      return slash.tell(campaignListText(await slash.parts.views.openCampaigns()));
    case 'show': {
      const named = await campaignAnd(after, slash);
      return named === undefined ? undefined : slash.tell(campaignText(named.campaign));
    }
    case 'take': {
      const named = await campaignAnd(after, slash);
      if (named === undefined) return undefined;
      return slash.act({ command: 'campaign-acknowledge', input: { campaign: named.campaign.id } });
    }
    case 'approve': {
      const named = await campaignAnd(after, slash);
      if (named === undefined) return undefined;
      const [list, typed] = splitWord(named.rest);
      const digest = list.toLowerCase();
      if (!/^[0-9a-f]{12,64}$/.test(digest)) {
        return slash.tell(usage(slash, 'campaign approve [CMP] LIST [CMP]'));
      }
      const confirm = typed === '' ? {} : { confirm: undrilled(typed).toUpperCase() };
      return slash.act({
        command: 'campaign-approve',
        input: { campaign: named.campaign.id, digest, ...confirm },
      });
    }
    case 'triage': {
      const named = await campaignAnd(after, slash);
      if (named === undefined) return undefined;
      const [verdict, reason] = splitWord(named.rest);
      if (reason === '') return slash.tell(usage(slash, 'campaign triage [CMP] VERDICT WHY'));
      return slash.act({
        command: 'campaign-triage',
        input: { campaign: named.campaign.id, verdict: verdict.toLowerCase().replaceAll('-', '_'), reason },
      });
    }
    case 'split': {
      const [incident, reason] = splitWord(after);
      if (reason === '') return slash.tell(usage(slash, 'campaign split INC WHY'));
      return slash.act({ command: 'campaign-split', input: { incident, reason } });
    }
    case 'merge': {
      const named = await campaignAnd(after, slash);
      if (named === undefined) return undefined;
      const [word, target] = splitWord(named.rest);
      const [into, reason] = splitWord(target);
      if (word.toLowerCase() !== 'into' || reason === '') {
        return slash.tell(usage(slash, 'campaign merge [CMP] into CMP WHY'));
      }
      return slash.act({
        command: 'campaign-merge',
        input: { campaign: named.campaign.id, into, reason },
      });
    }
    default:
      return slash.tell(USAGE.map((line) => `• ${code(`${slash.command} ${line}`, 80)}`).join('\n'));
  }
}

/** The campaign that the words name, or that of the channel; tells the person when there is none. */
async function campaignAnd(
  words: string,
  { parts, channel, tell, command }: CampaignSlash,
): Promise<{ readonly campaign: SlackCampaign; readonly rest: string } | undefined> {
  const [first, after] = splitWord(words);
  const named = NAMED.test(first);
  const campaign = named
    ? await parts.views.findCampaign(first)
    : await parts.views.campaignOfChannel(channel);
  if (campaign !== undefined) return { campaign, rest: named ? after : words.trim() };
  await tell(
    named
      ? `There is no campaign ${code(first, 40)}. \`${command} campaign list\` shows the open ones.`
      : `This channel belongs to no campaign. Name it: \`CMP-3\`; \`${command} campaign list\` shows the open ones.`,
  );
  return undefined;
}

function usage({ command }: CampaignSlash, line: string): string {
  return `Expected ${code(`${command} ${line}`, 100)}`;
}
