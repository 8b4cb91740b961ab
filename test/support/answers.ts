import type { IncidentId } from '../../src/id.ts';
import type { JsonObject } from '../../src/json.ts';
import { drive, type TestEngine } from './engine.ts';

/** Waits until the form is asked, and answers it as `cli` person `name`. */
export async function answer(
  engine: TestEngine,
  id: string,
  form: string,
  given: JsonObject,
  name = 'alice',
): Promise<void> {
  const open = async () =>
    (await engine.cordon.views.incidentView(id))?.questions.find(
      (each) => each.form === form && each.status === 'open',
    );
  await drive(engine, async () => (await open()) !== undefined);
  const question = await open();
  const result = await act(
    engine,
    id,
    'answer',
    { invocationId: question?.invocationId ?? '', answer: given },
    name,
  );
  if (result.kind === 'refused') throw new Error(`${result.code}: ${result.message}`);
}

/** Approves a plan as its card asks for it: with the function's name typed where it is production. */
export function approve(
  engine: TestEngine,
  id: string,
  approval: { readonly approvalId: string; readonly digest: string; readonly confirm: string | null },
  name = 'bob',
) {
  const { approvalId, digest, confirm } = approval;
  return act(engine, id, 'approve', { approvalId, digest, ...(confirm === null ? {} : { confirm }) }, name);
}

let calls = 0;

/** One human act through the command layer, with a key of its own. */
export function act(
  engine: TestEngine,
  id: string,
  command: string,
  input: JsonObject,
  name = 'alice',
  key = `test-${++calls}`,
) {
  return engine.cordon.execute({
    command,
    incident: id as IncidentId, // an id that the engine gave out
    identity: { kind: 'cli', name },
    input,
    idempotencyKey: key,
  });
}

/** One human act on the engine itself. */
export function actOnEngine(
  engine: TestEngine,
  command: string,
  input: JsonObject,
  name = 'alice',
  key = `test-${++calls}`,
) {
  return engine.cordon.execute({
    command,
    incident: null,
    identity: { kind: 'cli', name },
    input,
    idempotencyKey: key,
  });
}

export async function untilClosed(engine: TestEngine, id: string): Promise<void> {
  await drive(engine, async () => (await engine.state(id)).status !== 'open');
}

export async function untilLevel(engine: TestEngine, id: string, level: string): Promise<void> {
  await drive(
    engine,
    async () =>
      Object.values((await engine.state(id)).record.levels).every((each) => each === level) &&
      Object.keys((await engine.state(id)).record.levels).length > 0,
  );
}

/** Lets time pass until what was put to end by itself has ended: a closed incident holds nothing then. */
export async function untilNothingIsHeld(engine: TestEngine, id: string): Promise<void> {
  await drive(engine, async () =>
    [...(await engine.state(id)).holds.values()].every((hold) => hold.status === 'closed'),
  );
}

/** What people see of an incident. */
export async function viewOf(engine: TestEngine, id: string) {
  const found = await engine.cordon.views.incidentView(id);
  if (found === undefined) throw new Error('no such incident');
  return found;
}

/** The actions whose steps hold, in the order in which people see them. */
export async function heldActions(engine: TestEngine, id: string): Promise<string[]> {
  const { containment } = await viewOf(engine, id);
  return containment.filter((each) => each.state === 'held').map((each) => each.action);
}

/** The approvals that are waited for. */
export async function openApprovals(engine: TestEngine, id: string) {
  return (await viewOf(engine, id)).approvals.filter((each) => each.status === 'open');
}
