import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PROJECT } from './run-program.ts';

// What the documents of this repository point at must be there.

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.cordon', 'coverage']);

function markdownFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownFiles(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Links to files of the repository, without their anchors; code blocks are left out. */
function links(markdown: string): string[] {
  return [...markdown.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

const { scripts }: { scripts: Record<string, string> } = JSON.parse(
  readFileSync(join(PROJECT, 'package.json'), 'utf8'),
);
const files = markdownFiles(PROJECT).map((file) => relative(PROJECT, file));

describe('the documents', () => {
  test('are found', () => {
    expect(files).toEqual(
      expect.arrayContaining(['CONTRIBUTING.md', 'SECURITY.md', join('docs', 'architecture.md')]),
    );
  });

  test.each(files)('%s links only to what exists', (file) => {
    const text = readFileSync(join(PROJECT, file), 'utf8');
    expect(links(text).filter((target) => !existsSync(join(PROJECT, dirname(file), target)))).toEqual([]);
  });

  test.each(files)('%s names only npm scripts that exist', (file) => {
    const named = [...readFileSync(join(PROJECT, file), 'utf8').matchAll(/npm run ([a-z:]+)/g)].map(
      ([, name]) => name,
    );
    expect(named.filter((name = '') => scripts[name] === undefined)).toEqual([]);
  });

  test('would miss a link that leads nowhere', () => {
    expect(links('see [it](docs/nowhere.md#part), `[not](this.md)`, [web](https://example.com)')).toEqual([
      'docs/nowhere.md',
    ]);
  });
});
