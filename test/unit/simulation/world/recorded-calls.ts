import { RECORDED_ACCOUNT, type RecordedCall, type RecordedScenario } from './recorded.ts';

export const F = '/2015-03-31/functions';
export const ARN = `arn:aws:lambda:eu-west-1:${RECORDED_ACCOUNT}:function`;
export const reserved = (step: string | undefined, name: string, value: number): RecordedCall => ({
  ...(step === undefined ? {} : { step }),
  method: 'PUT',
  path: `/2017-10-31/functions/${name}/concurrency`,
  body: { ReservedConcurrentExecutions: value },
});
export const readReserved = (step: string, name = 'fn'): RecordedCall => ({
  step,
  method: 'GET',
  path: `/2019-09-30/functions/${name}/concurrency`,
});
export const provisioned = (
  step: string | undefined,
  name: string,
  qualifier: string,
  value: number,
): RecordedCall => ({
  ...(step === undefined ? {} : { step }),
  method: 'PUT',
  path: `/2019-09-30/functions/${name}/provisioned-concurrency?Qualifier=${encodeURIComponent(qualifier)}`,
  body: { ProvisionedConcurrentExecutions: value },
});
export const provisionedAt = (
  step: string,
  method: string,
  name: string,
  qualifier: string,
): RecordedCall => ({
  step,
  method,
  path: `/2019-09-30/functions/${name}/provisioned-concurrency?Qualifier=${encodeURIComponent(qualifier)}`,
});
export const eventInvoke = (
  step: string | undefined,
  method: string,
  name: string,
  body?: object,
  qualifier?: string,
): RecordedCall => ({
  ...(step === undefined ? {} : { step }),
  method,
  path: `/2019-09-25/functions/${encodeURIComponent(name)}/event-invoke-config${qualifier === undefined ? '' : `?Qualifier=${encodeURIComponent(qualifier)}`}`,
  ...(body === undefined ? {} : { body }),
});
export const addPermission = (
  step: string | undefined,
  name: string,
  body: object,
  qualifier?: string,
): RecordedCall => ({
  ...(step === undefined ? {} : { step }),
  method: 'POST',
  path: `${F}/${name}/policy${qualifier === undefined ? '' : `?Qualifier=${encodeURIComponent(qualifier)}`}`,
  body: { Action: 'lambda:InvokeFunction', ...body },
});
export const one = (recording: string, step: string, path: string, method = 'GET'): RecordedScenario => ({
  recording,
  calls: [{ step, method, path }],
});
export const s3 = { StatementId: 's3', Principal: 's3.amazonaws.com' };
