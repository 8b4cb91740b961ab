import type { Custody } from '../main/custody.ts';
import type { Context } from './context.ts';

/** Where the evidence of an incident is: an exercise never leaves this machine. */
export async function withCustody<Result>(
  context: Context,
  incident: { readonly exercise: boolean },
  work: (custody: Custody) => Promise<Result>,
): Promise<Result> {
  const { dataDir, custody: config } = await context.config();
  const { localCustody, openCustody } = await import('../main/custody.ts');
  const custody = incident.exercise
    ? await localCustody(dataDir)
    : await openCustody({ dataDir, config, clock: context.clock });
  try {
    return await work(custody);
  } finally {
    custody.close();
  }
}
