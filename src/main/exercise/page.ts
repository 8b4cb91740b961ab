import { scenarioReference } from '../../simulation/exercise/reference.ts';
import { listExercises, loadExercise } from './library.ts';

const MINUTE_MS = 60_000;
const GENERATED = /<!-- generated: (\w+) -->[\s\S]*?<!-- end -->/g;

/** The text of docs/exercises.md, which people write, with its tables made anew: the library and the format's fields. */
export async function withExerciseTables(text: string): Promise<string> {
  const tables: Readonly<Record<string, string>> = { library: await libraryTable(), ...scenarioReference() };
  return text.replaceAll(
    GENERATED,
    (_, name: string) => `<!-- generated: ${name} -->\n${tables[name] ?? ''}\n<!-- end -->`,
  );
}

async function libraryTable(): Promise<string> {
  const loaded = await Promise.all((await listExercises()).map(({ id }) => loadExercise(id)));
  const rows = loaded.map(({ scenario }) =>
    [
      `[\`${scenario.id}\`](../simulations/${scenario.id}/scenario.yaml)`,
      scenario.title,
      scenario.objectives.map(({ text }) => text).join(' '),
      scenario.attack.join(' '),
      scenario.difficulty,
      scenario.duration / MINUTE_MS,
    ].join(' | '),
  );
  return [
    '| exercise | title | what it practises | ATT&CK | difficulty | minutes |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}
