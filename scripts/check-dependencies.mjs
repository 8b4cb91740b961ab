// npm run deps: the import rules of .dependency-cruiser.cjs, for the tree in the current folder, with three
// controls, because this tool can pass without having looked:
//
// 1. With TypeScript 7, dependency-cruiser 17 sees TypeScript only through @swc/core; without it, it reports
//    "no violations (0 modules)" and exits 0. So a least number of modules must have been cruised.
// 2. Its swc reader misses `export type { X } from` and `typeof import()`. So each file is parsed
//    once more here, and an import that dependency-cruiser did not see is an error.
// 3. A rule can be written so that it never matches. So each rule must find the violation planted for it.
//
// Exits 0 when all is well, 1 with each violation named.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from '@swc/core';
import { PLANTED } from './planted-imports.mjs';

const project = fileURLToPath(new URL('..', import.meta.url));
const config = join(project, '.dependency-cruiser.cjs');
const cruiser = join(project, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const LEAST_MODULES = 50;

/** Cruises the source folders below `root` and returns dependency-cruiser's report. */
async function cruise(root, folders) {
  const report = await new Promise((resolve, reject) => {
    // Exit codes other than 0 mean violations; they are in the report. No report at all is an error.
    execFile(
      process.execPath,
      [cruiser, '--config', config, '--output-type', 'json', ...folders],
      { cwd: root, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (stdout.startsWith('{')) resolve(stdout);
        else reject(new Error(`dependency-cruiser gave no report: ${stderr || error?.message}`));
      },
    );
  });
  return JSON.parse(report);
}

/** The specifiers of every static, dynamic, re-exporting and type import in a file. */
async function specifiers(file) {
  const found = new Set();
  const visit = (node) => {
    if (Array.isArray(node)) {
      for (const child of node) visit(child);
    } else if (node !== null && typeof node === 'object') {
      if (/^(Import|Export(All|Named))Declaration$/.test(node.type) && node.source)
        found.add(node.source.value);
      if (node.type === 'TsImportType') found.add(node.argument.value);
      if (node.type === 'CallExpression' && node.callee.type === 'Import') {
        const [argument] = node.arguments;
        found.add(argument.expression.type === 'StringLiteral' ? argument.expression.value : '(computed)');
      }
      for (const key in node) visit(node[key]);
    }
  };
  visit(await parse(await readFile(file, 'utf8'), { syntax: 'typescript', target: 'es2022' }));
  return found;
}

/** Imports of the cruised files that the report does not have, as `file -> specifier`. */
async function unseen(root, modules) {
  const missed = [];
  for (const module of modules.filter(({ source }) => /^(src|bench|test)\/.*[.]ts$/.test(source))) {
    // Of `node:crypto` the report keeps `crypto`.
    const seen = new Set(
      module.dependencies.flatMap((dependency) => [dependency.module, `node:${dependency.module}`]),
    );
    for (const specifier of await specifiers(join(root, module.source))) {
      if (!seen.has(specifier)) missed.push(`${module.source} -> ${specifier}`);
    }
  }
  return missed;
}

const describe = ({ rule, from, to, cycle }) =>
  `${rule.name}: ${from} -> ${cycle ? cycle.map(({ name }) => name).join(' -> ') : to}`;

async function checkTree(root) {
  const { modules, summary } = await cruise(root, ['src']);
  const own = modules.filter(({ source }) => source.startsWith('src/'));
  const problems = summary.violations.map(describe);
  if (own.length <= LEAST_MODULES) {
    problems.push(
      `only ${own.length} modules of src were cruised, expected more than ${LEAST_MODULES}: ` +
        'is @swc/core installed, and does this version of dependency-cruiser support it?',
    );
  }
  for (const missed of await unseen(root, own)) {
    problems.push(
      `not seen by dependency-cruiser, so judged by no rule: ${missed}. ` +
        'Write the path as a literal; for a type, `import type` it by name, then export it.',
    );
  }
  const reasons = new Map(summary.ruleSetUsed.forbidden.map(({ name, comment }) => [name, comment]));
  for (const name of new Set(summary.violations.map(({ rule }) => rule.name))) {
    problems.push(`why ${name}: ${reasons.get(name)}`);
  }
  return { count: own.length, problems };
}

/** Builds a small tree with one violation of each rule and returns what went unnoticed. */
async function checkRules() {
  const root = await mkdtemp(join(tmpdir(), 'cordon-imports-'));
  try {
    for (const file of ['package.json', 'tsconfig.json']) await cp(join(project, file), join(root, file));
    await symlink(join(project, 'node_modules'), join(root, 'node_modules'));
    for (const [path, text] of PLANTED.flatMap(({ files }) => Object.entries(files))) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    const { summary } = await cruise(root, ['src']);
    const { forbidden } = createRequire(import.meta.url)(config);
    const planted = new Set(PLANTED.map(({ rule }) => rule));
    return [
      ...forbidden
        .filter(({ name }) => !planted.has(name))
        .map(({ name }) => `rule ${name} has no planted violation: add one to scripts/planted-imports.mjs`),
      ...PLANTED.filter(
        ({ rule, from }) =>
          !summary.violations.some(
            (violation) =>
              violation.rule.name === rule &&
              // A cycle is reported once, from whichever of its modules came first.
              (violation.from === from || violation.cycle?.some(({ name }) => name === from)),
          ),
      ).map(({ rule, from }) => `rule ${rule} did not find the violation planted for it in ${from}`),
      ...summary.violations
        .filter(({ from }) => !PLANTED.some((planting) => planting.from === from))
        .map((violation) => `a rule refused an allowed import: ${describe(violation)}`),
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const { count, problems } = await checkTree(process.cwd());
problems.push(...(await checkRules()));
if (problems.length > 0) {
  for (const problem of problems) console.error(problem);
  process.exitCode = 1;
} else {
  console.log(
    `${count} modules of src keep the import rules; all ${PLANTED.length} planted violations were found`,
  );
}
