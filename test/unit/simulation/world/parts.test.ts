import { describe, expect, test } from '@jest/globals';
import { loadWorldParts } from '../../../../src/simulation/world/parts.ts';

const SHARED = {
  file: 'shared.yaml',
  text: `
account: '111122223333'
regions: [eu-west-1]
roles: [{ name: reader }]
queues: [{ name: alerts }]
`,
};

function refusal(...texts: readonly string[]): unknown {
  try {
    return loadWorldParts([SHARED, ...texts.map((text, index) => ({ file: `own-${index + 1}.yaml`, text }))]);
  } catch (error) {
    return error;
  }
}

describe('a world in several files', () => {
  test('has the lists of all of them, in their order', () => {
    const own = 'functions: [{ name: webhook, role: webhook-role }]\nroles: [{ name: webhook-role }]\n';
    const spec = loadWorldParts([SHARED, { file: 'own.yaml', text: own }]);
    expect(spec.account).toBe('111122223333');
    expect(spec.roles.map((role) => role.name)).toEqual(['reader', 'webhook-role']);
    expect(spec.functions.map((each) => each.name)).toEqual(['webhook']);
    expect(spec.queues.map((queue) => queue.name)).toEqual(['alerts']);
  });

  test.each([
    [
      'a role',
      'roles: [{ name: other }, { name: reader }]',
      'roles: reader is there twice, first in shared.yaml',
    ],
    ['a queue', 'queues: [{ name: alerts }]', 'queues: alerts is there twice, first in shared.yaml'],
  ])('names both files of %s that is there twice', (_, own, why) => {
    expect(refusal(own)).toMatchObject({
      code: 'cordon_world_invalid',
      message: expect.stringContaining(`own-1.yaml: ${why}`),
    });
  });

  test('takes the same name in another Region', () => {
    const spec = loadWorldParts([
      { ...SHARED, text: SHARED.text.replace('[eu-west-1]', '[eu-west-1, eu-north-1]') },
      { file: 'own.yaml', text: 'queues: [{ name: alerts, region: eu-north-1 }]' },
    ]);
    expect(spec.queues).toHaveLength(2);
  });

  test.each([
    [
      'what is said twice and is no list',
      "account: '999988887777'",
      'account is said in shared.yaml already',
    ],
    ['what is a list in one of them only', 'roles: { name: other }', 'roles is said in shared.yaml already'],
    ['a file that is no YAML', 'roles: [', 'expected YAML'],
    ['a file that is no mapping', '- roles', 'expected a mapping'],
    ['an item that is not as it must be', 'functions: [{ name: f, role: r, timeout: 3 }]', 'at functions.0'],
    ['a member that no world has', 'lambdas: []', 'lambdas'],
  ])('refuses %s, with its file', (_, own, why) => {
    expect(refusal(own)).toMatchObject({
      code: 'cordon_world_invalid',
      message: expect.stringMatching(new RegExp(`own-1\\.yaml: .*${why}`, 's')),
    });
  });
});
