import { stat } from 'node:fs/promises';
import { createClient } from '../../console/client.ts';
import { codeOf, describeError, systemWord } from '../../error.ts';
import { lockFolder } from '../../store/folder-lock.ts';
import type { Pause } from '../../store/pause.ts';
import { readPause } from '../../store/pause.ts';
import { openEmbedded } from '../../store/pglite.ts';
import { openServer } from '../../store/server.ts';
import type { Sql } from '../../store/sql.ts';
import { countLiveWorkers, databaseStatus } from '../../store/status.ts';
import { createClosing } from '../closing.ts';
import { databaseFolder } from '../database.ts';
import type { Finding } from './finding.ts';
import { fail, off, ok, warn } from './finding.ts';
import type { Patient } from './patient.ts';

// What the production guide names; older ones are not tested.
const LEAST_POSTGRES = 15;

/** The record and the queue: whether they answer, and which versions they are. */
export async function databaseFindings(patient: Patient): Promise<readonly Finding[]> {
  const { config } = patient;
  const record = config.databaseUrl === undefined ? embedded(patient) : server(config.databaseUrl);
  return (await Promise.all([record, redis(config.redisUrl)])).flat();
}

async function embedded({ config, clock, holder }: Patient): Promise<readonly Finding[]> {
  const name = 'database';
  if (holder?.kind === 'serve') {
    try {
      const { version, paused } = await createClient(holder.socket).status();
      return [ok(name, `embedded; the engine that holds it answers (version ${version})`), writes(paused)];
    } catch (error) {
      const mend = 'see its log; if it hangs, end it and start it again: nothing is lost';
      return [fail(name, `the engine that holds it does not answer: ${describeError(error)}`, mend)];
    }
  }
  const folder = databaseFolder(config.dataDir);
  const exists = await stat(folder).then(
    () => true,
    () => false,
  );
  if (!exists) return [ok(name, 'embedded; made at the first start')];
  const closing = createClosing();
  try {
    const outcome = await lockFolder(config.dataDir, 'command', clock);
    if (outcome.kind === 'busy') return [ok(name, `embedded; process ${outcome.holder.pid} uses it now`)];
    closing.add(() => outcome.lock.release());
    const sql = await openEmbedded({ folder });
    closing.add(() => sql.close());
    const finding = await schema('embedded', sql);
    return finding.status === 'ok' ? [finding, writes(await pauseOf(sql))] : [finding];
  } catch (error) {
    const mend = 'another version may have written it; move the folder away to begin anew';
    return [fail(name, `embedded, cannot be opened (${codeOf(error)})`, mend)];
  } finally {
    await closing.close();
  }
}

async function server(url: string): Promise<readonly Finding[]> {
  const sql = openServer({ url, poolSize: 1 });
  try {
    const finding = await schema('server', sql);
    if (finding.status === 'fail') return [finding];
    const paused = finding.status === 'ok' ? [writes(await pauseOf(sql))] : [];
    return [finding, await workers(sql), ...paused];
  } catch (error) {
    const mend = 'start it, or correct DATABASE_URL: host, port, user, password, database, TLS';
    return [fail('database', `the PostgreSQL server does not answer${systemWord(error)}`, mend)];
  } finally {
    await sql.close();
  }
}

async function schema(kind: string, sql: Sql): Promise<Finding> {
  const name = 'database';
  const { postgres, schema: newest, pending, unknown } = await databaseStatus(sql);
  const found = `${kind}, PostgreSQL ${postgres}, schema ${newest ?? 'not made yet'}`;
  if (unknown.length > 0) {
    return fail(
      name,
      `${found}, written by a later version`,
      'use the version that wrote it, or a later one',
    );
  }
  if (Number.parseInt(postgres, 10) < LEAST_POSTGRES) {
    return warn(name, found, `PostgreSQL ${LEAST_POSTGRES} or newer is what is tested`);
  }
  if (newest !== null && pending.length > 0) {
    return warn(name, `${found}, ${pending.length} migration(s) to come`, 'they run at the next start');
  }
  return ok(name, found);
}

function writes(paused: Pause | null): Finding {
  const name = 'writes';
  return paused === null
    ? ok(name, 'not paused')
    : warn(name, `paused by ${paused.by} since ${paused.at}: ${paused.reason}`, 'cordon resume ends it');
}

async function pauseOf(sql: Sql): Promise<Pause | null> {
  const { schema: newest } = await databaseStatus(sql);
  return newest === null ? null : readPause(sql);
}

async function workers(sql: Sql): Promise<Finding> {
  const name = 'workers';
  const { schema: newest } = await databaseStatus(sql);
  const live = newest === null ? 0 : await countLiveWorkers(sql);
  return live > 0
    ? ok(name, `${live} alive`)
    : warn(name, 'none is alive: alerts are recorded and nothing is done about them', 'start cordon serve');
}

async function redis(url: string | undefined): Promise<Finding> {
  const name = 'redis';
  if (url === undefined) return off(name, 'not configured; the queue is on the database');
  const { pingRedis } = await import('../../queue/redis-check.ts');
  try {
    return ok(name, `Redis ${await pingRedis(url)}`);
  } catch (error) {
    return fail(name, describeError(error), 'start it, correct REDIS_URL, or unset it');
  }
}
