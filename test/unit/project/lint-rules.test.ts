import { cp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PROJECT, plantTree, runProgram } from './run-program.ts';

// A rule that the linter does not hold is not a rule: each house rule must find what is planted for it, by the
// configuration of this checkout. One run of Biome judges all the planted files.

interface Planting {
  readonly rule: string;
  readonly code: string;
  /** Where the code is planted; under src unless a rule is about another place. */
  readonly path?: string;
}

const ambient = (code: string): Planting => ({
  rule: 'plugin',
  code: `export const found = () => ${code};\n`,
});
const delay = (code: string): Planting => ({ ...ambient(code), rule: 'noRestrictedGlobals' });

const REFUSED: Readonly<Record<string, Planting>> = {
  'Date.now': ambient('Date.now()'),
  'Date.now handed on': ambient('[Date.now]'),
  'new Date without an argument': ambient('new Date()'),
  'Math.random': ambient('Math.random()'),
  randomUUID: {
    rule: 'plugin',
    code: "import { randomUUID } from 'node:crypto';\nexport const id = randomUUID();\n",
  },
  'globalThis.setTimeout': ambient('globalThis.setTimeout(() => {}, 5)'),
  setTimeout: delay('setTimeout(() => {}, 5)'),
  setInterval: delay('setInterval(() => {}, 5)'),
  performance: delay('performance.now()'),
  'node:timers/promises': {
    rule: 'noRestrictedImports',
    code: "import { setTimeout as sleep } from 'node:timers/promises';\nexport const found = sleep;\n",
  },
  'the environment': { rule: 'noProcessEnv', code: 'export const found = () => process.env;\n' },
  'the environment by import': {
    rule: 'noRestrictedImports',
    code: "import { env } from 'node:process';\nexport const found = env;\n",
  },
  'a live actor': {
    rule: 'plugin',
    code: "import { createActor } from 'xstate';\nexport const found = createActor;\n",
  },
  'a live actor through the namespace': {
    rule: 'plugin',
    code: "import * as machine from 'xstate';\nexport const found = machine.createActor;\n",
  },
  'an explicit any': { rule: 'noExplicitAny', code: 'export const found = (value: any) => value;\n' },
  'a floating promise': {
    rule: 'noFloatingPromises',
    code: 'async function work(): Promise<number> {\n  return 1;\n}\nexport function found() {\n  work();\n}\n',
  },
  'a floating promise of another file': {
    rule: 'noFloatingPromises',
    code: "import { elsewhere } from '../planted/elsewhere.ts';\nexport function found() {\n  elsewhere();\n}\n",
  },
  'a floating promise of an interface': {
    rule: 'noFloatingPromises',
    code: 'export interface Port {\n  send(): Promise<void>;\n}\nexport function found(port: Port) {\n  port.send();\n}\n',
  },
  'a promise where none is awaited': {
    rule: 'noMisusedPromises',
    code: 'export const found = (values: number[]) =>\n  values.forEach(async (value) => {\n    await Promise.resolve(value);\n  });\n',
  },
  'a switch that forgets a case': {
    rule: 'useExhaustiveSwitchCases',
    code: "export function found(kind: 'a' | 'b') {\n  switch (kind) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n}\n",
  },
  'a default export': { rule: 'noDefaultExport', code: 'export default 1;\n' },
  'an enum': { rule: 'noEnum', code: 'export enum Found {\n  One = 1,\n}\n' },
  'a parameter property': {
    rule: 'noParameterProperties',
    code: 'export class Found {\n  constructor(private readonly value: number) {\n    this.value;\n  }\n}\n',
  },
  'a non-null assertion': {
    rule: 'noNonNullAssertion',
    code: 'export const found = (value: string | undefined) => value!;\n',
  },
  'a barrel': { rule: 'noBarrelFile', code: "export * from '../planted/elsewhere.ts';\n" },
  'a console line': { rule: 'noConsole', code: "export const found = () => console.log('a line');\n" },
  'an import without its extension': {
    rule: 'useImportExtensions',
    code: "import { elsewhere } from '../planted/elsewhere';\nexport const found = elsewhere;\n",
  },
  'a thrown string': {
    rule: 'useThrowOnlyError',
    code: "export const found = () => {\n  throw 'a string';\n};\n",
  },
  'a file of 501 lines': {
    rule: 'noExcessiveLinesPerFile',
    code: Array.from({ length: 501 }, (_, line) => `export const line${line} = ${line};\n`).join(''),
  },
  'a file not named in kebab-case': {
    rule: 'useFilenamingConvention',
    code: 'export const found = 1;\n',
    path: 'src/store/notKebab.ts',
  },
  'a focused test': {
    rule: 'noFocusedTests',
    code: "import { test } from '@jest/globals';\ntest.only('found', () => {});\n",
    path: 'test/unit/focused.test.ts',
  },
};

const ALLOWED: Readonly<Record<string, string>> = {
  'src/planted/elsewhere.ts': 'export const elsewhere = async (): Promise<number> => 1;\n',
  'src/clock.ts':
    'export const now = () => new Date();\nexport const wait = () => setTimeout(() => {}, performance.now());\n',
  'src/config.ts': 'export const readEnvironment = () => process.env;\n',
  'src/store/parsing.ts': 'export const parse = (text: string) => new Date(text);\n',
  'test/unit/servers.test.ts': 'export const url = process.env.CORDON_TEST_REDIS_URL;\n',
};

const pathOf = (name: string, { path }: Planting) =>
  path ?? `src/store/${name.replaceAll(/[^a-z]+/gi, '-').toLowerCase()}.ts`;

describe('the linter', () => {
  let root = '';
  let found: { file: string; rule: string }[] = [];

  beforeAll(async () => {
    const files = Object.entries(REFUSED).map(([name, planting]) => [pathOf(name, planting), planting.code]);
    root = await plantTree({ ...ALLOWED, ...Object.fromEntries(files) });
    // The planted tree is no git repository; everything else is the configuration of this checkout.
    const config: { vcs?: unknown } = JSON.parse(await readFile(join(PROJECT, 'biome.json'), 'utf8'));
    delete config.vcs;
    await cp(join(PROJECT, 'scripts/lint'), join(root, 'scripts/lint'), { recursive: true });
    for (const file of ['package.json', 'tsconfig.json']) await cp(join(PROJECT, file), join(root, file));
    await symlink(join(PROJECT, 'node_modules'), join(root, 'node_modules'));
    await writeFile(join(root, 'biome.json'), JSON.stringify(config));
    const { stdout } = await runProgram(
      'node_modules/@biomejs/biome/bin/biome',
      ['lint', '--diagnostic-level=error', '--max-diagnostics=none', '--reporter=github', 'src', 'test'],
      root,
    );
    found = [...stdout.matchAll(/^::error title=([^,]+),file=([^,]+),/gm)].map(
      ([, title = '', file = '']) => ({
        rule: title.split('/').at(-1) ?? '',
        file: file.replace(`${root}/`, ''),
      }),
    );
  });

  afterAll(() => rm(root, { recursive: true, force: true }));

  test.each(Object.entries(REFUSED))('refuses %s', (name, planting) => {
    expect(found).toContainEqual({ rule: planting.rule, file: pathOf(name, planting) });
  });

  test.each(Object.keys(ALLOWED))('finds nothing in %s', (file) => {
    expect(found.filter((one) => one.file === file)).toEqual([]);
  });
});
