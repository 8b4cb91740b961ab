import type { Facts } from './facts.ts';
import { code, duration, escaped, levelText, table } from './markdown.ts';

/** What was done, on whose decision, and what showed that it held. */
export function response(facts: Facts): string {
  const start = facts.metrics.startedAt;
  const since = (at: string | null) =>
    start === null || at === null ? 'not reached' : duration(Date.parse(at) - Date.parse(start));
  const actions =
    facts.responses.length === 0
      ? 'No containing or restoring action is recorded.'
      : table(
          [
            'Action',
            'Object',
            'Plan digest',
            'Decision',
            'Started',
            'Took',
            'Outcome',
            'Verified',
            'Entries',
          ],
          facts.responses.map((attempt) => [
            `${code(attempt.action)}${attempt.restores ? ' (release)' : ''}`,
            code(attempt.object),
            attempt.digest === null ? 'none' : code(attempt.digest.slice(0, 16)),
            attempt.decisions.map((decision) => escaped(decision)).join('; ') || 'none recorded',
            `+${since(attempt.startedAt)}`.replace('+not', 'not'),
            attempt.startedAt === null || attempt.finishedAt === null
              ? 'not reached'
              : duration(Date.parse(attempt.finishedAt) - Date.parse(attempt.startedAt)),
            attempt.outcome,
            shownFor(attempt, facts.levels),
            attempt.entries.join(', '),
          ]),
        );
  const shown =
    facts.levels.length === 0
      ? 'No level of containment is recorded: nothing shows that a containment held.'
      : table(
          ['Target', 'Level', 'After', 'Because', 'Entry'],
          facts.levels.map((fact) => [
            code(fact.target),
            levelText(fact.level),
            since(fact.at),
            escaped(fact.why),
            `${fact.seq}`,
          ]),
        );
  return `${actions}\n\nHow far containment was shown:\n\n${shown}`;
}

const SHOWN: ReadonlySet<string> = new Set(['read_back', 'effective', 'observed']);

/** What showed that a containment held: the first level after it, or the one that it added to. */
function shownFor(attempt: Facts['responses'][number], levels: Facts['levels']): string {
  if (attempt.restores || attempt.outcome !== 'succeeded') return '';
  const shown = levels.filter(
    ({ level, target }) => SHOWN.has(level) && (attempt.target === null || target === attempt.target),
  );
  const after =
    shown.find(({ at }) => attempt.finishedAt === null || at >= attempt.finishedAt) ?? shown.at(-1);
  return after === undefined ? '**not shown**' : `${levelText(after.level)} (entry ${after.seq})`;
}
