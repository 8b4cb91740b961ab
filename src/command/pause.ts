import { z } from 'zod';
import type { IncidentId } from '../id.ts';
import { standstillInWords } from '../incident/pause.ts';
import { listIncidents } from '../store/list.ts';
import type { Pause } from '../store/pause.ts';
import { readPause, writePause } from '../store/pause.ts';
import { entryBody } from '../timeline/body.ts';
import type { CommandResult, Person } from './command.ts';
import { done } from './command.ts';
import type { EngineTools } from './engine-command.ts';
import { defineEngineCommand } from './engine-command.ts';

const reason = z.string().trim().min(1).max(500);
// More open incidents than this are told by their own attempts, which say that they wait.
const TOLD_AT_ONCE = 500;

/** Stops every write to every account, in every process, within a second. Releases go on. */
export const pause = defineEngineCommand({
  id: 'pause',
  title: 'Pause all writes',
  input: z.strictObject({ reason: reason.default('no reason given') }),
  async run(tools, input, person, key) {
    const before = await readPause(tools.sql);
    // Two people who pull the same brake both succeed.
    if (before !== null) return done(`already so: ${standstillInWords({ kind: 'paused', ...before })}`);
    const now = { by: person.id, reason: input.reason, at: tools.clock.now().toISOString() };
    const result = done('all writes to accounts are paused; release still works, "cordon resume" ends it');
    return change(tools, { pause: now, person, key, result, reason: input.reason });
  },
});

/** Lets writes go on; what waited goes on by itself. */
export const resume = defineEngineCommand({
  id: 'resume',
  title: 'Let writes go on',
  input: z.strictObject({ reason: reason.default('no reason given') }),
  async run(tools, input, person, key) {
    if ((await readPause(tools.sql)) === null) return done('writes are not paused');
    const result = done('writes go on; what waited goes on by itself');
    return change(tools, { pause: null, person, key, result, reason: input.reason });
  },
});

async function change(
  tools: EngineTools,
  change: {
    readonly pause: Pause | null;
    readonly person: Person;
    readonly key: string;
    readonly result: CommandResult;
    readonly reason: string;
  },
): Promise<CommandResult> {
  const { person, result } = change;
  const kind = change.pause === null ? ('writes.resumed' as const) : ('writes.paused' as const);
  const actor = { kind: 'responder', id: person.id, via: person.via } as const;
  const verb = change.pause === null ? 'let writes go on' : 'paused all writes';
  const summary = `${person.id} ${verb}: ${change.reason}`;
  const data = { reason: change.reason };
  await writePause(tools.sql, tools.clock, {
    pause: change.pause,
    entry: entryBody(kind, actor, summary, data),
    receipt: { key: change.key, result: { ...result } },
  });
  await tools.refreshPause();
  // The pause holds from here on. That each open incident says so is for those who read its timeline and card.
  const listed = await listIncidents(tools.sql, { statuses: ['open', 'halted'], limit: TOLD_AT_ONCE });
  const open = listed.filter(({ status }) => status !== 'closed');
  await Promise.all(
    open.map(({ id }) =>
      tools.advance.advance(id as IncidentId, (draft) => {
        // an id from the record
        draft.log(kind, actor, summary, data);
        draft.post('card', {}, { merge: 'card' });
      }),
    ),
  );
  return result;
}
