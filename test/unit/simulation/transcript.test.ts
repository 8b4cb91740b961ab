import { describe, expect, test } from '@jest/globals';
import { mrkdwnHtml } from '../../../src/simulation/exercise/mrkdwn.ts';
import { watchTranscript } from '../../../src/simulation/exercise/transcript.ts';
import { transcriptHtml } from '../../../src/simulation/exercise/transcript-html.ts';
import { makeChannel } from '../../../src/simulation/slack-double/conversation-methods.ts';
import { createSlackDouble } from '../../../src/simulation/slack-double/double.ts';
import { postAs } from '../../../src/simulation/slack-double/state.ts';
import { createVirtualClock } from '../../../src/simulation/virtual-clock.ts';
import { section } from '../../../src/slack/render/blocks.ts';
import { prose } from '../../../src/slack/text.ts';

const START = new Date('2026-11-24T03:00:00.000Z');
const READER = {
  nameOf: (user: string) => (user === 'U0ALICE000' ? 'alice' : user),
  timeZone: 'Europe/Berlin',
};
const HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)> <!channel> `code` *bold* & more';

function workspace() {
  const slack = createSlackDouble({
    clock: createVirtualClock(START),
    signingSecret: 's',
    botToken: 't',
    users: [{ id: 'U0ALICE000', name: HOSTILE }],
  });
  const nowMs = START.getTime();
  const channel = makeChannel(slack.workspace, {
    name: 'inc-1-checkout',
    isPrivate: true,
    creator: slack.botUserId,
    nowMs,
  });
  const say = (user: string, text: string) =>
    postAs(slack.workspace, channel, {
      user,
      text,
      blocks: [JSON.parse(JSON.stringify(section([text])))],
      nowMs,
    });
  return { slack, channel, say };
}

describe('a transcript', () => {
  test('lets nothing out of a message become markup, and can load nothing', () => {
    const { slack, say } = workspace();
    say('U0ALICE000', HOSTILE);
    say(slack.botUserId, prose(HOSTILE));
    const transcript = watchTranscript(slack);
    transcript.look(START);
    const html = transcriptHtml(transcript, { title: HOSTILE, timeZone: 'UTC' });
    // The only elements are ours, and none of them carries what came from outside in an attribute.
    expect(html).not.toMatch(/<(?:script|img|iframe|link|object|a|base|form)\b/i);
    expect(html).not.toMatch(/<[^>]*\son\w+=/i);
    expect(html).toContain("default-src 'none'; style-src 'unsafe-inline'");
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  test('keeps a message each time that it says something new, and not when it only was touched', () => {
    const { slack, channel, say } = workspace();
    const ts = say(slack.botUserId, 'not contained');
    channel.pins.add(ts);
    const transcript = watchTranscript(slack);
    transcript.look(START);
    const [message] = channel.messages;
    if (message === undefined) throw new Error('expected the message');
    message.blocks = message.blocks.map((block) => ({ ...block, block_id: 'another' }));
    transcript.look(START);
    expect(transcript.versions).toHaveLength(1);
    message.blocks = [JSON.parse(JSON.stringify(section(['contained'])))];
    transcript.look(new Date('2026-11-24T03:00:20.000Z'));
    expect(transcript.versions.map(({ at, pinned }) => [at, pinned])).toEqual([
      ['2026-11-24T03:00:00.000Z', true],
      ['2026-11-24T03:00:20.000Z', true],
    ]);
    const html = transcriptHtml(transcript, { title: 'Drill', timeZone: 'UTC' });
    expect(html.indexOf('not contained')).toBeLessThan(html.lastIndexOf('contained'));
    expect(html).toContain('03:00:20 UTC');
  });
});

describe("Slack's text as HTML", () => {
  test.each([
    ['*Decide:* now', '<b>Decide:</b> now'],
    ['`a*b*` and 2 * 3', '<code>a*b*</code> and 2 * 3'],
    ['<@U0ALICE000> leads', '<span class="at">@alice</span> leads'],
    [
      '*By <!date^1795489200^{date_short_pretty} {time}|2026-11-24 03:00 UTC>*',
      '<b>By <time>24 Nov 04:00</time></b>',
    ],
    ['<https://evil.example|https://aws.amazon.com>', '<span class="link">https://aws.amazon.com</span>'],
    ['&lt;b&gt; &amp;amp;', '&lt;b&gt; &amp;amp;'],
    ['\u00000\u0000 `x`', '0 <code>x</code>'],
    ['one\ntwo', 'one<br>two'],
  ])('%j', (text, html) => {
    expect(mrkdwnHtml(text, READER)).toBe(html);
  });
});
