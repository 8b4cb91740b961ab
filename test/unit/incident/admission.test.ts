import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import type { ComposeOptions } from '../../../src/main.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import {
  alertJson,
  enrolmentText,
  freshGround,
  type Ground,
  quiet,
  startEngine,
  type TestEngine,
} from '../../support/engine.ts';
import { ACCOUNT, FUNCTION_ARN, REGION, ROLE_ARN } from '../../support/world.ts';

let ground: Ground;
let engine: TestEngine;

beforeEach(async () => {
  ground = await freshGround();
});

afterEach(async () => {
  await engine.stop();
  await ground.sql.close();
});

interface Finding {
  detail: { resource: { lambdaDetails: object }; service: { additionalInfo: object }; type: string };
}

async function submit(change: (finding: Finding) => void = () => {}) {
  const finding = alertJson() as Finding; // the shape that alertJson writes
  change(finding);
  const bytes = new TextEncoder().encode(JSON.stringify(finding));
  return engine.cordon.engine.accept.submit({
    bytes,
    via: 'cli',
    source: 'test',
    receivedAt: ground.clock.now(),
  });
}

const written = () => ground.world.journal.writes().length;
const refusals = async () =>
  (await readTimeline(ground.sql, 'system')).filter((entry) => entry.body?.kind === 'alert.refused');

function withEnrolment(extra: string): Partial<ComposeOptions> {
  return { enrolment: parseEnrolment(`${enrolmentText('act')}\n${extra}`, 'enrolment.yaml') };
}

describe('an alert that opens no incident', () => {
  const cases: readonly {
    name: string;
    code: string;
    exercise?: boolean;
    extra?: string;
    change?: (finding: Finding) => void;
  }[] = [
    {
      name: 'a generated sample outside an exercise',
      code: 'cordon_alert_sample',
      exercise: false,
      change: (finding) => Object.assign(finding.detail.service.additionalInfo, { sample: true }),
    },
    {
      name: 'a function of an account that is not enrolled',
      code: 'cordon_not_enrolled',
      change: (finding) => {
        const elsewhere = JSON.parse(JSON.stringify(finding).replaceAll(ACCOUNT, '222233334444'));
        Object.assign(finding, elsewhere);
      },
    },
    {
      name: 'a function on the exclusion list',
      code: 'cordon_target_excluded',
      extra: `exclusions: ['${FUNCTION_ARN}']`,
    },
    { name: 'a role of Cordon itself', code: 'cordon_target_excluded', extra: `self: ['${ROLE_ARN}']` },
    {
      name: 'a finding type that is not known',
      code: 'cordon_alert_unknown_finding_type',
      change: (finding) => {
        finding.detail.type = 'Backdoor:Lambda/SomethingNew';
      },
    },
  ];

  test.each(cases)(
    '$name is refused with $code, recorded, and writes nothing',
    async ({ code, exercise, extra, change }) => {
      engine = await startEngine(ground, {
        overrides: {
          ...(exercise === undefined ? {} : { exercise }),
          ...(extra === undefined ? {} : withEnrolment(extra)),
        },
      });
      expect(await submit(change)).toMatchObject([{ kind: 'refused', code }]);
      await quiet(engine);
      expect(await refusals()).toHaveLength(1);
      expect((await refusals())[0]?.body?.data).toMatchObject({
        code,
        bytesSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      expect(written()).toBe(0);
      expect(await engine.cordon.views.openIncidents()).toEqual([]);
    },
  );

  test('CONTROL: the same finding, unchanged, opens one', async () => {
    engine = await startEngine(ground);
    expect(await submit()).toMatchObject([{ kind: 'opened' }]);
  });

  test('is refused in the same words when it is malformed', async () => {
    engine = await startEngine(ground);
    const bytes = new TextEncoder().encode('{"version": ');
    const receipt = await engine.cordon.engine.accept.submit({
      bytes,
      via: 'cli',
      source: 'test',
      receivedAt: ground.clock.now(),
    });
    expect(receipt).toMatchObject([{ kind: 'refused', code: 'cordon_alert_malformed_json' }]);
    expect(await refusals()).toHaveLength(1);
  });
});

test(`the enrolled Region is part of what is enrolled (${REGION})`, async () => {
  engine = await startEngine(ground);
  const receipt = await submit((finding) => {
    Object.assign(finding, JSON.parse(JSON.stringify(finding).replaceAll(REGION, 'us-east-1')));
  });
  expect(receipt).toMatchObject([{ kind: 'refused', code: 'cordon_not_enrolled' }]);
});
