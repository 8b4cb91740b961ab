import type { PlaybookCatalogue } from './catalogue.ts';
import type { DiagnosticCode, Report } from './diagnostic.ts';
import type { Chart, Variable } from './model.ts';
import type { PendingTarget } from './resolve.ts';
import { ALERT_SHAPE, createScope, INCIDENT_SHAPE, type Scope, TARGET_SHAPE } from './scope.ts';
import { objectShape, type Shape } from './shape.ts';
import type { DocumentPath, Source } from './source.ts';
import type { ChartPath } from './types.ts';

/** What all charts of one document share while they are built. */
export interface DocumentContext {
  readonly source: Source;
  readonly catalogue: PlaybookCatalogue;
  readonly report: Report;
  readonly charts: Map<ChartPath, Chart>;
  /** The playbook's id, which no state may have: XState gives it to the root. */
  readonly machineId: string;
}

/** What all states of one chart share while they are built. */
export interface ChartContext extends DocumentContext {
  readonly path: ChartPath;
  readonly variables: readonly Variable[];
  /** Targets as written; resolved when all states are known. */
  readonly pending: PendingTarget[];
  /** The scope of an expression: `event` is seen only where it is known what the event is. */
  scope(event?: Shape): Scope;
}

/** Opens the context of one chart. */
export function openContext(
  document: DocumentContext,
  path: ChartPath,
  variables: readonly Variable[],
): ChartContext {
  const scopes = new Map<string, Scope>();
  const vars = objectShape(Object.fromEntries(variables.map((variable) => [variable.name, variable.shape])));
  const scope = (event?: Shape): Scope => {
    const name = JSON.stringify(event ?? null);
    const known = scopes.get(name);
    if (known !== undefined) return known;
    const made = createScope({
      incident: INCIDENT_SHAPE,
      alert: ALERT_SHAPE,
      vars,
      ...(path === '' ? {} : { item: TARGET_SHAPE }),
      ...(event === undefined ? {} : { event }),
    });
    scopes.set(name, made);
    return made;
  };
  return { ...document, path, variables, pending: [], scope };
}

/** Reports at a key of the document or, for `value`, at what stands there. */
export function reportAt(
  { source, report }: DocumentContext,
  doc: DocumentPath,
  code: DiagnosticCode,
  message: string,
  at: 'key' | 'value' = 'key',
): void {
  report(at === 'key' ? source.keyAt(doc) : source.valueAt(doc), code, message);
}
