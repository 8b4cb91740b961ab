import { describe, expect, test } from '@jest/globals';
import { loadWorld } from '../../../src/simulation/world/spec.ts';
import { makeZip } from '../../../src/simulation/world/zip.ts';
import { act, answer, untilClosed, untilLevel } from '../../support/answers.ts';
import { engineForEachTest } from '../../support/each-test.ts';
import { drive, quiet } from '../../support/engine.ts';
import { FUNCTION_ARN, smallWorld } from '../../support/world.ts';

const DEPLOYER = {
  name: 'deployer',
  accessKeyId: 'AKIADEPLOYER00000000',
  secretAccessKey: 'deployer-world-secret-key',
  policies: {
    everything: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  },
};

const on = engineForEachTest({
  world: () => {
    const base = smallWorld();
    const [checkout, ...others] = base.functions;
    const versions = [{}, { files: { 'handler.py': 'import evil\n' } }];
    const functions = [{ ...checkout, versions, aliases: [{ name: 'live', version: '2' }] }, ...others];
    return loadWorld(JSON.stringify({ ...base, users: [...base.users, DEPLOYER], functions }));
  },
});

const reserved = () => on.ground.world.state.functions.get(FUNCTION_ARN)?.reserved;
const alias = () => on.ground.world.state.functions.get(FUNCTION_ARN)?.aliases.get('live')?.version;
const deploys = () =>
  on.ground.world.attacker.callAs(DEPLOYER, {
    service: 'lambda',
    action: 'UpdateFunctionCode',
    resource: FUNCTION_ARN,
    request: { ZipFile: Buffer.from(makeZip({ 'handler.py': 'import other' })).toString('base64') },
  });
const hashOf = async (version: string) => {
  const { data } = (await on.ground.world.attacker.callAs(DEPLOYER, {
    service: 'lambda',
    action: 'GetFunction',
    resource: `${FUNCTION_ARN}:${version}`,
  })) as { data?: { Configuration?: { CodeSha256?: string } } }; // the world's own answer
  return data?.Configuration?.CodeSha256 ?? '';
};

async function contained(): Promise<string> {
  const id = await on.engine.submit();
  await untilLevel(on.engine, id, 'effective');
  await drive(
    on.engine,
    async () => (await on.engine.cordon.views.incidentView(id))?.evidence.sealedAt !== null,
  );
  return id;
}

describe('code that was changed while the function was contained', () => {
  test('does not run again, not even as a canary, before a person says that it is good', async () => {
    const id = await contained();
    expect(await deploys()).toMatchObject({ kind: 'ok' });
    await answer(on.engine, id, 'triage', { verdict: 'true_positive' });
    await answer(on.engine, id, 'recovery', { decision: 'release' });
    await drive(on.engine, async () =>
      [...(await on.engine.state(id)).attempts.values()].some(
        ({ action, reverses }) => action === 'lambda.reserve-zero-concurrency' && reverses !== null,
      ),
    );
    await quiet(on.engine);
    expect(reserved()).toBe(0);
    // It is tried for half an hour before a person is asked.
    await on.restart({ awayMs: 30 * 60_000 });
    await drive(on.engine, async () =>
      ((await on.engine.cordon.views.incidentView(id))?.questions ?? []).some(
        (each) => each.form === 'conflict' && each.status === 'open',
      ),
    );
    expect(reserved()).toBe(0);
    const left = [...(await on.engine.state(id)).holds.values()].flatMap((hold) => hold.left ?? []);
    expect(left.join()).toMatch(/must be known to be good before it runs/);
    await answer(on.engine, id, 'conflict', { decision: 'overwrite' });
    await untilClosed(on.engine, id);
    expect(reserved()).toBeUndefined();
  });
});

describe('a person who rolls an alias back', () => {
  const back = async (id: string, version: string, codeSha256: string) =>
    act(on.engine, id, 'roll-back-alias', {
      alias: 'live',
      version,
      codeSha256,
      reason: 'the build of Tuesday',
    });

  test('points it at the version whose code they know and at no other, and release points it back', async () => {
    const id = await contained();
    expect(await hashOf('2')).not.toBe(await hashOf('1'));
    await back(id, '2', await hashOf('1'));
    await drive(on.engine, async () =>
      [...(await on.engine.state(id)).attempts.values()].some(
        (attempt) => attempt.action === 'lambda.roll-back-alias' && attempt.state === 'failed',
      ),
    );
    expect(on.ground.world.journal.writes({ operation: 'UpdateAlias' })).toEqual([]);
    await quiet(on.engine);
    expect(await back(id, '1', await hashOf('1'))).toMatchObject({ kind: 'done' });
    await drive(on.engine, () => alias() === '1');

    // CONTROL: after a false alarm code that was changed is no question.
    expect(await deploys()).toMatchObject({ kind: 'ok' });
    await answer(on.engine, id, 'triage', { verdict: 'false_positive' });
    await untilClosed(on.engine, id);
    expect(alias()).toBe('2');
    expect(reserved()).toBeUndefined();
  });
});
