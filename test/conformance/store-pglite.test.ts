import { describeStore } from '../support/conformance/store.ts';
import { freshDatabase } from '../support/template.ts';

describeStore('an embedded database (PGlite)', async () => {
  const sql = await freshDatabase();
  return { sql, close: () => sql.close() };
});
