import { describe, expect, test } from '@jest/globals';
import { draftPostmortem } from '../../../src/postmortem/draft.ts';
import { gatherFacts } from '../../../src/postmortem/facts.ts';
import { postmortemPage } from '../../../src/postmortem/html.ts';
import { wholeIncident, written } from './whole-incident.ts';

const input = wholeIncident();
const draft = draftPostmortem(input);
const page = (text: string) => postmortemPage(text, gatherFacts(input.entries));

describe('a postmortem as a page', () => {
  test('has every section and row of the text, and no marker', () => {
    const html = page(draft);
    const sections = draft.match(/^## /gm)?.length ?? 0;
    expect(html.match(/<h2>/g)).toHaveLength(sections);
    expect(html).not.toContain('cordon:');
    expect(html.match(/<td>entry \d+<\/td>/g)?.length).toBeGreaterThan(10);
  });

  test('draws what the attacker did and what was done about it', () => {
    const [picture = ''] = /<svg[\s\S]*<\/svg>/.exec(page(draft)) ?? [];
    for (const label of ['first seen (claimed)', 'writes accepted', 'contained', 'acknowledged', 'verdict']) {
      expect(picture).toContain(`>${label}</text>`);
    }
  });

  test('draws how long it took beside earlier incidents, and says who may read it', () => {
    const { metrics } = gatherFacts(input.entries);
    const slower = { ...metrics, timeToAcknowledgeMs: 60_000 };
    const faster = { ...metrics, timeToAcknowledgeMs: 1_000 };
    const html = postmortemPage(draft, gatherFacts(input.entries), {
      earlier: [slower, slower, faster],
      privilege: 'For counsel <b>only</b>',
      exercise: true,
    });
    expect(html).toContain('faster than the median, 1 min 00 s (n = 3)');
    expect(html.match(/class="earlier"/g)?.length).toBeGreaterThanOrEqual(9);
    expect(html).toContain('<p class="banner">For counsel &lt;b&gt;only&lt;/b&gt;</p>');
    expect(html).toContain('Exercise: nothing real was touched</p>');
    const behind = postmortemPage(draft, gatherFacts(input.entries), { earlier: [faster] });
    expect(behind).toContain('slower than the median, 1.000 s (n = 1)');
  });

  test('runs and loads nothing, whatever stands in it', () => {
    const hostile = [
      '<script>alert(1)</script>',
      '<img src=x onerror=alert(1)>',
      '[click](javascript:alert(1))',
      '![x](https://tracker.example/p.png)',
      '[mail](mailto:dana@example.com)',
    ].join('\n\n');
    const html = page(written(draft, { impact: hostile }));
    expect(html).not.toMatch(/<script|<img|href="javascript:/i);
    expect(html).toContain('&lt;script&gt;');
    expect(html).toContain('href="mailto:dana@example.com"');
    expect(html).toContain("default-src 'none'");
  });
});
