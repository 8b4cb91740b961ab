import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { randomIds } from '../../src/id.ts';
import { createLog } from '../../src/log.ts';
import { startServing } from '../../src/main/serve.ts';

/**
 * An engine as `cordon serve` runs it, against a simulated account in place of AWS: configured by the
 * environment, with the account's endpoint and its own access key as arguments.
 */
const [endpoint = '', accessKeyId = '', secretAccessKey = ''] = process.argv.slice(2);

// The tests hold the other end: when they are gone, however they ended, so is this process.
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));

const config = readConfig();
const serving = await startServing(config, {
  // Alerts come by the command API here, so nothing listens for them.
  roles: new Set(['worker', 'slack']),
  clock: systemClock,
  ids: randomIds,
  log: createLog(config.logLevel),
  transport: { kind: 'world', endpoint, credentials: { accessKeyId, secretAccessKey } },
});
process.once('SIGTERM', () => void serving.stop().then(() => process.exit(0)));
process.stdout.write('ready\n');
