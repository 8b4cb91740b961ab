import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/**
 * What the TypeScript compiler says against a file, one complaint each; `types` is a package whose types the file names.
 * The compiler is the one judge of whether a value is what a package's types say: a validator written here could only
 * repeat what we believe of them.
 */
export async function complaintsOfTypeScript(types: string, source: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'cordon-types-'));
  try {
    await writeFile(join(folder, 'payloads.ts'), source);
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          module: 'nodenext',
          target: 'es2023',
          lib: ['es2023'],
          types: [],
          skipLibCheck: true,
          paths: { [types]: [join(modules, types, 'dist/index.d.ts')] },
        },
        include: ['payloads.ts'],
      }),
    );
    const said = await new Promise<string>((resolve, reject) => {
      execFile(
        process.execPath,
        [join(modules, 'typescript/bin/tsc'), '--pretty', 'false', '-p', folder],
        { cwd: folder, maxBuffer: 16 * 1024 * 1024 },
        (error, stdout, stderr) => {
          // Complaints are on stdout, with an exit code other than 0; anything else is a compiler that did not run.
          if (error === null || stdout.includes('error TS')) resolve(stdout);
          else reject(new Error(`tsc did not run: ${stderr || error.message}`));
        },
      );
    });
    return said.split('\n').filter((line) => line.includes('error TS'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
