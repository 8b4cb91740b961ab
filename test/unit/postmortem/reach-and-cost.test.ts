import { appendFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { nodeDisk } from '../../../src/evidence/disk.ts';
import { objectPath } from '../../../src/evidence/place.ts';
import { readCaseFindings } from '../../../src/main/case-findings.ts';
import { caseFindings } from '../../../src/postmortem/case-findings.ts';
import { draftPostmortem, type PostmortemInput } from '../../../src/postmortem/draft.ts';
import { gatherFacts } from '../../../src/postmortem/facts.ts';
import { postmortemPage } from '../../../src/postmortem/html.ts';
import { entryBody } from '../../../src/timeline/body.ts';
import type { Entry, EntryKind } from '../../../src/timeline/entry.ts';
import { INCIDENT, item, withBench } from '../evidence/case-fixture.ts';
import { ARN, caseItems, wholeIncident } from './whole-incident.ts';

const section = (text: string, name: string) =>
  text.split(`<!-- cordon:generated ${name} -->`)[1]?.split('<!-- cordon:end')[0] ?? '';
const rowsOf = (text: string) => text.match(/^\| .*$/gm)?.filter((row) => !row.startsWith('| ---')) ?? [];

/** The incident with entries after its own. */
function withEntries(...more: readonly (readonly [string, EntryKind, object])[]): PostmortemInput {
  const input = wholeIncident();
  const [last] = input.entries.slice(-1);
  const added = more.map(([at, kind, data], index): Entry => {
    if (last === undefined) throw new TypeError('expected an incident with entries');
    const body = entryBody(kind, { kind: 'engine' }, 'x', JSON.parse(JSON.stringify(data)));
    return { ...last, seq: last.seq + 1 + index, at: `2026-01-31T${at}Z`, body };
  });
  return { ...input, entries: [...input.entries, ...added] };
}

describe('what could be reached against what was', () => {
  test('sets each grant beside the calls of the role that CloudTrail has', () => {
    const reach = section(draftPostmortem(wholeIncident()), 'reach');
    const row = (grant: string) => rowsOf(reach).find((each) => each.includes(grant));
    expect(row('`iam:List* on *`')).toMatch(
      /once, last 2026-01-31 11:59:00.000Z \(event `e-1`\) \| item `checkout\/roles/,
    );
    // A management log cannot say that an object was not read: nothing seen is not nothing done.
    expect(row('`s3:GetObject on *`')).toContain('not known: such calls leave no management event');
    expect(row('`iam:ListUsers`')).toMatch(/\| 1 \| 1 \| 1 \| 0 \|/);
    // Refused by the deny, and never allowed by any grant.
    expect(row('`ec2:RunInstances`')).toMatch(/\| 0 \| 1 \| 1 \| 0 \|/);
    expect(reach).toContain('larger than 1 byte');
  });

  test('tells calls of other roles, of services, and of events twice listed apart', () => {
    const [role, trail] = caseItems();
    if (role === undefined || trail === undefined) throw new TypeError('expected a role and a trail');
    const other = JSON.parse(JSON.stringify(trail.rows[0]).replaceAll('role/checkout', 'role/other'));
    const found = caseFindings([role, { ...trail, rows: [...trail.rows, other, 'no record', null] }], []);
    expect(found.calls.map(({ id }) => id)).toEqual(['e-1', 'e-2', 'e-3']);
  });

  test('says that a policy could not be read, and never that it allows nothing', () => {
    const [role] = caseItems();
    if (role === undefined) throw new TypeError('expected a role');
    const unread = { ...role, rows: [{ arn: 'r', inlinePolicies: { x: null }, attachedPolicies: [] }] };
    const swept = { ...role, name: 'checkout/sweep-20m/roles/r.json' };
    const text = draftPostmortem({ ...wholeIncident(), findings: caseFindings([unread, swept], []) });
    expect(section(text, 'reach')).toContain('**not known**: a policy could not be read');
    expect(section(text, 'reach')).not.toContain('s3:GetObject');
  });

  test('names what got through, from the entry that says so', () => {
    const through = [{ at: '2026-01-31T12:10:00.000Z', call: 's3:ListBuckets', principal: 'session' }];
    const input = withEntries(['12:11:00.000', 'containment.breached', { target: ARN, through }]);
    expect(section(draftPostmortem(input), 'reach')).toMatch(
      /`s3:ListBuckets` \| `session` \| .* \| entry 19 \|/,
    );
    expect(section(draftPostmortem({ ...input, findings: null }), 'reach')).toContain('entry 19');
  });

  test('lists what no log can show out of what the roles allow', () => {
    const limits = section(draftPostmortem(wholeIncident()), 'limits');
    expect(limits).toContain('`dynamodb:* on *`, `s3:GetObject on *`');
    expect(limits).not.toContain('iam:List');
  });
});

describe('the cost of containment', () => {
  test('gives every figure its source, and counts only minutes of the outage', () => {
    const text = draftPostmortem(wholeIncident());
    const rows = rowsOf(section(text, 'cost')).slice(1);
    for (const row of rows)
      expect(row).toMatch(
        /\| (entr(y|ies) [\d, ]+(; item .*)?|item .*|no item of evidence|the timeline has no such action) \|$/,
      );
    // 99 throttles were before the stop.
    expect(rows.find((row) => row.includes('minute by minute'))).toContain('| 7 |');
    // Read, and no minute published: zero. Not read: not known.
    expect(rows.find((row) => row.includes('Asynchronous events lost'))).toContain('| 0 |');
    const blind = section(draftPostmortem({ ...wholeIncident(), findings: null }), 'cost');
    expect(blind).toMatch(/Asynchronous events lost .* not known: no item has it/);
  });

  test('ends an outage with the whole return, and not with its canary', () => {
    const back = { action: 'lambda.reserve-zero-concurrency', object: ARN, reverses: 'att-1' };
    const level = {
      target: ARN,
      level: 'none',
      why: 'released',
      seen: { lookedAt: '2026-01-31T13:09:00.000Z', refused: 0, throttled: 12, dropped: 4 },
    };
    const canary = ['13:05:00.000', 'attempt.succeeded', { ...back, attempt: 'att-4', trial: true }] as const;
    const whole = ['13:10:00.095', 'attempt.succeeded', { ...back, attempt: 'att-5' }] as const;
    const held = [
      '13:11:00.000',
      'evidence.quarantined',
      { name: 'checkout/sweep-20m/quarantine.ndjson', sourceArn: 'sink', events: 3 },
    ] as const;
    const again = [
      '13:12:00.000',
      'evidence.quarantined',
      { name: 'checkout/sweep-24h/quarantine.ndjson', sourceArn: 'sink', events: 5 },
    ] as const;
    const open = draftPostmortem(withEntries(canary));
    expect(section(open, 'cost')).toContain('1 h 04 min so far');
    const input = withEntries(canary, whole, ['13:10:01.000', 'containment.level', level], held, again);
    const closed = section(draftPostmortem(input), 'cost');
    expect(closed).toContain('1 h 10 min, from 2026-01-31 12:00:00.095Z to 2026-01-31 13:10:00.095Z');
    expect(closed).toMatch(/turned away, as the watch counted .* 12 by 2026-01-31 13:09:00.000Z \| entry 21/);
    expect(closed).toMatch(/events lost, as the watch counted .* 4 by 2026-01-31 13:09:00.000Z \| entry 21/);
    // Who did not count has no figure, which is not zero (control).
    const { dropped: _, ...counted } = level.seen;
    const old = withEntries(canary, whole, [
      '13:10:01.000',
      'containment.level',
      { ...level, seen: counted },
    ]);
    const uncounted = section(draftPostmortem(old), 'cost');
    expect(uncounted).toContain('turned away, as the watch counted');
    expect(uncounted).not.toContain('lost, as the watch counted');
    // Each round reads all that is in the sink: the last count, not the sum.
    expect(closed).toMatch(/quarantine sink \| `sink` \| 5 \| entry 23/);
    expect(closed).not.toContain('| 3 |');
    expect(postmortemPage(draftPostmortem(input), gatherFacts(input.entries))).toContain('<b>1 h 10 min</b>');
  });

  test('says that nothing was contained', () => {
    const text = draftPostmortem({ ...wholeIncident(), entries: [] });
    expect(section(text, 'cost')).toContain('nothing shows a cost');
  });
});

describe('facts out of a case', () => {
  test('are read from bytes that are what was sealed, and from no others', async () => {
    await withBench(async ({ open, folder }) => {
      const port = await open();
      const [role, trail] = caseItems();
      if (role === undefined || trail === undefined) throw new TypeError('expected a role and a trail');
      const lines = trail.rows.map((row) => `${JSON.stringify(row)}\n`).join('');
      await port.put(
        item(role.name, JSON.stringify(role.rows[0]), { artifact: 'role', sourceArn: role.sourceArn }),
      );
      await port.put(
        item(trail.name, lines, { artifact: 'cloudtrail-management', mediaType: 'application/x-ndjson' }),
      );
      const read = () => readCaseFindings({ disk: nodeDisk, folder, incident: INCIDENT });
      const found = await read();
      expect(found?.roles[0]?.grants).toEqual(['dynamodb:* on *', 'iam:List* on *', 's3:GetObject on *']);
      expect(found?.calls).toHaveLength(3);
      expect(found?.unread).toEqual([]);

      const { createHash } = await import('node:crypto');
      const object = join(folder, objectPath(createHash('sha256').update(lines).digest('hex')));
      await chmod(object, 0o600);
      await appendFile(object, lines.replaceAll('e-', 'forged-'));
      const forged = await read();
      expect(forged?.calls).toEqual([]);
      expect(forged?.unread).toEqual([{ item: trail.name, reason: 'not the bytes that were sealed' }]);
    });
  });
});
