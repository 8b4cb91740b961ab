// npm run test:corpus -- FOLDER [jest argument...]: the tests of test/corpus on a folder of recorded alerts
// and AWS answers, which is not part of this repository. The folder reaches the tests as CORDON_CORPUS.
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder, ...jestArguments] = process.argv.slice(2);
if (folder === undefined || folder.startsWith('-')) {
  console.error('expected the corpus folder, got none: npm run test:corpus -- FOLDER');
  process.exit(2);
}
const corpus = resolve(folder);
if (!existsSync(corpus) || !statSync(corpus).isDirectory()) {
  console.error(`expected a folder, found none at ${corpus}`);
  process.exit(2);
}

const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const modules = new URL('../test/jest/register.mjs', import.meta.url).href;
const child = spawn(
  process.execPath,
  ['--import', modules, jest, '--selectProjects', 'corpus', ...jestArguments],
  { stdio: 'inherit', env: { ...process.env, CORDON_CORPUS: corpus } },
);
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? code : 1;
});
