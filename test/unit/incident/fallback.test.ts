import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadGuardrails } from '../../../src/definitions.ts';
import type { GuardrailFiles } from '../../../src/guardrail/check.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { heldActions, openApprovals, viewOf } from '../../support/answers.ts';
import { engineForEachTest } from '../../support/each-test.ts';
import { drive } from '../../support/engine.ts';
import { FUNCTION_ARN } from '../../support/world.ts';

let guardrails: GuardrailFiles;

beforeAll(async () => {
  const files = await loadGuardrails();
  guardrails = {
    ...files,
    policies: files.policies.map((policy) => ({
      ...policy,
      text: policy.text.replaceAll('rung:cap-concurrency', 'rung:deny-abused-apis'),
    })),
  };
});

const on = engineForEachTest({ engine: () => ({ mode: 'ask', overrides: { guardrails } }) });

const view = (id: string) => viewOf(on.engine, id);
const held = (id: string) => heldActions(on.engine, id);
const open = (id: string) => openApprovals(on.engine, id);

/** An incident whose questions nobody answers. */
async function unanswered(alert: Parameters<typeof on.engine.submit>[0]): Promise<string> {
  const id = await on.engine.submit(alert);
  await drive(on.engine, async () => (await open(id)).length > 0);
  await drive(on.engine, async () => (await open(id)).length === 0);
  return id;
}

describe('a policy by which silence denies the abused calls', () => {
  test('has them denied when nobody answers, and stops nothing', async () => {
    const id = await unanswered({
      confidence: 0.9,
      calls: [{ service: 's3.amazonaws.com', api: 'GetObject' }],
    });
    await drive(on.engine, async () => (await held(id)).length > 0);
    expect(await held(id)).toEqual(['iam.deny-apis']);
    expect(on.ground.world.state.functions.get(FUNCTION_ARN)?.reserved).toBeUndefined();
    expect((await view(id)).rung).toBe('deny-abused-apis');
  });

  test('CONTROL: with an alert that names none, nothing is done, and it is said why', async () => {
    const id = await unanswered({});
    expect(await held(id)).toEqual([]);
    expect(on.ground.world.journal.entries().filter((call) => call.write)).toEqual([]);
    const said = (await readTimeline(on.engine.sql, id)).map(({ body }) => body?.summary ?? '');
    expect(said.join('\n')).toContain('deny-abused-apis cannot be done to this function');
  });
});
