import type { z } from 'zod';
import { buildModel } from './build.ts';
import type { PlaybookCatalogue } from './catalogue.ts';
import type { Diagnostic, Report } from './diagnostic.ts';
import { exploreModel } from './explore.ts';
import type { Model } from './model.ts';
import { playbookDocument } from './schema.ts';
import { type DocumentPath, parseSource } from './source.ts';

/** A document that was read: its model, or everything that is wrong with it. */
export interface ReadDocument {
  /** Present exactly when there are no diagnostics. */
  readonly model?: Model;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses, builds and explores a playbook document. Never throws; each stage runs only when the one before found nothing. */
export function readDocument(sourceText: string, file: string, catalogue: PlaybookCatalogue): ReadDocument {
  const diagnostics: Diagnostic[] = [];
  const report: Report = ({ line, column }, code, message) => {
    diagnostics.push({ file, line, column, code, message });
  };
  const refused = () => ({
    diagnostics: diagnostics.sort((a, b) => a.line - b.line || a.column - b.column),
  });
  const source = parseSource(sourceText, report);
  if (source === undefined) return refused();
  const parsed = playbookDocument.safeParse(source.value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      for (const { path, message, key } of flatten(issue)) {
        const at = key === undefined ? path : [...path, key];
        report(key === undefined ? source.valueAt(at) : source.keyAt(at), 'cordon_playbook_schema', message);
      }
    }
    return refused();
  }
  const model = buildModel(parsed.data, source, catalogue, report);
  if (diagnostics.length > 0) return refused();
  exploreModel(model, source, report);
  return diagnostics.length > 0 ? refused() : { model, diagnostics };
}

interface FlatIssue {
  readonly path: DocumentPath;
  readonly message: string;
  readonly key?: string;
}

/** Of the branches of a union, the one that got furthest says best what is wrong. */
function flatten(issue: z.core.$ZodIssue, under: DocumentPath = []): readonly FlatIssue[] {
  const path = [...under, ...issue.path.filter((part) => typeof part !== 'symbol')];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path,
      key,
      message: `expected no key ${key} here: remove it or correct its name`,
    }));
  }
  if (issue.code === 'invalid_key') {
    // The path of a bad key ends in the key itself.
    return [
      {
        path: path.slice(0, -1),
        key: String(path.at(-1)),
        message: issue.issues[0]?.message ?? issue.message,
      },
    ];
  }
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.map((errors) => errors.flatMap((inner) => flatten(inner, path)));
    const depth = (branch: readonly FlatIssue[]) =>
      Math.max(0, ...branch.map((inner) => inner.path.length + (inner.key === undefined ? 0 : 1)));
    const best = branches.reduce<readonly FlatIssue[]>(
      (found, branch) => (depth(branch) > depth(found) ? branch : found),
      [],
    );
    return depth(best) > path.length ? best : [{ path, message: `expected a value of another type here` }];
  }
  return [{ path, message: issue.message }];
}
