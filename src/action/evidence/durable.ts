import { z } from 'zod';
import type { Json } from '../../json.ts';
import type { FunctionConfiguration } from '../ports.ts';
import type { Desk } from './desk.ts';
import { pointersOf } from './raw.ts';

const execution = z.object({ DurableExecutionArn: z.string() });

/** Histories of so many executions, newest first; the list names all. */
const MAX_HISTORIES = 50;

/** Durable executions: what the function had begun, and what it was given. Payloads are kept as secrets. */
export async function collectDurable(
  desk: Desk,
  configurations: readonly FunctionConfiguration[],
): Promise<void> {
  const { functionArn, functionName } = desk.context.target;
  const artifact = 'durable-execution';
  if (!configurations.some((item) => pointersOf(item.raw).DurableConfig !== undefined)) {
    desk.coverage.note(artifact, 'No version is a durable function.');
    return;
  }
  const found: string[] = [];
  await desk.listing(
    { name: 'durable-executions.ndjson', artifact, sourceArn: functionArn },
    {
      call: 'lambda:ListDurableExecutionsByFunction',
      input: { FunctionName: functionName, Qualifier: '$LATEST', ReverseOrder: true },
    },
    'DurableExecutions',
    (row: Json) => {
      const read = execution.safeParse(row);
      if (read.success && found.length < MAX_HISTORIES) found.push(read.data.DurableExecutionArn);
      return true;
    },
  );
  for (const arn of found) {
    await desk.listing(
      {
        name: `durable-executions/${encodeURIComponent(arn.split(':').slice(6).join(':'))}.ndjson`,
        artifact,
        sourceArn: arn,
        secret: true,
      },
      {
        call: 'lambda:GetDurableExecutionHistory',
        input: { DurableExecutionArn: arn, IncludeExecutionData: true },
      },
      'Events',
    );
  }
}
