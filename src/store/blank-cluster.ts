import { parentPort } from 'node:worker_threads';
import { migrate } from './migrate.ts';
import { openEmbedded } from './pglite.ts';

/** The program of a thread that makes an empty, migrated cluster and hands its dump over; see `openInMemory`. */
const sql = await openEmbedded({});
await migrate(sql);
const dump = await sql.database.dumpDataDir('none');
await sql.close();
const bytes = await dump.arrayBuffer();
parentPort?.postMessage(bytes, [bytes]);
