import { ACTIONS } from '../../../src/action/catalogue.ts';
import type { Target } from '../../../src/action/ports.ts';
import type { Json, JsonObject } from '../../../src/json.ts';
import type { CompiledPlaybook } from '../../../src/playbook/compile.ts';
import { FOR_EACH } from '../../../src/playbook/engine-steps.ts';
import { startChart, stepChart } from '../../../src/playbook/step.ts';
import type { Ambient, ChartEffect, ChartEvent, Step, StoredChart } from '../../../src/playbook/types.ts';
import { ambient } from './fixtures.ts';

/** One chart of a running incident, as the engine would keep it. */
interface ChartRow {
  readonly key: string;
  readonly path: string;
  readonly item?: Target;
  /** The chart and invocation that started it. */
  readonly parent?: { readonly chart: string; readonly invocation: string };
  stored: StoredChart;
  live: boolean;
  readonly timers: Map<string, { readonly event: string; readonly delayMs: number }>;
}

export interface OpenWork {
  readonly chart: string;
  readonly id: string;
  readonly src: string;
  readonly input: JsonObject;
}

export interface OpenTimer {
  readonly chart: string;
  readonly name: string;
  readonly event: string;
  readonly delayMs: number;
}

/**
 * The smallest engine that can run a playbook: charts, timers, invocations and holds in memory, every
 * chart taken through JSON between two events. The real one does the same with rows and AWS.
 */
export class EngineModel {
  readonly playbook: CompiledPlaybook;
  readonly targets: readonly Target[];
  readonly charts = new Map<string, ChartRow>();
  readonly notifications: { readonly name: string; readonly params: JsonObject }[] = [];
  readonly entered: string[] = [];
  /** Objects that a containment may have changed and nothing has put back or handed over. */
  readonly holds = new Set<string>();
  #next = 0;

  readonly #severity: number | undefined;

  constructor(playbook: CompiledPlaybook, targets: readonly Target[], severity?: number) {
    this.#severity = severity;
    this.playbook = playbook;
    this.targets = targets;
    this.#open('', undefined, undefined);
  }

  get root(): StoredChart {
    const [root] = this.charts.values();
    if (root === undefined) throw new Error('the model has no root');
    return root.stored;
  }

  get done(): boolean {
    return this.root.status === 'done';
  }

  /** Invocations that wait for an outcome; those of `forEach` settle by themselves. */
  work(): readonly OpenWork[] {
    return this.#live().flatMap((row) =>
      row.stored.openInvocations
        .filter((open) => open.src !== FOR_EACH)
        .map((open) => ({ chart: row.key, ...open })),
    );
  }

  timers(): readonly OpenTimer[] {
    return this.#live().flatMap((row) =>
      [...row.timers].map(([name, timer]) => ({ chart: row.key, name, ...timer })),
    );
  }

  finish(work: OpenWork, output: Json): Step {
    if (work.src === 'containment.release' || work.src === 'containment.hand-over') this.holds.clear();
    return this.feed(work.chart, { kind: 'invocation-done', id: work.id, output });
  }

  fail(work: OpenWork, code: string): Step {
    return this.feed(work.chart, {
      kind: 'invocation-failed',
      id: work.id,
      error: { code, message: `${work.src} failed` },
    });
  }

  fire(timer: OpenTimer): Step {
    this.charts.get(timer.chart)?.timers.delete(timer.name);
    return this.feed(timer.chart, { kind: 'timer', event: timer.event });
  }

  signal(name: string, payload: JsonObject = { by: 'U1' }): void {
    for (const row of this.#live()) this.feed(row.key, { kind: 'signal', name, payload });
  }

  feed(key: string, event: ChartEvent): Step {
    const row = this.charts.get(key);
    if (row === undefined) throw new Error(`the model has no chart ${key}`);
    const step = stepChart(this.playbook, row.path, row.stored, event, this.#ambient(row.item));
    this.#apply(row, step);
    return step;
  }

  #live(): readonly ChartRow[] {
    return [...this.charts.values()].filter((row) => row.live);
  }

  #ambient(item: Target | undefined): Ambient {
    const base = ambient(this.targets, item);
    const alert = this.#severity === undefined ? base.alert : { ...base.alert, severity: this.#severity };
    return { ...base, alert, incident: { ...base.incident, contained: this.holds.size > 0 } };
  }

  #open(path: string, item: Target | undefined, parent: ChartRow['parent']): void {
    const step = startChart(this.playbook, path, this.#ambient(item));
    const row: ChartRow = {
      key: `${path}#${this.#next++}`,
      path,
      ...(item === undefined ? {} : { item }),
      ...(parent === undefined ? {} : { parent }),
      stored: step.chart,
      live: true,
      timers: new Map(),
    };
    this.charts.set(row.key, row);
    this.#apply(row, step);
  }

  #apply(row: ChartRow, step: Step): void {
    row.stored = JSON.parse(JSON.stringify(step.chart)) as StoredChart;
    this.entered.push(...step.entered);
    for (const effect of step.effects) this.#effect(row, effect);
    if (row.stored.status !== 'active') {
      row.live = false;
      row.timers.clear();
      if (row.parent !== undefined) this.#settle(row.parent);
    }
  }

  #effect(row: ChartRow, effect: ChartEffect): void {
    switch (effect.kind) {
      case 'schedule':
        if (row.timers.has(effect.timer)) throw new Error(`${effect.timer} was set twice`);
        row.timers.set(effect.timer, { event: effect.event, delayMs: effect.delayMs });
        return;
      case 'unschedule':
        row.timers.delete(effect.timer);
        return;
      case 'notify':
        this.notifications.push({ name: effect.name, params: effect.params });
        return;
      case 'withdraw':
        for (const child of this.charts.values()) {
          if (child.parent?.chart === row.key && child.parent.invocation === effect.id) child.live = false;
        }
        return;
      case 'invoke': {
        if (this.#isContainment(effect.src)) this.holds.add(`${row.item?.functionArn} ${effect.src}`);
        if (effect.src !== FOR_EACH) return;
        const parent = { chart: row.key, invocation: effect.id };
        for (const item of this.targets) this.#open(String(effect.input.chart), item, parent);
        if (this.targets.length === 0) this.#settle(parent);
      }
    }
  }

  #isContainment(src: string): boolean {
    return ACTIONS.get(src)?.effect === 'contain';
  }

  #settle(parent: NonNullable<ChartRow['parent']>): void {
    const children = [...this.charts.values()].filter(
      (row) => row.parent?.chart === parent.chart && row.parent.invocation === parent.invocation,
    );
    if (children.some((child) => child.live) || children.length < this.targets.length) return;
    this.feed(parent.chart, {
      kind: 'invocation-done',
      id: parent.invocation,
      output: {
        outcomes: children.map((child) => ({
          item: child.item?.functionArn ?? null,
          status: child.stored.status,
          output: child.stored.output,
        })),
      },
    });
  }
}
