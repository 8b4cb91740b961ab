import type { IncidentId } from '../id.ts';
import type { JsonObject } from '../json.ts';
import type { Api, Context } from './context.ts';
import type { ExitCode } from './error.ts';
import { EXIT } from './error.ts';
import { findIncident, type Incident } from './incident.ts';
import { safeJson, shown } from './output.ts';

/** Runs one human act on an incident as the person at this terminal, and says what came of it. */
export async function act(
  context: Context,
  reference: string,
  command: string,
  inputFor: (incident: Incident) => JsonObject,
): Promise<ExitCode> {
  const { out, io, ids } = context;
  const { cliIdentity } = await context.config();
  return context.withApi(async (api) => {
    const incident = await findIncident(api, reference);
    const result = await api.execute({
      command,
      incident: incident.id as IncidentId, // the view's own id
      identity: { kind: 'cli', name: cliIdentity },
      input: inputFor(incident),
      // Of this call of the program: a person who types it again means it again.
      idempotencyKey: `cli:${ids.next<string>('inv')}`,
    });
    if (result.kind === 'refused') {
      const { code, message } = result;
      io.stderr.write(
        out.json ? `${safeJson({ error: { code, message } })}\n` : `${code}: ${shown(message, 1000)}\n`,
      );
      return EXIT.no;
    }
    out.result(result, () => out.line(shown(result.summary, 500)));
    await sayWhoPerforms(context, api);
    return EXIT.ok;
  });
}

/** Says so when nobody performs what was just decided: the record alone changes nothing in an account. */
export async function sayWhoPerforms(context: Context, api: Api): Promise<void> {
  const { performing } = await api.status();
  if (!performing) {
    context.out.remark(
      'No engine is running: this is recorded, and nothing is done about it until "cordon serve" is started.',
    );
  }
}
