import { RECORDED_ACCOUNT, type RecordedCall } from './recorded.ts';
import { ARN, F } from './recorded-calls.ts';

/** A change of a function is over by then. */
const SETTLED_MS = 3_000;
export const EMPTY_ZIP = Buffer.concat([Buffer.from([0x50, 0x4b, 5, 6]), Buffer.alloc(18)]).toString(
  'base64',
);
const ROLE = `arn:aws:iam::${RECORDED_ACCOUNT}:role/webhook-role`;
export const NONE = { spec: { functions: [] } };

export const call = (
  step: string | undefined,
  method: string,
  path: string,
  body?: object,
  more: Partial<RecordedCall> = {},
): RecordedCall => ({
  ...(step === undefined ? {} : { step }),
  method,
  path,
  ...(body === undefined ? {} : { body }),
  ...more,
});
export const settled = { waitMs: SETTLED_MS };
export const create = (
  step: string | undefined,
  more: object = {},
  differs?: RecordedCall['differs'],
): RecordedCall =>
  call(
    step,
    'POST',
    F,
    {
      FunctionName: 'fn',
      Role: ROLE,
      Runtime: 'python3.12',
      Handler: 'index.handler',
      Code: { ZipFile: EMPTY_ZIP },
      ...more,
    },
    differs === undefined ? {} : { differs },
  );
export const configure = (step: string | undefined, body: object) =>
  call(step, 'PUT', `${F}/fn/configuration`, body, settled);
export const publish = (step: string | undefined, body: object = {}) =>
  call(step, 'POST', `${F}/fn/versions`, body, settled);
export const get = (step: string, qualifier = '') =>
  call(step, 'GET', `${F}/fn${qualifier}`, undefined, settled);
export const aliases = (step: string, query = '') => call(step, 'GET', `${F}/fn/aliases${query}`);
export const alias = (
  step: string,
  method: 'POST' | 'PUT' | 'GET' | 'DELETE',
  name: string,
  body: object = {},
) =>
  method === 'POST'
    ? call(step, method, `${F}/fn/aliases`, { Name: name, ...body })
    : call(step, method, `${F}/fn/aliases/${name}`, method === 'PUT' ? body : undefined);
export const weights = (AdditionalVersionWeights: Record<string, number>) => ({
  RoutingConfig: { AdditionalVersionWeights },
});
export const url = (step: string | undefined, method: string, name: string, query = '', body?: object) =>
  call(step, method, `/2021-10-31/functions/${encodeURIComponent(name)}/url${query}`, body);
export const tags = (method: string, step?: string, query = '', body?: object) =>
  call(step, method, `/2017-03-31/tags/${encodeURIComponent(`${ARN}:fn`)}${query}`, body);
export const wrongRegion = encodeURIComponent(`arn:aws:lambda:us-east-1:${RECORDED_ACCOUNT}:function:fn`);
export const staging = { Environment: { Variables: { testenv: 'staging' } } };
export const TWO_VERSIONS = [
  create('create_response', staging),
  publish('publish_v1'),
  configure(undefined, { Environment: { Variables: { testenv: 'prod' } } }),
  publish('publish_v2'),
];
export const CSC = 'arn:aws:lambda:eu-west-1:111111111111:code-signing-config:csc-00000000000000000';
export const csc = (step: string, method: string, arn = CSC, body?: object, rest = '') =>
  call(step, method, `/2020-04-22/code-signing-configs/${encodeURIComponent(arn)}${rest}`, body);
export const functionCsc = (step: string, method: string, name: string, body?: object) =>
  call(step, method, `/2020-06-30/functions/${name}/code-signing-config`, body);
export const createCsc = call('create_code_signing_config', 'POST', '/2020-04-22/code-signing-configs', {
  Description: 'Testing CodeSigning Config',
  AllowedPublishers: {
    SigningProfileVersionArns: [`arn:aws:signer:eu-west-1:${RECORDED_ACCOUNT}:/signing-profiles/test`],
  },
  CodeSigningPolicies: { UntrustedArtifactOnDeployment: 'Enforce' },
});
export const recursion = (step: string, value?: string) =>
  call(
    step,
    value === undefined ? 'GET' : 'PUT',
    '/2024-08-31/functions/fn/recursion-config',
    value === undefined ? undefined : { RecursiveLoop: value },
  );
const MAPPINGS = '/2015-03-31/event-source-mappings';
export const mapping = (step: string | undefined, body: object) =>
  call(step, 'POST', MAPPINGS, { FunctionName: 'fn', ...body });
export const QUEUE = `arn:aws:sqs:eu-west-1:${RECORDED_ACCOUNT}:orders`;
export const STREAM = `arn:aws:kinesis:eu-west-1:${RECORDED_ACCOUNT}:stream/orders`;
export const TABLE = `arn:aws:dynamodb:eu-west-1:${RECORDED_ACCOUNT}:table/orders/stream/2026`;
