import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { nodeDisk } from '../../../src/evidence/disk.ts';
import { expectationsOf } from '../../../src/evidence/expectations.ts';
import { casePlace, objectPath } from '../../../src/evidence/place.ts';
import { readCase } from '../../../src/evidence/read-case.ts';
import type { ItemRecord, StoredRecord } from '../../../src/evidence/record.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { drive, freshGround, type Ground, START, startEngine } from '../../support/engine.ts';
import { smallWorld } from '../../support/world.ts';

/** More than AWS searches for one page, all of it in the six hours before the alert. */
const EVENTS = 1_500;
const PIECE_FROM_MS = START.getTime() - 6 * 3_600_000;
const GROUP = '/aws/lambda/checkout-webhook';
const PIECE = /\/logs\/%2Faws%2Flambda%2Fcheckout-webhook\/from-2026-11-23T2100\.ndjson$/;

interface Collected {
  readonly records: readonly StoredRecord[];
  readonly item: ItemRecord['item'];
  readonly lines: readonly string[];
  readonly report: Awaited<ReturnType<typeof verifyCase>>;
  readonly kinds: readonly string[];
}

const grounds: Ground[] = [];
let whole: Collected;
let broken: Collected;

/** Collects the evidence of one incident; with `deleted`, the group is gone once its first page was read. */
async function collect(deleted: boolean): Promise<Collected> {
  const events = Array.from({ length: EVENTS }, (_, at) => ({
    secondsAgo: 9_000 - at,
    message: `line ${at}`,
  }));
  const ground = await freshGround({
    world: smallWorld({ logs: [{ group: GROUP, streams: [{ name: 'one', events }] }] }),
  });
  grounds.push(ground);
  const { world } = ground;
  const engine = await startEngine(ground, {
    // Evidence is collected all the same.
    mode: 'observe',
    async fetch(request) {
      const asks = request.headers.get('x-amz-target')?.endsWith('.FilterLogEvents') === true;
      const body = deleted && asks ? await request.clone().text() : '';
      if (body.includes('"nextToken"') && body.includes(`"startTime":${PIECE_FROM_MS}`)) {
        for (const arn of world.state.logGroups.keys()) world.state.logGroups.delete(arn);
      }
      return world.fetch(request);
    },
  });
  const id = await engine.submit();
  const collected = async () =>
    (await engine.cordon.views.incidentView(id))?.evidence.rounds.some(
      ({ round, state }) => round === 'first' && state === 'sealed',
    ) === true;
  await drive(engine, collected);
  const folder = engine.cordon.evidenceFolder;
  const { records } = await readCase(nodeDisk, casePlace(folder, id));
  const item = records.flatMap(({ record }) =>
    record.kind === 'item' && PIECE.test(record.item.name) ? [record.item] : [],
  )[0];
  if (item === undefined) throw new Error('expected the piece of the log before the alert');
  const entries = await readTimeline(ground.sql, id);
  const found = {
    records,
    item,
    lines: (await readFile(join(folder, objectPath(item.sha256)), 'utf8')).trim().split('\n'),
    report: await verifyCase(folder, id, expectationsOf(undefined, entries)),
    kinds: entries.map(({ body }) => body?.kind ?? ''),
  };
  await engine.stop();
  return found;
}

beforeAll(async () => {
  [whole, broken] = [await collect(false), await collect(true)];
}, 60_000);

afterAll(() => Promise.all(grounds.map(({ sql }) => sql.close())));

const gapsOf = ({ records }: Collected) =>
  records.flatMap(({ record }) =>
    record.kind === 'missing' && record.gap.artifact === 'function-logs' ? [record.gap] : [],
  );

describe('a log group that is deleted while it is read', () => {
  test('is kept whole where nobody deletes it', () => {
    expect(whole.lines).toHaveLength(EVENTS); // control: there was a second page to lose
    expect(whole.item.whole).toBe(true);
    expect(gapsOf(whole)).toEqual([]);
  });

  test('leaves the pages before, and a statement of what is missing and why', () => {
    expect(broken.lines).toHaveLength(1_000);
    expect(broken.item.whole).toBe(false);
    const rest = gapsOf(broken).find(({ name }) => name === `${broken.item.name}#rest`);
    expect(rest).toMatchObject({ code: 'cordon_aws_not_found', tries: 1 });
    expect(rest?.reason).toMatch(
      /^broke off after 1000 rows: .*ResourceNotFoundException.*log group does not exist/,
    );
    // The pieces before are gone with it, which one statement says.
    const earlier = gapsOf(broken).find(({ name }) => name.endsWith('/earlier'));
    expect(earlier?.reason).toMatch(/earlier pieces were not asked for/);
  });

  test('keeps nothing from being sealed and verified', () => {
    for (const { report, kinds } of [whole, broken]) {
      expect(report).toMatchObject({ verified: true, findings: [] });
      expect(kinds).toContain('evidence.sealed');
    }
    expect(broken.report.missing - whole.report.missing).toBe(gapsOf(broken).length);
    expect(broken.kinds).toContain('evidence.missing');
  });
});
