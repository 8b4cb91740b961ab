// npm run build: compiles src and bench to dist, from nothing: a file that was deleted or renamed must not
// live on in dist, where `npx cordon` and the image would still find it.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${project}dist`, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [`${project}node_modules/typescript/bin/tsc`, '-p', `${project}tsconfig.build.json`],
  { stdio: 'inherit' },
);
// tsc writes plain files; `npx cordon` runs this one.
const command = `${project}dist/src/cli/main.js`;
if (existsSync(command)) chmodSync(command, 0o755);
process.exitCode = status ?? 1;
