import { FUNCTION_ARN } from './aws-access.ts';
import { json, type StubReply, type StubRequest } from './aws-stub.ts';

/** Answers for every door of a function: each read finds something, each write succeeds. */
export function answerDoor({ operation }: StubRequest): StubReply | undefined {
  const function_ = `/functions/${FUNCTION_ARN}`;
  const mapping = '/2015-03-31/event-source-mappings/5f0d8a64-3c1e-4c53-9a6b-2f1f7b1e9a10';
  const done: StubReply = { kind: 'answer', status: 204, body: '' };
  const answers: Readonly<Record<string, StubReply>> = {
    [`GET /2019-09-25${function_}/event-invoke-config`]: json({ DestinationConfig: { OnFailure: {} } }),
    [`POST /2019-09-25${function_}/event-invoke-config`]: json({}),
    [`PUT /2019-09-25${function_}/event-invoke-config`]: json({}),
    [`DELETE /2019-09-25${function_}/event-invoke-config`]: done,
    [`GET ${mapping}`]: json({ UUID: 'u', FunctionArn: FUNCTION_ARN, State: 'Enabled' }),
    [`PUT ${mapping}`]: json({}),
    [`PUT /2019-09-30${function_}/provisioned-concurrency`]: json({}),
    [`DELETE /2019-09-30${function_}/provisioned-concurrency`]: done,
    [`GET /2021-10-31${function_}/url`]: json({ AuthType: 'NONE' }),
    [`PUT /2021-10-31${function_}/url`]: json({}),
    [`POST /2015-03-31${function_}/policy`]: json({}),
    [`DELETE /2015-03-31${function_}/policy/open`]: done,
    [`GET /2015-03-31${function_}/aliases/live`]: json({ Name: 'live', FunctionVersion: '2' }),
    [`PUT /2015-03-31${function_}/aliases/live`]: json({}),
    [`PUT /2015-03-31${function_}/configuration`]: json({}),
    [`GET /2020-06-30${function_}/code-signing-config`]: json({}),
    [`PUT /2020-06-30${function_}/code-signing-config`]: json({}),
    [`DELETE /2020-06-30${function_}/code-signing-config`]: done,
    [`GET /2025-11-30${function_}/function-scaling-config`]: json({
      RequestedFunctionScalingConfig: { MinExecutionEnvironments: 1, MaxExecutionEnvironments: 3 },
    }),
    [`PUT /2025-11-30${function_}/function-scaling-config`]: json({}),
    DescribeScalableTargets: json({ ScalableTargets: [{ SuspendedState: {} }] }),
    RegisterScalableTarget: json({}),
  };
  return answers[operation];
}
