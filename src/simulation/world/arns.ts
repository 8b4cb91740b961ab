/** The account and partition that ARNs are made for. */
interface Owner {
  readonly account: string;
  readonly partition: string;
}

export function queueArn(owner: Owner, region: string, name: string): string {
  return `arn:${owner.partition}:sqs:${region}:${owner.account}:${name}`;
}

export function logGroupArn(owner: Owner, region: string, name: string): string {
  return `arn:${owner.partition}:logs:${region}:${owner.account}:log-group:${name}`;
}

export function secretArn(owner: Owner, region: string, name: string): string {
  return `arn:${owner.partition}:secretsmanager:${region}:${owner.account}:secret:${name}`;
}

export function functionArn(owner: Owner, region: string, name: string): string {
  return `arn:${owner.partition}:lambda:${region}:${owner.account}:function:${name}`;
}
