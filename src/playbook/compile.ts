import { createHash } from 'node:crypto';
import type { AnyStateMachine } from 'xstate';
import type { PlaybookCatalogue } from './catalogue.ts';
import { readDocument } from './document.ts';
import { PlaybookError } from './error.ts';
import { createChartMachine } from './machine.ts';
import type { Chart, Model, Trigger } from './model.ts';
import type { ChartPath } from './types.ts';

/** A chart and its machine. Only `step.ts` uses the machine, and only as a pure function. */
export interface CompiledChart {
  readonly chart: Chart;
  readonly machine: AnyStateMachine;
}

/** A playbook ready to be stepped, pinned by the digest of its text. */
export interface CompiledPlaybook {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  /** Hex SHA-256 of the source text as UTF-8: an incident runs to its end on this document. */
  readonly sha256: string;
  readonly source: string;
  readonly triggers: readonly Trigger[];
  /** '' is the root chart; the others are named by the path of their `forEach` state. */
  readonly charts: ReadonlyMap<ChartPath, CompiledChart>;
  readonly model: Model;
}

/** Checks and compiles a playbook document. Throws `cordon_playbook_invalid` with the diagnostics. */
export function compilePlaybook(sourceText: string, catalogue: PlaybookCatalogue): CompiledPlaybook {
  const { model, diagnostics } = readDocument(sourceText, 'playbook', catalogue);
  if (model === undefined) {
    const [first] = diagnostics;
    throw new PlaybookError(
      'cordon_playbook_invalid',
      `expected a sound playbook, found ${diagnostics.length} fault(s), the first at line ${first?.line}, column ${first?.column}: ${first?.message}; run "cordon playbook check" on it`,
      { diagnostics },
    );
  }
  const charts = new Map<ChartPath, CompiledChart>();
  for (const chart of model.charts.values()) {
    // Dots separate the parts of XState's state ids, so the path goes in with slashes.
    const id = [model.id, ...chart.path.split('.').filter((part) => part !== '')].join('/');
    charts.set(chart.path, { chart, machine: createChartMachine(chart, id) });
  }
  return {
    id: model.id,
    version: model.version,
    title: model.title,
    sha256: createHash('sha256').update(sourceText, 'utf8').digest('hex'),
    source: sourceText,
    triggers: model.triggers,
    charts,
    model,
  };
}
