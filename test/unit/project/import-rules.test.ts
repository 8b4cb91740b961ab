import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PROJECT, type ProgramResult, plantTree, runProgram } from './run-program.ts';

// `npm run deps` must be able to fail: here it judges a tree of fifty good modules with mistakes planted among
// them, and an empty one. That each of its rules finds what is planted for it, the script shows by itself.

const good = Object.fromEntries(
  Array.from({ length: 51 }, (_, index) => [
    `src/timeline/good-${index}.ts`,
    `export const good${index} = 1;\n`,
  ]),
);

const roots: string[] = [];

async function check(files: Readonly<Record<string, string>>): Promise<ProgramResult> {
  const root = await plantTree({
    'package.json': '{ "dependencies": { "pg": "*" } }',
    'tsconfig.json': '{}',
    ...files,
  });
  roots.push(root);
  await symlink(join(PROJECT, 'node_modules'), join(root, 'node_modules'));
  return runProgram('scripts/check-dependencies.mjs', [], root);
}

describe('the dependency check', () => {
  let passing: ProgramResult;
  let planted: ProgramResult;
  let empty: ProgramResult;

  beforeAll(async () => {
    [passing, planted, empty] = await Promise.all([
      check(good),
      check({
        ...good,
        'src/timeline/upwards.ts':
          "import type { Row } from '../store/row.ts';\nexport type Upwards = Row;\n",
        'src/timeline/blind.ts': "export type { Row } from '../store/row.ts';\n",
        'src/timeline/hidden.ts':
          "const place = '../store/row.ts';\nexport const hidden = () => import(place);\n",
        'src/store/row.ts': "import pg from 'pg';\nexport interface Row {\n  readonly pool: pg.Pool;\n}\n",
      }),
      check({ 'src/error.ts': 'export const error = 1;\n' }),
    ]);
  });

  afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));

  test('passes a tree that keeps the rules', () => {
    expect(passing).toMatchObject({ code: 0, stderr: '' });
    expect(passing.stdout).toMatch(/^51 modules of src keep the import rules/);
  });

  test('refuses an upward type import, with the reason', () => {
    expect(planted.code).toBe(1);
    expect(planted.stderr).toContain('layer-pure: src/timeline/upwards.ts -> src/store/row.ts');
    expect(planted.stderr).toContain('why layer-pure: Decisions are data in, data out');
  });

  test('refuses a re-exported type, which dependency-cruiser does not see', () => {
    expect(planted.stderr).toContain('src/timeline/blind.ts -> ../store/row.ts');
    expect(planted.stderr).not.toContain('layer-pure: src/timeline/blind.ts');
  });

  test('refuses an import whose path is computed', () => {
    expect(planted.stderr).toContain('src/timeline/hidden.ts -> (computed)');
  });

  test('refuses to pass when too little was cruised', () => {
    expect(empty.code).toBe(1);
    expect(empty.stderr).toMatch(/^only 1 modules of src were cruised, expected more than 50/);
  });
});
