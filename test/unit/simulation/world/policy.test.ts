import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  authorise,
  evaluateResourcePolicy,
  type PolicySet,
} from '../../../../src/simulation/world/policy/authorise.ts';
import { conditionHolds, requestContext } from '../../../../src/simulation/world/policy/condition.ts';
import { readPolicy } from '../../../../src/simulation/world/policy/document.ts';
import { evaluate } from '../../../../src/simulation/world/policy/evaluate.ts';
import { actionMatches, arnMatches, globMatches } from '../../../../src/simulation/world/policy/glob.ts';

const none = requestContext({});
const policy = (...Statement: readonly object[]) =>
  readPolicy({ Version: '2012-10-17', Statement }, 'identity');
const allowAll = { Effect: 'Allow', Action: '*', Resource: '*' };
const set = (identity: ReturnType<typeof policy>[], more: Partial<PolicySet> = {}): PolicySet => ({
  identity,
  boundary: undefined,
  serviceControl: [],
  ...more,
});

const word = fc.stringMatching(/^[a-z]{1,6}$/);
const action = fc
  .tuple(
    fc.constantFrom('s3', 'iam', 'lambda'),
    fc.constantFrom('GetObject', 'PutRolePolicy', 'ListFunctions'),
  )
  .map((parts) => parts.join(':'));
const pattern = fc.oneof(
  action,
  fc.constantFrom('*', 's3:*', 'iam:Put*', 'lambda:?istFunctions', 'S3:getobject'),
);
const resource = fc.tuple(word, word).map(([bucket, key]) => `arn:aws:s3:::${bucket}/${key}`);
const statement = fc.record({
  Effect: fc.constantFrom('Allow', 'Deny'),
  Action: fc.array(pattern, { minLength: 1, maxLength: 3 }),
  Resource: fc.oneof(resource, fc.constant('*')),
});
const statements = fc.array(statement, { minLength: 1, maxLength: 6 });

describe('wildcards', () => {
  test('agree with a plain regular expression on small inputs', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ab*?]{0,8}$/), fc.stringMatching(/^[ab]{0,8}$/), (glob, text) => {
        const expected = new RegExp(`^${glob.replaceAll('?', '.').replaceAll('*', '.*')}$`).test(text);
        expect(globMatches(glob, text)).toBe(expected);
      }),
    );
  });

  test('a hostile pattern costs little', () => {
    expect(globMatches(`${'*a'.repeat(2_000)}b`, 'a'.repeat(4_000))).toBe(false);
  });

  test('actions ignore case; ARNs compare part by part', () => {
    expect(actionMatches('S3:get*', 's3:GetObject')).toBe(true);
    expect(
      arnMatches(
        'arn:aws:lambda:*:111122223333:function:a',
        'arn:aws:lambda:eu-west-1:111122223333:function:a',
      ),
    ).toBe(true);
    expect(
      arnMatches('arn:aws:lambda:*:function:a', 'arn:aws:lambda:eu-west-1:111122223333:function:a'),
    ).toBe(false);
  });
});

describe('evaluation', () => {
  test('an explicit deny wins, whatever else is said and in whatever order', () => {
    fc.assert(
      fc.property(statements, action, resource, (many, asked, on) => {
        const request = { action: asked, resource: on, context: none };
        const deny = { Effect: 'Deny', Action: asked, Resource: '*' };
        expect(evaluate([policy(...many, deny)], request)).toBe('deny');
        expect(evaluate([policy(deny), policy(...many)], request)).toBe('deny');
      }),
    );
  });

  test('the order of statements and their split over policies do not matter', () => {
    fc.assert(
      fc.property(statements, action, resource, (many, asked, on) => {
        const request = { action: asked, resource: on, context: none };
        const whole = evaluate([policy(...many)], request);
        expect(evaluate([policy(...[...many].reverse())], request)).toBe(whole);
        expect(
          evaluate(
            many.map((one) => policy(one)),
            request,
          ),
        ).toBe(whole);
      }),
    );
  });

  test('a further allow never takes a right away, a further deny never gives one', () => {
    fc.assert(
      fc.property(statements, statement, action, resource, (many, more, asked, on) => {
        const request = { action: asked, resource: on, context: none };
        const before = evaluate([policy(...many)], request) === 'allow';
        const after = evaluate([policy(...many, more)], request) === 'allow';
        expect(more.Effect === 'Allow' ? !before || after : !after || before).toBe(true);
      }),
    );
  });

  test('NotAction is the complement of Action, NotResource of Resource', () => {
    fc.assert(
      fc.property(pattern, resource, action, resource, (listed, where, asked, on) => {
        const request = { action: asked, resource: on, context: none };
        const says = (body: object) => evaluate([policy({ Effect: 'Allow', ...body })], request) === 'allow';
        expect(says({ NotAction: listed, Resource: '*' })).toBe(!says({ Action: listed, Resource: '*' }));
        expect(says({ Action: '*', NotResource: where })).toBe(!says({ Action: '*', Resource: where }));
      }),
    );
  });

  test('boundary and organisation only ever take away', () => {
    fc.assert(
      fc.property(statements, statements, statements, action, resource, (own, fence, control, asked, on) => {
        const request = { action: asked, resource: on, context: none };
        const free = authorise(set([policy(...own)]), request).kind;
        const fenced = authorise(
          set([policy(...own)], { boundary: policy(...fence), serviceControl: [[policy(...control)]] }),
          request,
        ).kind;
        expect(fenced === 'allowed' ? free : 'allowed').toBe('allowed');
      }),
    );
  });
});

describe('conditions', () => {
  const holds = (operator: string, wanted: string | string[], found: string | string[] | undefined) =>
    conditionHolds(operator, 'aws:Key', [wanted].flat(), requestContext({ 'AWS:key': found }));

  test('an absent key satisfies the Not forms and IfExists, and nothing else', () => {
    expect(holds('StringEquals', 'a', undefined)).toBe(false);
    expect(holds('ArnEquals', 'arn:aws:s3:::a', undefined)).toBe(false);
    expect(holds('DateLessThan', '2026-01-01T00:00:00Z', undefined)).toBe(false);
    expect(holds('StringNotEquals', 'a', undefined)).toBe(true);
    expect(holds('StringEqualsIfExists', 'a', undefined)).toBe(true);
    expect(holds('Null', 'true', undefined)).toBe(true);
    expect(holds('Null', 'false', undefined)).toBe(false);
    expect(holds('ForAllValues:StringEquals', 'a', undefined)).toBe(true);
    expect(holds('ForAnyValue:StringEquals', 'a', undefined)).toBe(false);
  });

  test('many values are any of them, and for a Not form none of them', () => {
    expect(holds('StringEquals', ['a', 'b'], 'b')).toBe(true);
    expect(holds('StringNotEquals', ['a', 'b'], 'b')).toBe(false);
    expect(holds('StringNotLike', ['a*', 'b*'], 'c')).toBe(true);
    expect(holds('ForAllValues:StringLike', ['a*'], ['a1', 'b1'])).toBe(false);
    expect(holds('ForAnyValue:StringLike', ['a*'], ['a1', 'b1'])).toBe(true);
  });

  test('dates, numbers, addresses and booleans compare as what they are', () => {
    expect(holds('DateLessThan', '2026-11-24T04:00:00Z', '2026-11-24T03:59:59.999Z')).toBe(true);
    expect(holds('DateLessThan', '2026-11-24T04:00:00Z', '2026-11-24T04:00:00Z')).toBe(false);
    expect(holds('DateGreaterThan', '0', 'no date')).toBe(false);
    expect(holds('NumericLessThan', '10', '9')).toBe(true);
    expect(holds('IpAddress', '203.0.113.0/24', '203.0.113.77')).toBe(true);
    expect(holds('NotIpAddress', '203.0.113.0/24', '203.0.113.77')).toBe(false);
    expect(holds('Bool', 'true', 'True')).toBe(true);
  });

  test('a policy variable without a value matches nothing', () => {
    const own = policy({
      Effect: 'Allow',
      Action: 's3:GetObject',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: an IAM policy variable
      Resource: 'arn:aws:s3:::home/${aws:username}/*',
    });
    const request = { action: 's3:GetObject', resource: 'arn:aws:s3:::home/ada/x' };
    expect(evaluate([own], { ...request, context: requestContext({ 'aws:username': 'ada' }) })).toBe('allow');
    expect(evaluate([own], { ...request, context: requestContext({ 'aws:username': 'eve' }) })).toBe('none');
    expect(evaluate([own], { ...request, context: none })).toBe('none');
  });

  test('an unknown operator or element is refused when the document is read, not ignored', () => {
    for (const bad of [
      { ...allowAll, Condition: { StringSoundsLike: { 'aws:Key': 'a' } } },
      { ...allowAll, Actions: '*' },
      { Effect: 'Deny', Action: '*' },
      { Effect: 'Deny', Action: '*', NotAction: '*', Resource: '*' },
      { ...allowAll, Principal: '*' },
    ]) {
      expect(() => policy(bad)).toThrow(expect.objectContaining({ code: 'cordon_world_bad_policy' }));
    }
  });
});

describe("a resource's own policy", () => {
  const session = 'arn:aws:sts::111122223333:assumed-role/r/s';
  const role = 'arn:aws:iam::111122223333:role/r';
  const who = { arn: role, sessionArn: session, account: '111122223333', service: '' };
  const request = { action: 'lambda:InvokeFunction', resource: 'arn:x', context: none };
  const says = (AWS: string) => {
    const own = readPolicy(
      { Statement: { Effect: 'Allow', Principal: { AWS }, Action: '*', Resource: '*' } },
      'resource',
    );
    return evaluateResourcePolicy(own, who, request);
  };
  const empty = policy({ Effect: 'Allow', Action: 'nothing:AtAll', Resource: '*' });

  test('naming the session escapes an implicit deny of the boundary; naming the role does not', () => {
    expect(authorise(set([], { boundary: empty }), request, says(session)).kind).toBe('allowed');
    expect(authorise(set([], { boundary: empty }), request, says(role)).kind).toBe('implicit-deny');
    expect(authorise(set([]), request, says(role)).kind).toBe('allowed');
  });

  test('naming the account leaves the decision to the principal', () => {
    expect(authorise(set([]), request, says('arn:aws:iam::111122223333:root')).kind).toBe('implicit-deny');
    expect(authorise(set([policy(allowAll)]), request, says('111122223333')).kind).toBe('allowed');
  });

  test('an explicit deny of the role beats it', () => {
    const denied = set([policy({ ...allowAll, Effect: 'Deny' })]);
    expect(authorise(denied, request, says(session)).kind).toBe('explicit-deny');
  });
});
