import type { IncidentId } from '../id.ts';
import type { JsonObject } from '../json.ts';
import { renderInstant } from '../timeline/render.ts';
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
  inputFor: (incident: Incident) => JsonObject | Promise<JsonObject>,
): Promise<ExitCode> {
  return context.withApi(async (api) => {
    const incident = await findIncident(api, reference);
    // The id is the view's own.
    if (!(await give(context, api, command, incident.id as IncidentId, await inputFor(incident))))
      return EXIT.no;
    await sayWhoPerforms(context, api);
    return EXIT.ok;
  });
}

/** As `act`, for a human act on the engine itself. */
export async function actOnEngine(context: Context, command: string, input: JsonObject): Promise<ExitCode> {
  return context.withApi(async (api) =>
    (await give(context, api, command, null, input)) ? EXIT.ok : EXIT.no,
  );
}

/** Gives one act to the engine and says what came of it; false when it was refused. */
async function give(
  context: Context,
  api: Api,
  command: string,
  incident: IncidentId | null,
  input: JsonObject,
): Promise<boolean> {
  const { out, ids } = context;
  const { cliIdentity } = await context.config();
  const result = await api.execute({
    command,
    incident,
    identity: { kind: 'cli', name: cliIdentity },
    input,
    // Of this call of the program: a person who types it again means it again.
    idempotencyKey: `cli:${ids.next<string>('inv')}`,
  });
  if (result.kind === 'refused') {
    sayRefused(context, result);
    return false;
  }
  out.result(result, () => out.line(shown(result.summary, 500)));
  return true;
}

/** Declares an incident as the person at this terminal; `undefined` when it was refused, which is then said. */
export async function declareAs(
  context: Context,
  api: Api,
  input: { readonly functionArn: string; readonly severity: number; readonly reason: string },
): Promise<Extract<Awaited<ReturnType<Api['declare']>>, { kind: 'declared' }> | undefined> {
  const { cliIdentity } = await context.config();
  const result = await api.declare({
    identity: { kind: 'cli', name: cliIdentity },
    input,
    idempotencyKey: `cli:${context.ids.next<string>('inv')}`,
  });
  if (result.kind === 'declared') return result;
  sayRefused(context, result);
  return undefined;
}

function sayRefused(
  { io, out }: Context,
  { code, message }: { readonly code: string; readonly message: string },
): void {
  io.stderr.write(
    out.json ? `${safeJson({ error: { code, message } })}\n` : `${code}: ${shown(message, 1000)}\n`,
  );
}

/** Says so when all writes are paused. */
export async function sayIfPaused({ out }: Context, api: Api): Promise<void> {
  const { paused } = await api.status();
  if (paused === null) return;
  out.remark(
    `Writes are paused by ${shown(paused.by, 60)} since ${renderInstant(paused.at)}: ${shown(paused.reason, 200)}. "cordon resume" ends it.`,
  );
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
