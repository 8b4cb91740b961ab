import type { Desk } from './desk.ts';

/** Stores what became of each artifact: the page to read first. */
export async function keepCoverage(desk: Desk): Promise<void> {
  const { functionArn } = desk.context.target;
  await desk.json(
    { name: 'coverage.json', artifact: 'coverage', sourceArn: functionArn, apiCall: 'cordon' },
    async () => desk.coverage.table(),
  );
}
