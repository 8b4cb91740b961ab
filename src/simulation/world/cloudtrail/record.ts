import type { JsonObject } from '../../../json.ts';
import type { Answer, Caller, Core, Input } from '../call.ts';
import type { AwsRefusal } from '../world-error.ts';
import { eventName, eventRegion, eventSource, isDataEvent } from './event-names.ts';
import { camelCase, requestParameters } from './parameters.ts';
import type { TrailEvent } from './trail.ts';

/** Addresses of the documentation blocks (RFC 5737): nobody's. */
const ADDRESSES = { inside: '192.0.2.10', outside: '203.0.113.10' };

/** A call as the trail needs to know it. */
export interface TrailedCall {
  readonly service: string;
  readonly operation: string;
  readonly write: boolean;
  readonly input: Input;
  readonly caller: Caller;
  /** What came of it; `undefined` for an answer without a body. */
  readonly answer: Answer | AwsRefusal | undefined;
  /** Whether the call came from a function's environment rather than over the network. */
  readonly inside?: boolean;
}

function seconds(iso: string): string {
  return `${iso.slice(0, 19)}Z`;
}

function userIdentity(core: Core, caller: Caller): JsonObject {
  if (caller.kind === 'user') {
    const { user } = caller;
    return {
      type: 'IAMUser',
      principalId: user.id,
      arn: user.arn,
      accountId: user.account,
      accessKeyId: user.accessKeyId,
      userName: user.name,
    };
  }
  const { session } = caller;
  const { account } = core.state;
  return {
    type: 'AssumedRole',
    principalId: `${session.roleId}:${session.sessionName}`,
    arn: session.sessionArn,
    accountId: account,
    accessKeyId: session.accessKeyId,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: session.roleId,
        arn: session.roleArn,
        accountId: account,
        userName: session.roleName,
      },
      attributes: { creationDate: seconds(session.issuedAt), mfaAuthenticated: 'false' },
      ...(session.sourceIdentity === undefined ? {} : { sourceIdentity: session.sourceIdentity }),
    },
    ...(session.sourceFunctionArn === undefined
      ? {}
      : {
          inScopeOf: {
            issuerType: 'AWS::Lambda::Function',
            credentialsIssuedTo: session.sourceFunctionArn,
            ...(session.sourceVersionArn === undefined
              ? {}
              : { credentialsIssuedToVersion: session.sourceVersionArn }),
          },
        }),
  };
}

/** Types of what a request names, by member; `LookupEvents` finds an event by either name or ARN. */
const RESOURCE_TYPES: Readonly<Record<string, string>> = {
  functionName: 'AWS::Lambda::Function',
  uUID: 'AWS::Lambda::EventSourceMapping',
  roleName: 'AWS::IAM::Role',
  roleArn: 'AWS::IAM::Role',
  policyArn: 'AWS::IAM::Policy',
  userName: 'AWS::IAM::User',
  secretId: 'AWS::SecretsManager::Secret',
  keyId: 'AWS::KMS::Key',
  logGroupName: 'AWS::Logs::LogGroup',
  queueUrl: 'AWS::SQS::Queue',
  bucket: 'AWS::S3::Bucket',
  resourceId: 'AWS::ApplicationAutoScaling::ScalableTarget',
};

function resourcesOf(parameters: JsonObject | null, response: JsonObject | null): TrailEvent['resources'] {
  const named: [string, unknown][] = Object.entries(parameters ?? {}).flatMap(([member, value]) => {
    const type = RESOURCE_TYPES[member];
    if (type === undefined) return [];
    const short =
      type === 'AWS::Lambda::Function' && typeof value === 'string' ? value.split(':')[6] : undefined;
    return [[type, value], ...(short === undefined ? [] : [[type, short] satisfies [string, string]])];
  });
  named.push(['AWS::Lambda::Function', response?.functionArn]);
  const credentials = response?.credentials;
  if (typeof credentials === 'object' && credentials !== null && 'accessKeyId' in credentials) {
    named.push(['AWS::IAM::AccessKey', credentials.accessKeyId]);
  }
  const seen = new Set<string>();
  return named.flatMap(([ResourceType, ResourceName]) => {
    if (typeof ResourceName !== 'string' || seen.has(`${ResourceType} ${ResourceName}`)) return [];
    seen.add(`${ResourceType} ${ResourceName}`);
    return [{ ResourceType, ResourceName }];
  });
}

function isRefusal(answer: TrailedCall['answer']): answer is AwsRefusal {
  return answer !== undefined && 'awsCode' in answer;
}

function append(core: Core, region: string, username: string, accessKeyId: string, record: JsonObject): void {
  const parameters = record.requestParameters;
  const response = record.responseElements;
  const asObject = (value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null; // a member of a JSON object
  const eventId = core.names.uuid();
  core.trail.append({
    atMs: core.clock.now().getTime(),
    region,
    eventId,
    eventName: String(record.eventName),
    eventSource: String(record.eventSource),
    readOnly: record.readOnly === true,
    accessKeyId,
    username,
    resources: resourcesOf(asObject(parameters), asObject(response)),
    record: {
      ...record,
      awsRegion: region,
      requestID: core.names.uuid(),
      eventID: eventId,
      eventTime: seconds(core.clock.now().toISOString()),
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: core.state.account,
      eventCategory: 'Management',
    },
  });
}

/** Writes a call into the event history, unless it is a data event. */
export function trailCall(core: Core, call: TrailedCall): void {
  const { service, operation, input, caller, answer } = call;
  if (isDataEvent(service, operation)) return;
  const region = eventRegion(service, core.state.partition, input.region);
  // Reads have no response in a trail; AssumeRole has one though it changes nothing.
  const tells = call.write || operation === 'AssumeRole';
  const body = isRefusal(answer) || answer?.body === undefined || !tells ? null : camelCase(answer.body);
  const username = caller.kind === 'user' ? caller.user.name : caller.session.sessionName;
  const accessKeyId = caller.kind === 'user' ? caller.user.accessKeyId : caller.session.accessKeyId;
  append(core, region, username, accessKeyId, {
    eventVersion: '1.11',
    userIdentity: userIdentity(core, caller),
    eventSource: eventSource(service),
    eventName: eventName(service, operation),
    sourceIPAddress: call.inside === true ? ADDRESSES.inside : ADDRESSES.outside,
    userAgent: input.headers.get('user-agent') ?? 'aws-sdk',
    ...(isRefusal(answer) ? { errorCode: answer.awsCode, errorMessage: answer.awsMessage } : {}),
    requestParameters: requestParameters(service, input),
    responseElements: body === null || Object.keys(body).length === 0 ? null : body,
    readOnly: !call.write,
  });
}

/** Writes what an AWS service did for itself: Lambda assuming a function's role, auto scaling a function. */
export function trailService(
  core: Core,
  event: {
    readonly region: string;
    readonly invokedBy: string;
    readonly service: string;
    readonly operation: string;
    readonly write: boolean;
    readonly parameters: JsonObject;
    readonly response?: JsonObject;
  },
): void {
  append(core, event.region, '', '', {
    eventVersion: '1.11',
    userIdentity: { type: 'AWSService', invokedBy: event.invokedBy },
    eventSource: eventSource(event.service),
    eventName: eventName(event.service, event.operation),
    sourceIPAddress: event.invokedBy,
    userAgent: event.invokedBy,
    requestParameters: event.parameters,
    responseElements: event.response ?? null,
    readOnly: !event.write,
  });
}
