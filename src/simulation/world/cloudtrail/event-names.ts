/**
 * Lambda's management events carry the version of the API in their name (Lambda developer guide, "Logging
 * Lambda API calls using AWS CloudTrail"): looking up `UpdateFunctionCode` finds nothing. Operations that
 * are not here are named plainly.
 */
const VERSIONED: Readonly<Record<string, string>> = {
  AddLayerVersionPermission: '20181031',
  AddPermission: '20150331v2',
  CreateAlias: '20150331',
  CreateEventSourceMapping: '20150331',
  CreateFunction: '20150331',
  DeleteAlias: '20150331',
  DeleteEventSourceMapping: '20150331',
  DeleteFunction: '20150331',
  DeleteFunctionConcurrency: '20171031',
  DeleteLayerVersion: '20181031',
  GetAccountSettings: '20160819',
  GetAlias: '20150331',
  GetEventSourceMapping: '20150331',
  GetFunction: '20150331v2',
  GetFunctionConfiguration: '20150331v2',
  GetLayerVersion: '20181031',
  GetLayerVersionByArn: '20181031',
  GetLayerVersionPolicy: '20181031',
  GetPolicy: '20150331v2',
  ListAliases: '20150331',
  ListEventSourceMappings: '20150331',
  ListFunctions: '20150331',
  ListTags: '20170331',
  ListVersionsByFunction: '20150331',
  PublishLayerVersion: '20181031',
  PublishVersion: '20150331',
  PutFunctionConcurrency: '20171031',
  RemoveLayerVersionPermission: '20181031',
  RemovePermission: '20150331v2',
  TagResource: '20170331v2',
  UntagResource: '20170331v2',
  UpdateAlias: '20150331',
  UpdateEventSourceMapping: '20150331',
  UpdateFunctionCode: '20150331v2',
  UpdateFunctionConfiguration: '20150331v2',
};

/** The name that CloudTrail gives an operation of a service. */
export function eventName(service: string, operation: string): string {
  return service === 'lambda' ? `${operation}${VERSIONED[operation] ?? ''}` : operation;
}

/** The name of a service in CloudTrail, where it is not its signing name. */
const SOURCES: Readonly<Record<string, string>> = { 'application-autoscaling': 'autoscaling' };

export function eventSource(service: string): string {
  return `${SOURCES[service] ?? service}.amazonaws.com`;
}

/**
 * Data events: CloudTrail's event history never has them (reference, section 2.1). `*` is every
 * operation of the service.
 */
const DATA_EVENTS: Readonly<Record<string, readonly string[]>> = {
  lambda: ['Invoke'],
  logs: ['PutLogEvents', 'FilterLogEvents', 'GetLogEvents'],
  sqs: ['SendMessage', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility'],
  s3: [
    'GetObject',
    'PutObject',
    'HeadObject',
    'DeleteObject',
    'ListObjectsV2',
    'ListObjectVersions',
    'GetObjectRetention',
    'PutObjectRetention',
    'GetObjectLegalHold',
    'PutObjectLegalHold',
    'GetObjectAttributes',
  ],
  dynamodb: [
    'GetItem',
    'PutItem',
    'UpdateItem',
    'DeleteItem',
    'BatchGetItem',
    'BatchWriteItem',
    'Query',
    'Scan',
  ],
  sns: ['Publish', 'PublishBatch'],
  monitoring: ['GetMetricData', 'PutMetricData'],
  events: ['PutEvents'],
};

export function isDataEvent(service: string, operation: string): boolean {
  return DATA_EVENTS[service]?.includes(operation) === true;
}

/** Services without Regions write into one history of the partition. */
const GLOBAL_REGIONS: Readonly<Record<string, string>> = {
  aws: 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
};

/** The Region whose event history has a call: IAM's is that of the partition's first Region. */
export function eventRegion(service: string, partition: string, region: string): string {
  return service === 'iam' ? (GLOBAL_REGIONS[partition] ?? region) : region;
}
