import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { describeError } from '../error.ts';
import type { Diagnostic } from './diagnostic.ts';

export type YamlRead<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'invalid'; readonly diagnostics: readonly Diagnostic[] };

/**
 * Reads one YAML document against a schema. Every problem comes with its line and column: of the
 * syntax where the text is no YAML, of the offending key or value where the schema refuses it.
 */
export function readYaml<Value>(text: string, file: string, schema: z.ZodType<Value>): YamlRead<Value> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const placed = (offset: number, message: string): Diagnostic => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), message };
  };
  // A warning of the parser (an unknown tag, say) means that it guessed; a policy is no place to guess.
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    return {
      kind: 'invalid',
      diagnostics: problems.map((problem) => placed(problem.pos[0], firstLine(problem.message))),
    };
  }
  if (document.contents === null) {
    return {
      kind: 'invalid',
      diagnostics: [placed(0, 'expected a YAML mapping, found nothing; remove the file if nothing is meant')],
    };
  }
  let raw: unknown;
  try {
    raw = document.toJS();
  } catch (error) {
    // Aliases that expand beyond the library's bound end here.
    return { kind: 'invalid', diagnostics: [placed(0, firstLine(describeError(error)))] };
  }
  const checked = schema.safeParse(raw);
  if (checked.success) return { kind: 'read', value: checked.data };
  return {
    kind: 'invalid',
    diagnostics: checked.error.issues.map((issue) => {
      const where = issue.path.map(String).join('.');
      const offset =
        issue.code === 'unrecognized_keys'
          ? keyOffset(document, issue.path, issue.keys[0])
          : nodeOffset(document, issue.path);
      return placed(offset, where === '' ? issue.message : `${where}: ${issue.message}`);
    }),
  };
}

/** Returns where `key` itself is written in the mapping at `path`. */
function keyOffset(
  document: ReturnType<typeof parseDocument>,
  path: readonly PropertyKey[],
  key: string | undefined,
): number {
  const mapping = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(mapping)
    ? mapping.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
    : undefined;
  return rangeStart(pair?.key) ?? nodeOffset(document, path);
}

/** Returns where the node at `path` begins, or where its nearest parent that exists does. */
function nodeOffset(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    const offset = rangeStart(node);
    if (offset !== null) return offset;
  }
  return 0;
}

function rangeStart(node: unknown): number | null {
  if (typeof node !== 'object' || node === null || !('range' in node)) return null;
  return Array.isArray(node.range) && typeof node.range[0] === 'number' ? node.range[0] : null;
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}
