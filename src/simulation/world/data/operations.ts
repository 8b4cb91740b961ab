import type { JsonObject } from '../../../json.ts';
import { secretArn } from '../arns.ts';
import type { Core, Input, Operation } from '../call.ts';
import { AwsRefusal } from '../world-error.ts';

/** Operations that only look, by the first word of their name. */
const READS = /^(Get|List|Describe|Head|Batch(Get|Describe)|Query|Scan|Lookup|Search|Select)/;

/** The member of a request that names what it is about, in the services that an attacker tends to use. */
const RESOURCE_MEMBERS = [
  'SecretId',
  'TableName',
  'KeyId',
  'Name',
  'TopicArn',
  'StreamName',
  'ResourceArn',
] as const;

function secretOf(core: Core, input: Input): string {
  const id = input.body.SecretId;
  const name = typeof id === 'string' ? id : '';
  return name.startsWith('arn:') ? name : secretArn(core.state, input.region, name);
}

function resourceOf(core: Core, service: string, input: Input): string {
  if (service === 'secretsmanager') return secretOf(core, input);
  for (const member of RESOURCE_MEMBERS) {
    const value = input.body[member];
    if (typeof value !== 'string') continue;
    if (value.startsWith('arn:')) return value;
    const { partition, account } = core.state;
    return service === 'dynamodb'
      ? `arn:${partition}:dynamodb:${input.region}:${account}:table/${value}`
      : `arn:${partition}:${service}:${input.region}:${account}:${value}`;
  }
  return '*';
}

/** What there is to steal, without what it holds. */
function secretList(core: Core, input: Input): readonly JsonObject[] {
  return [...core.state.secrets.keys()]
    .filter((arn) => arn.split(':')[3] === input.region)
    .map((arn) => ({ ARN: arn, Name: arn.split(':secret:')[1] ?? arn }));
}

/**
 * An operation of a service that the world does not model: allowed or refused by the same evaluator,
 * and answered with nothing. Secrets are answered with their value, since that is what is stolen.
 */
export function genericOperation(service: string, name: string): Operation {
  return {
    service,
    name,
    write: !READS.test(name),
    access: (core, input) => [{ action: `${service}:${name}`, resource: resourceOf(core, service, input) }],
    run(core, input) {
      if (service === 'secretsmanager' && name === 'ListSecrets')
        return { body: { SecretList: secretList(core, input) } };
      if (service !== 'secretsmanager' || name !== 'GetSecretValue') return { body: {} };
      const arn = secretOf(core, input);
      const value = core.state.secrets.get(arn);
      if (value === undefined) {
        throw new AwsRefusal(
          'ResourceNotFoundException',
          400,
          "Secrets Manager can't find the specified secret.",
        );
      }
      return { body: { ARN: arn, Name: arn.split(':secret:')[1] ?? arn, SecretString: value } };
    },
  };
}
