import type { JsonObject } from '../../../json.ts';
import type { Input, Operation } from '../call.ts';
import { cloudTrailOperations } from '../cloudtrail/lookup.ts';
import { cloudWatchOperations } from '../cloudwatch/operations.ts';
import type { PresentedCredentials } from '../credentials.ts';
import { genericOperation } from '../data/operations.ts';
import { ec2Operations, XRAY_PATHS, xrayOperations } from '../data/surroundings.ts';
import { policyOperations } from '../iam/policy-operations.ts';
import { roleOperations } from '../iam/role-operations.ts';
import { simulateOperation } from '../iam/simulate.ts';
import { kmsOperations } from '../kms/operations.ts';
import type { LambdaRoutes } from '../lambda/routes.ts';
import { logsOperations } from '../logs/operations.ts';
import { bucketOperations } from '../s3/buckets.ts';
import { lockOperations } from '../s3/lock.ts';
import { objectOperations } from '../s3/objects.ts';
import { matchS3 } from '../s3/route.ts';
import { scalingOperations } from '../scaling/operations.ts';
import { queueOperations } from '../sqs/moves.ts';
import { sqsOperations } from '../sqs/operations.ts';
import { stsOperations } from '../sts/operations.ts';
import { AwsRefusal } from '../world-error.ts';
import { EC2_QUERY, queryXml, REST_JSON, REST_XML, targetJson, type WireFormat } from './format.ts';

/** A request may be this long: Lambda's own limit on a synchronous payload, and more for an object. */
const MOST_BYTES = 6 * 1024 * 1024;
const MOST_OBJECT_BYTES = 64 * 1024 * 1024;

/** Where a request goes, from its SigV4 credential scope: the host name plays no part. */
export interface Scope {
  readonly service: string;
  readonly region: string;
  readonly credentials: PresentedCredentials;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/\d{8}\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request,/;

/** Reads the scope of a signed request; `undefined` for an unsigned one. */
export function readScope(headers: Headers): Scope | undefined {
  const match = AUTHORIZATION.exec(headers.get('authorization') ?? '');
  if (match === null) return undefined;
  const [, accessKeyId = '', region = '', service = ''] = match;
  const sessionToken = headers.get('x-amz-security-token') ?? undefined;
  return { service, region, credentials: { accessKeyId, sessionToken } };
}

const IAM = queryXml('https://iam.amazonaws.com/doc/2010-05-08/');
const STS = queryXml('https://sts.amazonaws.com/doc/2011-06-15/');
const JSON_10 = targetJson('1.0');
const JSON_11 = targetJson('1.1');

/** How a service speaks. */
export function formatOf(service: string): WireFormat {
  switch (service) {
    case 'lambda':
    case 'xray':
      return REST_JSON;
    case 'ec2':
      return EC2_QUERY;
    case 'iam':
      return IAM;
    case 'sts':
      return STS;
    case 's3':
      return REST_XML;
    case 'sqs':
    case 'dynamodb':
    case 'monitoring':
      return JSON_10;
    default:
      return JSON_11;
  }
}

const IAM_OPERATIONS: Readonly<Record<string, Operation>> = {
  ...roleOperations,
  ...policyOperations,
  SimulatePrincipalPolicy: simulateOperation,
};

/** Operations of the services that are known by name. */
const BY_NAME: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  iam: IAM_OPERATIONS,
  sts: stsOperations,
  logs: logsOperations,
  sqs: { ...sqsOperations, ...queueOperations },
  s3: { ...objectOperations, ...lockOperations, ...bucketOperations },
  kms: kmsOperations,
  ec2: ec2Operations,
  xray: xrayOperations,
  cloudtrail: cloudTrailOperations,
  monitoring: cloudWatchOperations,
  'application-autoscaling': scalingOperations,
};

function unknownOperation(service: string, name: string): AwsRefusal {
  return new AwsRefusal(
    'UnknownOperationException',
    404,
    `the world does not know the operation ${service}:${name}`,
  );
}

/** The operation of that name: modelled, or generic where the service is not modelled at all. */
export function operationNamed(routes: LambdaRoutes, service: string, name: string): Operation {
  const modelled = service === 'lambda' ? routes.operations : BY_NAME[service];
  if (modelled === undefined) return genericOperation(service, name);
  const operation = Object.hasOwn(modelled, name) ? modelled[name] : undefined;
  if (operation === undefined) throw unknownOperation(service, name);
  return operation;
}

function readJson(raw: Uint8Array, service: string): JsonObject {
  if (raw.byteLength === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(raw).toString('utf8'));
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject; // parsed JSON, an object
  throw new AwsRefusal(
    'SerializationException',
    400,
    `expected a JSON object as the body of a ${service} request`,
  );
}

/** Reads a signed request into an operation and its input. Throws `AwsRefusal` for what no service would take. */
export async function readRequest(
  request: Request,
  scope: Scope,
  routes: LambdaRoutes,
): Promise<{ readonly operation: Operation; readonly input: Input }> {
  const url = new URL(request.url);
  const raw = new Uint8Array(await request.arrayBuffer());
  const { service, region } = scope;
  const most = service === 's3' ? MOST_OBJECT_BYTES : MOST_BYTES;
  if (raw.byteLength > most) {
    throw new AwsRefusal('RequestTooLargeException', 413, `Request must be smaller than ${most} bytes`);
  }
  const input: Input = {
    region,
    origin: url.origin,
    path: {},
    query: url.searchParams,
    headers: request.headers,
    body: {},
    raw,
  };
  switch (service) {
    case 'lambda': {
      const route = routes.match(request.method, url.pathname, url.searchParams);
      if (route === undefined) throw unknownOperation(service, `${request.method} ${url.pathname}`);
      const body = route.operation.name === 'Invoke' ? {} : readJson(raw, service);
      return { operation: route.operation, input: { ...input, path: route.labels, body } };
    }
    case 'xray': {
      const name = XRAY_PATHS[url.pathname];
      if (name === undefined) throw unknownOperation(service, url.pathname);
      return {
        operation: operationNamed(routes, service, name),
        input: { ...input, body: readJson(raw, service) },
      };
    }
    case 'iam':
    case 'ec2':
    case 'sts': {
      const query = new URLSearchParams(Buffer.from(raw).toString('utf8'));
      return {
        operation: operationNamed(routes, service, query.get('Action') ?? ''),
        input: { ...input, query },
      };
    }
    case 's3': {
      const { name, bucket, key } = matchS3(request.method, url);
      if (name === undefined)
        throw unknownOperation(service, `${request.method} ${url.pathname}${url.search}`);
      return {
        operation: operationNamed(routes, service, name),
        input: { ...input, path: { Bucket: bucket, Key: key } },
      };
    }
    default: {
      const name = (request.headers.get('x-amz-target') ?? '').split('.').at(-1) ?? '';
      return {
        operation: operationNamed(routes, service, name),
        input: { ...input, body: readJson(raw, service) },
      };
    }
  }
}
