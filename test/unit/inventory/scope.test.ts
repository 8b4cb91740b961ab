import { describe, expect, test } from '@jest/globals';
import { pictureSchema } from '../../../src/inventory/picture.ts';
import { relatedFunctions } from '../../../src/inventory/scope.ts';

const AROUND = '2026-11-24T03:00:00.000Z';
const ROLE = 'arn:aws:iam::111122223333:role/shared';
const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:orders';
const arnOf = (name: string) => `arn:aws:lambda:eu-west-1:111122223333:function:${name}`;

type Trigger = { readonly kind: 'source' | 'grant' | 'url'; readonly from: string };

function picture(
  functions: readonly {
    readonly name: string;
    readonly role: string;
    readonly triggers?: readonly Trigger[] | null;
  }[],
  changes: readonly { readonly at: string; readonly by: string; readonly functionName: string }[] = [],
) {
  return pictureSchema.parse({
    account: '111122223333',
    region: 'eu-west-1',
    takenAt: AROUND,
    functions: functions.map(({ name, role, triggers = [] }) => ({
      functionArn: arnOf(name),
      functionName: name,
      roles: [role],
      logGroups: [],
      triggers,
      sinks: [],
      tags: {},
      reserved: null,
      prepared: null,
      codeSha256: 'x',
      lastModified: AROUND,
    })),
    roles: [],
    ownRoles: [],
    changes: changes.map((change) => ({ call: 'UpdateFunctionCode', ...change })),
    unknown: [],
  });
}

const targets = [{ functionArn: arnOf('checkout'), roles: [ROLE] }];
const found = (...given: Parameters<typeof picture>) =>
  relatedFunctions(picture(...given), targets, AROUND).map(({ functionName, because }) => [
    functionName,
    because.map(({ kind }) => kind),
  ]);

describe('functions that share something with what was attacked', () => {
  test('are those on the role, of the same changer, and with the same caller; most in common first', () => {
    const queue: Trigger = { kind: 'source', from: QUEUE };
    expect(
      found(
        [
          { name: 'checkout', role: ROLE, triggers: [queue] },
          { name: 'a-role', role: ROLE },
          { name: 'b-all', role: ROLE, triggers: [queue] },
          { name: 'c-changed', role: 'arn:aws:iam::111122223333:role/other' },
          { name: 'd-nothing', role: 'arn:aws:iam::111122223333:role/other' },
        ],
        [
          { at: '2026-11-24T02:00:00.000Z', by: 'arn:mallory', functionName: 'checkout' },
          { at: '2026-11-24T02:10:00.000Z', by: 'arn:mallory', functionName: 'c-changed' },
          { at: '2026-11-24T02:10:00.000Z', by: 'arn:deploy', functionName: 'd-nothing' },
        ],
      ),
    ).toEqual([
      ['b-all', ['role', 'caller']],
      ['a-role', ['role']],
      ['c-changed', ['principal']],
    ]);
  });

  test('are not those with a service or an old change in common, nor the targets themselves', () => {
    const service: Trigger = { kind: 'grant', from: 'edge: apigateway.amazonaws.com' };
    expect(
      found(
        [
          { name: 'checkout', role: ROLE, triggers: [service] },
          { name: 'other', role: 'arn:aws:iam::111122223333:role/other', triggers: [service] },
          { name: 'unread', role: 'arn:aws:iam::111122223333:role/other', triggers: null },
        ],
        [
          { at: '2026-11-20T02:00:00.000Z', by: 'arn:deploy', functionName: 'checkout' },
          { at: '2026-11-20T02:10:00.000Z', by: 'arn:deploy', functionName: 'other' },
        ],
      ),
    ).toEqual([]);
  });

  test('are found by a principal that the policy of both lets in by name', () => {
    const from = 'caller: arn:aws:iam::444455556666:role/partner';
    expect(
      found([
        { name: 'checkout', role: ROLE, triggers: [{ kind: 'grant', from }] },
        { name: 'other', role: 'arn:aws:iam::111122223333:role/other', triggers: [{ kind: 'grant', from }] },
      ]),
    ).toEqual([['other', ['caller']]]);
  });
});
