import type { Target } from '../../../src/action/ports.ts';
import type { Alert } from '../../../src/alert/alert.ts';
import { type CompiledPlaybook, compilePlaybook } from '../../../src/playbook/compile.ts';
import type { Ambient } from '../../../src/playbook/types.ts';
import { catalogue } from './catalogue.ts';

export function target(
  name: string,
  roles: readonly string[] = [`arn:aws:iam::111122223333:role/${name}`],
): Target {
  return {
    functionArn: `arn:aws:lambda:eu-west-1:111122223333:function:${name}`,
    functionName: name,
    partition: 'aws',
    account: '111122223333',
    region: 'eu-west-1',
    roles,
    tier: 'standard',
    tags: {},
  };
}

export const alert: Alert = {
  source: 'guardduty',
  dedupeKey: 'arn:aws:guardduty:eu-west-1:111122223333:detector/d/finding/f',
  revision: '1',
  category: 'function-compromise',
  findingType: 'Backdoor:Lambda/C&CActivity.B',
  title: 'A title',
  description: 'A description',
  severity: 8,
  confidence: 1,
  account: '111122223333',
  region: 'eu-west-1',
  firstSeenAt: '2026-01-01T00:00:00.000Z',
  lastSeenAt: '2026-01-01T00:00:00.000Z',
  sample: false,
};

export function ambient(targets: readonly Target[] = [target('checkout')], item?: Target): Ambient {
  return {
    incident: { id: 'inc-1', severity: 2, mode: 'act', exercise: false, targets, contained: false },
    alert,
    ...(item === undefined ? {} : { item }),
  };
}

/** Wraps states into a whole document whose root begins in the first of them. */
function playbookText(initial: string, states: string, extra = ''): string {
  return `id: fixture\nversion: 1\ntitle: Fixture\ntriggers: []\n${extra}initial: ${initial}\nstates:\n${states}`;
}

export function compile(initial: string, states: string, extra = ''): CompiledPlaybook {
  return compilePlaybook(playbookText(initial, states, extra), catalogue);
}
