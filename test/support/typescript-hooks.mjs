// Node's module hook by which tests, and the processes that they start, import this project's TypeScript as
// it is: what is tested is the source and not an older build. Node 20 cannot strip types itself; they are
// blanked out, so that every line and column of a stack is the source's own.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Stripping takes half of what a process needs to start, and the tests start dozens: each content is stripped once. Kept
// where only who installed the project writes, since it is run: in the temp folder anybody could put it first.
const modules = new URL('../../node_modules/', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('@swc/wasm-typescript/package.json', modules), 'utf8'));
const folder = fileURLToPath(new URL(`.cache/cordon-stripped-${version}`, modules));
mkdirSync(folder, { recursive: true });

async function strip(source, filename) {
  const kept = join(folder, createHash('sha256').update(source).digest('hex'));
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    const { transformSync } = await import('@swc/wasm-typescript');
    const { code } = transformSync(source, { mode: 'strip-only', filename });
    // Processes start side by side: a file is there whole or not at all.
    const part = `${kept}.${randomUUID()}`;
    writeFileSync(part, code);
    renameSync(part, kept);
    return code;
  }
}

export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !new URL(url).pathname.endsWith('.ts')) return nextLoad(url, context);
  const filename = fileURLToPath(url);
  const source = await strip(readFileSync(filename, 'utf8'), filename);
  return { format: 'module', source, shortCircuit: true };
}
