import type { JsonObject } from '../../json.ts';
import type { Input } from './call.ts';

/** An input of nothing but where it goes. */
export function emptyInput(region: string, origin: string): Input {
  const nothing = {
    path: {},
    query: new URLSearchParams(),
    headers: new Headers(),
    body: {},
    raw: new Uint8Array(),
  };
  return { region, origin, ...nothing };
}

/** Fills in what an operation reads from its request, from the ARN that an attacker aims at. */
export function aim(input: Input, service: string, resource: string): Input {
  const last = resource.split(/[:/]/).at(-1) ?? '';
  switch (service) {
    case 'lambda':
      return { ...input, path: { FunctionName: resource, UUID: last, Resource: resource } };
    case 'iam':
      return {
        ...input,
        query: new URLSearchParams({ RoleName: last, PolicyArn: resource, PolicySourceArn: resource }),
      };
    case 'sts':
      return { ...input, query: new URLSearchParams({ RoleArn: resource, RoleSessionName: 'session' }) };
    case 's3': {
      const [bucket = '', ...key] = resource.split(':::').at(-1)?.split('/') ?? [];
      return { ...input, path: { Bucket: bucket, Key: key.join('/') } };
    }
    case 'sqs':
      return { ...input, body: { QueueUrl: resource, MessageBody: 'message' } };
    case 'secretsmanager':
      return { ...input, body: { SecretId: resource } };
    case 'kms':
      return { ...input, body: { KeyId: resource } };
    case 'logs':
      return { ...input, body: { logGroupName: resource } };
    default:
      return { ...input, body: { ResourceArn: resource } };
  }
}

/** Adds members to a request where its service reads them: in the form of a query-protocol request, and in the body. */
export function withMembers(input: Input, members: JsonObject): Input {
  const query = new URLSearchParams(input.query);
  for (const [name, value] of Object.entries(members)) {
    if (typeof value === 'object') query.set(name, JSON.stringify(value));
    else if (value !== undefined) query.set(name, String(value));
  }
  return { ...input, query, body: { ...input.body, ...members } };
}
