import { afterEach, describe, expect, test } from '@jest/globals';
import { createSharedReads } from '../../../src/aws/shared-reads.ts';
import { createVirtualClock } from '../../../src/simulation/virtual-clock.ts';
import { accessTo, openGuard, SCOPE } from '../../support/aws-access.ts';
import { type AwsStub, json, startAwsStub } from '../../support/aws-stub.ts';

let stub: AwsStub | undefined;
afterEach(() => stub?.close());

const arn = (name: string) => `arn:aws:lambda:eu-west-1:111122223333:function:${name}`;

/** An account of so many functions, each with a mapping, and what was asked of it. */
async function account(functions: number) {
  const names = Array.from({ length: functions }, (_, index) => `f${index}`);
  const server = await startAwsStub((request) => {
    const name = request.query.get('FunctionName');
    const mappings = names
      .filter((each) => name === null || name === arn(each))
      .map((each) => ({ UUID: each, FunctionArn: `${arn(each)}${each === 'f1' ? ':PROD' : ''}` }));
    return json({ EventSourceMappings: mappings });
  });
  stub = server;
  const { lambda } = accessTo(server.url)(SCOPE, openGuard());
  return { lambda, names, asked: () => server.requests.map(({ query }) => query.get('FunctionName')) };
}

describe('mappings', () => {
  test('of one function are asked for by its name, as often as it is asked about', async () => {
    const { lambda, asked } = await account(3);
    await lambda.listEventSourceMappings(arn('f0'));
    await lambda.listEventSourceMappings(arn('f0'));
    expect(asked()).toEqual([arn('f0'), arn('f0')]);
  });

  test('of a crowd of functions are listed once for all of them, aliases included', async () => {
    const { lambda, names, asked } = await account(40);
    const found = await Promise.all(names.map((name) => lambda.listEventSourceMappings(arn(name))));
    expect(found.map((mappings) => mappings.map(({ UUID }) => UUID))).toEqual(names.map((name) => [name]));
    // The first by its name, before there was a crowd; then everything at once.
    expect(asked()).toEqual([arn('f0'), null]);
  });
});

describe('a shared list', () => {
  test('is kept for as long as making it anew would cost more than 2 % of the calls', async () => {
    const clock = createVirtualClock(new Date(0));
    const reads = createSharedReads(clock);
    let made = 0;
    const read = (calls: number) =>
      reads.whole('mappings', async () => {
        made += 1;
        return { items: [made], calls };
      });
    const pass = async (ms: number) => {
      const slept = clock.sleep(ms);
      clock.advanceToNext();
      await slept;
    };
    expect(await read(2)).toEqual([1]);
    await pass(5999);
    expect(await read(2)).toEqual([1]);
    await pass(1);
    expect(await read(2)).toEqual([2]);
  });

  test('that fails for the one who makes it is made by the next, and not kept', async () => {
    const reads = createSharedReads(createVirtualClock(new Date(0)));
    const failing = reads.whole('functions', async () => {
      await Promise.resolve();
      throw new Error('lease lost');
    });
    const waiting = reads.whole('functions', async () => ({ items: ['f'], calls: 1 }));
    await expect(failing).rejects.toThrow('lease lost');
    expect(await waiting).toEqual(['f']);
  });
});
