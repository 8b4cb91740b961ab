import type { Activity } from '../activity.ts';
import type { Sql } from './sql.ts';

/** A database whose statements are counted, and tracked while they are under way: see `Activity`. */
export function trackedSql(
  sql: Sql,
  activity: Activity,
): { readonly sql: Sql; readonly statements: () => number } {
  let count = 0;
  const track = <Result>(work: () => Promise<Result>): Promise<Result> => {
    count += 1;
    return activity.track(work());
  };
  return {
    statements: () => count,
    sql: {
      kind: sql.kind,
      query: (text, parameters) => track(() => sql.query(text, parameters)),
      withTransaction: (work) => track(() => sql.withTransaction(work)),
      close: () => sql.close(),
    },
  };
}
