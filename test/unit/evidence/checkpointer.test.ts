import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCheckpointer } from '../../../src/evidence/checkpointer.ts';
import { nodeDisk } from '../../../src/evidence/disk.ts';
import { loadEvidenceKeys } from '../../../src/evidence/keys.ts';
import { silentLog } from '../../../src/log.ts';
import { takeLease } from '../../../src/store/lease.ts';
import { appendSystemEntries } from '../../../src/store/system-chain.ts';
import { entryBody } from '../../../src/timeline/body.ts';
import { cli, serveEngine } from '../../support/cli.ts';
import type { Ground } from '../../support/engine.ts';
import { freshGround, quiet } from '../../support/engine.ts';

let ground: Ground;
let served: Awaited<ReturnType<typeof serveEngine>>;
let incident: string;

beforeAll(async () => {
  ground = await freshGround();
  served = await serveEngine(ground);
  incident = await served.engine.submit();
  await quiet(served.engine);
});

afterAll(async () => {
  await served.stop();
  await ground.sql.close();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

async function checkpointer(owner = 'wrk-test') {
  const { signer } = await loadEvidenceKeys(join(ground.dataDir, 'keys'));
  const { sql, clock } = ground;
  const folder = join(ground.dataDir, 'checkpoints');
  return createCheckpointer({ sql, clock, log: silentLog, disk: nodeDisk, folder, signer, owner });
}

async function verifyAll() {
  const argv = ['timeline', 'verify', '--all', '--json'];
  const { code, stdout } = await cli(argv, { environment: { CORDON_DATA_DIR: ground.dataDir } });
  return { code, ...JSON.parse(stdout) };
}

const files = () => readdir(join(ground.dataDir, 'checkpoints'));
const newest = async () => join(ground.dataDir, 'checkpoints', (await files()).at(-1) ?? '');

async function append(text: string): Promise<void> {
  const body = entryBody('configuration.changed', { kind: 'engine' }, text);
  await appendSystemEntries(ground.sql, ground.clock, [body]);
}

/** What an intruder with the database's own rights does: the triggers are no wall for them. */
async function asIntruder(statements: readonly string[]): Promise<void> {
  await ground.sql.withTransaction(async (transaction) => {
    await transaction.query('set local session_replication_role = replica');
    for (const statement of statements) await transaction.query(statement);
  });
}

const removed = (id: string) => [
  ...['alert', 'chart', 'invocation', 'attempt', 'hold', 'timer', 'outbox', 'incident_target'].map(
    (table) => `delete from cordon.${table} where incident_id = '${id}'`,
  ),
  `delete from cordon.timeline_body where chain = '${id}'`,
  `delete from cordon.timeline_entry where chain = '${id}'`,
  `delete from cordon.incident where id = '${id}'`,
];

describe('checkpoints over all timelines', () => {
  test('are made once for what changed, signed, and written outside the database', async () => {
    await append('one');
    const first = await checkpointer();
    await first.once();
    expect(await files()).toEqual(['000000000002.dsse.json']);
    expect(await verifyAll()).toMatchObject({ code: 0, verified: true, chains: 2, records: 2, signed: 2 });
    await append('two');
    expect(await verifyAll()).toMatchObject({ code: 0, records: 2, signed: 2 }); // newer than any checkpoint
    await first.once();
    expect((await files()).length).toBe(2);
    const { code, records, signed } = await verifyAll();
    expect({ code, signed }).toEqual({ code: 0, signed: records });
  });

  test('are made by one process at a time, and by the next when it is gone', async () => {
    await append('three');
    const second = await checkpointer('wrk-second');
    await second.once();
    expect(await files()).toHaveLength(2); // the first still holds the lease
    await (await checkpointer()).stop();
    await append('four');
    await second.once();
    expect(await files()).toHaveLength(4);
    await second.stop();
  });

  test('that were cut off between the database and the folder are completed', async () => {
    await rm(await newest());
    expect(await verifyAll()).toMatchObject({ code: 1, findings: [{ kind: 'checkpoint-missing' }] });
    const after = await checkpointer();
    await after.once();
    await after.stop();
    expect(await verifyAll()).toMatchObject({ code: 0 });
  });

  test('find a changed checkpoint', async () => {
    const path = await newest();
    const bytes = await readFile(path);
    await chmod(path, 0o600);
    await writeFile(
      path,
      bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
    );
    const kinds = (await verifyAll()).findings.map(({ kind }: { kind: string }) => kind);
    expect(kinds).toContain('checkpoint-altered');
    await writeFile(path, bytes);
    expect(await verifyAll()).toMatchObject({ code: 0 });
  });

  test('find a whole incident that was removed from the database, and its log with it', async () => {
    await asIntruder(removed(incident));
    const { code, findings } = await verifyAll();
    expect(code).toBe(1);
    const removal = expect.objectContaining({ kind: 'chain-removed', subject: incident });
    expect(findings).toEqual(findings.map(() => removal));

    await asIntruder([`delete from cordon.checkpoint_record where chain = '${incident}'`]);
    expect(await verifyAll()).toMatchObject({ code: 1, findings: [{ kind: 'log-altered' }] });
    // Nor does the engine vouch for what is left, once it has started again.
    await append('four');
    const before = await files();
    await expect((await checkpointer('wrk-later')).once()).rejects.toMatchObject({
      code: 'cordon_checkpoint_contradicted',
    });
    expect(await files()).toEqual(before);
  });

  test('have a lease that ends', async () => {
    const { sql } = ground;
    expect(await takeLease(sql, 'test', 'one', -1)).toBe(true);
    expect(await takeLease(sql, 'test', 'two', 60_000)).toBe(true);
    expect(await takeLease(sql, 'test', 'one', 60_000)).toBe(false);
    expect(await takeLease(sql, 'test', 'two', 60_000)).toBe(true);
  });
});
