import type { Cause, Chart, Model, State, Transition } from './model.ts';
import type { ChartPath } from './types.ts';

/**
 * Draws a playbook as a Mermaid `stateDiagram-v2`, each `forEach` chart inside its state. Deterministic,
 * so that the picture in the documentation can be generated and compared.
 */
export function drawPlaybook(model: Model): string {
  const root = model.charts.get('');
  if (root === undefined) return 'stateDiagram-v2\n';
  return `${['stateDiagram-v2', ...drawChart(root, model.charts, 'chart', 1)].join('\n')}\n`;
}

function drawChart(
  chart: Chart,
  charts: ReadonlyMap<ChartPath, Chart>,
  prefix: string,
  depth: number,
): readonly string[] {
  return drawInside(chart.root, charts, prefix, depth);
}

function drawInside(
  state: State,
  charts: ReadonlyMap<ChartPath, Chart>,
  prefix: string,
  depth: number,
): readonly string[] {
  const lines: string[] = [];
  const name = (of: State) => nameOf(prefix, of);
  if (state.initial !== undefined) lines.push(`[*] --> ${name(state.initial)}`);
  state.children.forEach((child, index) => {
    if (state.kind === 'parallel' && index > 0) lines.push('--');
    const inner = innerOf(child, charts, prefix, depth);
    const label = labelOf(child);
    if (inner.length === 0) lines.push(`state "${label}" as ${name(child)}`);
    else lines.push(`state "${label}" as ${name(child)} {`, ...inner, '}');
    if (child.kind === 'final') lines.push(`${name(child)} --> [*]`);
  });
  // Arrows between the children of one state; Mermaid draws an arrow where both ends are known.
  for (const child of state.children) {
    for (const transition of child.transitions) {
      if (transition.target !== undefined) {
        lines.push(`${name(child)} --> ${name(transition.target)}: ${describe(transition)}`);
      }
    }
  }
  for (const transition of state.parent === undefined ? state.transitions : []) {
    if (transition.target !== undefined)
      lines.push(`[*] --> ${name(transition.target)}: ${describe(transition)}`);
  }
  const indent = '  '.repeat(depth);
  return depth === 1 ? lines.map((line) => `${indent}${line}`) : lines.map((line) => `  ${line}`);
}

function innerOf(
  child: State,
  charts: ReadonlyMap<ChartPath, Chart>,
  prefix: string,
  depth: number,
): readonly string[] {
  const path = child.invocation?.chart;
  const chart = path === undefined ? undefined : charts.get(path);
  if (chart !== undefined) return drawChart(chart, charts, nameOf(prefix, child), depth + 1);
  return child.children.length === 0 ? [] : drawInside(child, charts, prefix, depth + 1);
}

function nameOf(prefix: string, state: State): string {
  return `${prefix}__${state.path.replaceAll('-', '_').replaceAll('.', '__')}`;
}

function labelOf(state: State): string {
  if (state.invocation?.chart !== undefined) return `${state.key} (each target)`;
  return state.invocation === undefined ? state.key : `${state.key}: ${state.invocation.src}`;
}

function describe({ cause, guard }: Transition): string {
  // Colons, semicolons and hashes end a label or begin an entity in Mermaid.
  const condition =
    guard === undefined ? '' : ` [${guard.source.replaceAll(/\s+/g, ' ').replaceAll(/[:;#]/g, ' ')}]`;
  return `${causeText(cause)}${condition}`;
}

function causeText(cause: Cause): string {
  switch (cause.kind) {
    case 'always':
      return 'at once';
    case 'done':
      return 'done';
    case 'after':
      return `after ${durationText(cause.delayMs)}`;
    case 'signal':
      return cause.name;
    case 'invocation-done':
      return 'succeeded';
    case 'invocation-failed':
      return 'failed';
  }
}

function durationText(milliseconds: number): string {
  if (milliseconds % 3_600_000 === 0) return `${milliseconds / 3_600_000} h`;
  if (milliseconds % 60_000 === 0) return `${milliseconds / 60_000} min`;
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000} s` : `${milliseconds} ms`;
}
