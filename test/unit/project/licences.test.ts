import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PROJECT, plantTree, runProgram } from './run-program.ts';

// What ships under Apache-2.0 may only bring licences that let it: permissive ones, listed here by name.
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PSF-2.0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
]);

/** True when an SPDX expression leaves a permissive choice: `A OR B` needs one, `A AND B` both. */
function permissive(expression: string): boolean {
  const inner = expression.replace(/^\((.*)\)$/, '$1');
  if (inner.includes(' OR ')) return inner.split(' OR ').some(permissive);
  if (inner.includes(' AND ')) return inner.split(' AND ').every(permissive);
  return PERMISSIVE.has(inner);
}

const REGISTRY = 'https://registry.npmjs.org/';

interface LockedPackage {
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly resolved?: string;
  readonly integrity?: string;
}

/** The packages of a production install, by their place in node_modules. */
async function productionPackages(): Promise<[string, LockedPackage][]> {
  const lock: { packages: Record<string, LockedPackage> } = JSON.parse(
    await readFile(join(PROJECT, 'package-lock.json'), 'utf8'),
  );
  return Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true);
}

describe('the licences of a production install', () => {
  test('are all permissive', async () => {
    const packages = await productionPackages();
    expect(packages.length).toBeGreaterThan(50);
    const refused = packages
      .filter(([, { license }]) => license === undefined || !permissive(license))
      .map(([path, { license }]) => `${path}: ${license ?? 'none named'}`);
    expect(refused).toEqual([]);
  });

  test('come from the registry, with a digest each', async () => {
    const elsewhere = (await productionPackages())
      // No `resolved` means the registry that npm is set to use.
      .filter(([, { resolved = REGISTRY, integrity }]) => !resolved.startsWith(REGISTRY) || !integrity)
      // scripts/complete-lock.mjs writes these for platforms that it cannot look at; npm skips them here.
      .filter(([, { optional, os }]) => !(optional === true && os !== undefined))
      .map(([path]) => path);
    expect(elsewhere).toEqual([]);
  });

  test('can be installed by `npm ci` on any platform: no package that is asked for is missing', async () => {
    const root = await plantTree({ 'lock.json': await readFile(join(PROJECT, 'package-lock.json'), 'utf8') });
    const { stdout } = await runProgram('scripts/complete-lock.mjs', [join(root, 'lock.json')], PROJECT);
    await rm(root, { recursive: true });
    expect(stdout.trim()).toBe('the lock is complete');
  });

  test.each(['GPL-3.0-only', 'AGPL-3.0', 'BUSL-1.1', 'SEE LICENSE IN LICENSE', '(MIT AND GPL-2.0-only)', ''])(
    'would refuse %p',
    (expression) => {
      expect(permissive(expression)).toBe(false);
    },
  );

  test('accept a choice that leaves a permissive one', () => {
    expect(permissive('(MIT OR GPL-3.0-or-later)')).toBe(true);
  });
});
