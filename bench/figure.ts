/** One measured number. `baseline` and `ratio` are `null` where there is nothing to compare with. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 's' | 'MiB' | '1/s' | 'MB/s' | 'count' | 'x';
  readonly baseline: number | null;
  readonly ratio: number | null;
}

/** A benchmark: what it is called, what it shows, and how it is measured. */
export interface Benchmark {
  readonly name: string;
  readonly shows: string;
  /** Measures, and says on `note` how far it is. */
  run(note: (line: string) => void): Promise<readonly Figure[]>;
}

/** The middle value. Throws on an empty list: a benchmark that measured nothing has no figure. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the share `q` (0 to 1) of `values` lies, between neighbours in proportion. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  const position = (sorted.length - 1) * q;
  const low = sorted[Math.floor(position)];
  const high = sorted[Math.ceil(position)];
  if (low === undefined || high === undefined)
    throw new RangeError('expected at least one value, found none');
  return low + (high - low) * (position - Math.floor(position));
}

/** A number without a counterpart. */
export function figure(name: string, value: number, unit: Figure['unit']): Figure {
  return { name, value: rounded(value), unit, baseline: null, ratio: null };
}

/** A number beside the same measure of something else; `ratio` may be given where it is not their quotient. */
export function compared(
  name: string,
  value: number,
  unit: Figure['unit'],
  baseline: number,
  ratio = value / baseline,
): Figure {
  return { name, value: rounded(value), unit, baseline: rounded(baseline), ratio: rounded(ratio) };
}

/**
 * The figures of interleaved pairs. The ratio is the median of each pair's own ratio: both halves of a pair
 * ran within seconds of each other, so what else the machine did weighs on both.
 */
export function pairFigures(
  name: string,
  pairs: readonly { readonly baseline: number; readonly engine: number }[],
): readonly Figure[] {
  const engine = pairs.map((pair) => pair.engine);
  const baseline = pairs.map((pair) => pair.baseline);
  const ratio = median(pairs.map((pair) => pair.engine / pair.baseline));
  return [
    compared(`${name}.median`, median(engine), 'ms', median(baseline), ratio),
    compared(`${name}.p99`, quantile(engine, 0.99), 'ms', quantile(baseline, 0.99)),
  ];
}

/** Columns for people; one row per figure. */
export function table(figures: readonly Figure[]): string {
  const rows = [
    ['figure', 'value', 'unit', 'baseline', 'ratio'],
    ...figures.map(({ name, value, unit, baseline, ratio }) => [
      name,
      String(value),
      unit,
      baseline === null ? '' : String(baseline),
      ratio === null ? '' : ratio.toFixed(3),
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
