import { type PGlite, parse, protocol } from '@electric-sql/pglite';

/** A statement that the embedded database has parsed: its name, and the types of parameters and columns. */
interface Prepared {
  readonly name: string;
  readonly parameterTypes: readonly number[];
  readonly description: readonly Message[];
}
type Message = Awaited<ReturnType<PGlite['execProtocolStream']>>[number];

const { serialize } = protocol;

/** Runs one statement; the caller names the row type of what it wrote. */
export type RunStatement = <Row>(
  text: string,
  parameters: readonly unknown[],
) => Promise<{ readonly rows: Row[]; readonly affectedRows: number | undefined }>;

/**
 * Runs statements of the embedded database, each parsed and planned once: PGlite's own `query` does both each time, in
 * six round trips, which is more than half of what a statement of ours costs. The texts are constants of the source, so
 * there are few.
 */
export function preparedStatements(database: PGlite): RunStatement {
  const known = new Map<string, Prepared>();
  let named = 0;
  const quiet = { syncToFs: false };

  async function prepare(text: string): Promise<Prepared> {
    const name = `cordon_${++named}`;
    const description = await database.execProtocolStream(
      joined(serialize.parse({ name, text }), serialize.describe({ type: 'S', name }), serialize.sync()),
      quiet,
    );
    const prepared = { name, parameterTypes: parse.parseDescribeStatementResults(description), description };
    known.set(text, prepared);
    return prepared;
  }

  return <Row>(text: string, parameters: readonly unknown[]) =>
    // As PGlite's own `query`: never inside somebody's transaction, and one at a time.
    database._runExclusiveTransaction(() =>
      database._runExclusiveQuery(async () => {
        const { name, parameterTypes, description } = known.get(text) ?? (await prepare(text));
        const values = parameters.map((value, index) => {
          if (value === null || value === undefined) return null;
          const write = database.serializers[parameterTypes[index] ?? 0];
          return write === undefined ? String(value) : write(value);
        });
        const answer = await database.execProtocolStream(
          joined(serialize.bind({ statement: name, values }), serialize.execute({}), serialize.sync()),
          quiet,
        );
        await database.syncToFs();
        const [result] = parse.parseResults([...description, ...answer], database.parsers);
        return { rows: (result?.rows ?? []) as Row[], affectedRows: result?.affectedRows };
      }),
    );
}

function joined(...messages: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(messages);
}
