import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { loadWorld } from '../../../src/simulation/world/spec.ts';
import { makeZip } from '../../../src/simulation/world/zip.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import { act, answer, untilClosed, untilLevel } from '../../support/answers.ts';
import { drive, freshGround, type Ground, startEngine, type TestEngine } from '../../support/engine.ts';
import { freshDatabase } from '../../support/template.ts';
import { FUNCTION_ARN, smallWorld } from '../../support/world.ts';

const DEPLOYER = {
  name: 'deployer',
  accessKeyId: 'AKIADEPLOYER00000000',
  secretAccessKey: 'deployer-world-secret-key',
  policies: {
    everything: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  },
};

let sql: EmbeddedSql;
let ground: Ground;
let engine: TestEngine;

beforeAll(async () => {
  sql = await freshDatabase();
});
afterAll(async () => {
  await sql.close();
});
beforeEach(async () => {
  const base = smallWorld();
  const [checkout, ...others] = base.functions;
  const versions = [{}, { files: { 'handler.py': 'import evil\n' } }];
  const functions = [{ ...checkout, versions, aliases: [{ name: 'live', version: '2' }] }, ...others];
  const world = loadWorld(JSON.stringify({ ...base, users: [...base.users, DEPLOYER], functions }));
  ground = await freshGround({ sql, world });
  engine = await startEngine(ground);
});
afterEach(async () => {
  await engine.stop();
});

const reserved = () => ground.world.state.functions.get(FUNCTION_ARN)?.reserved;
const alias = () => ground.world.state.functions.get(FUNCTION_ARN)?.aliases.get('live')?.version;
const deploys = () =>
  ground.world.attacker.callAs(DEPLOYER, {
    service: 'lambda',
    action: 'UpdateFunctionCode',
    resource: FUNCTION_ARN,
    request: { ZipFile: Buffer.from(makeZip({ 'handler.py': 'import other' })).toString('base64') },
  });
const hashOf = async (version: string) => {
  const { data } = (await ground.world.attacker.callAs(DEPLOYER, {
    service: 'lambda',
    action: 'GetFunction',
    resource: `${FUNCTION_ARN}:${version}`,
  })) as { data?: { Configuration?: { CodeSha256?: string } } }; // the world's own answer
  return data?.Configuration?.CodeSha256 ?? '';
};

async function contained(): Promise<string> {
  const id = await engine.submit();
  await untilLevel(engine, id, 'effective');
  await drive(engine, async () => (await engine.cordon.views.incidentView(id))?.evidence.sealedAt !== null);
  return id;
}

describe('code that was changed while the function was contained', () => {
  test('does not run again, not even as a canary, before a person says that it is good', async () => {
    const id = await contained();
    expect(await deploys()).toMatchObject({ kind: 'ok' });
    await answer(engine, id, 'triage', { verdict: 'true_positive' });
    await answer(engine, id, 'recovery', { decision: 'release' });
    await drive(engine, async () =>
      ((await engine.cordon.views.incidentView(id))?.questions ?? []).some(
        (each) => each.form === 'conflict' && each.status === 'open',
      ),
    );
    expect(reserved()).toBe(0);
    const left = [...(await engine.state(id)).holds.values()].flatMap((hold) => hold.left ?? []);
    expect(left.join()).toMatch(/must be known to be good before it runs/);
    await answer(engine, id, 'conflict', { decision: 'overwrite' });
    await untilClosed(engine, id);
    expect(reserved()).toBeUndefined();
  });

  test('is no question after a false alarm (control)', async () => {
    const alarm = await contained();
    await deploys();
    await answer(engine, alarm, 'triage', { verdict: 'false_positive' });
    await untilClosed(engine, alarm);
    expect(reserved()).toBeUndefined();
  });
});

describe('a person who rolls an alias back', () => {
  const back = async (id: string, version: string, codeSha256: string) =>
    act(engine, id, 'roll-back-alias', {
      alias: 'live',
      version,
      codeSha256,
      reason: 'the build of Tuesday',
    });

  test('points it at the version whose code they know, and release points it back', async () => {
    const id = await contained();
    expect(await back(id, '1', await hashOf('1'))).toMatchObject({ kind: 'done' });
    await drive(engine, () => alias() === '1');
    await answer(engine, id, 'triage', { verdict: 'false_positive' });
    await untilClosed(engine, id);
    expect(alias()).toBe('2');
  });

  test('is refused a version with other code, and nothing is written', async () => {
    const id = await contained();
    expect(await hashOf('2')).not.toBe(await hashOf('1'));
    await back(id, '2', await hashOf('1'));
    await drive(engine, async () =>
      [...(await engine.state(id)).attempts.values()].some(
        (attempt) => attempt.action === 'lambda.roll-back-alias' && attempt.state === 'failed',
      ),
    );
    expect(ground.world.journal.writes({ operation: 'UpdateAlias' })).toEqual([]);
  });
});
