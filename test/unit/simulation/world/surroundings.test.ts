import { afterEach, expect, test } from '@jest/globals';
import { ADMIN, REGION, type Stage, smallSpec, stage } from './support.ts';

let open: Stage | undefined;
afterEach(async () => {
  await open?.served.close();
  open = undefined;
});

/** A request as a client of that service signs and sends it. */
async function ask(here: Stage, service: string, path: string, body: string, key = ADMIN.accessKeyId) {
  const authorization = `AWS4-HMAC-SHA256 Credential=${key}/20261124/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=00`;
  const target: Record<string, string> =
    service === 'secretsmanager' ? { 'x-amz-target': 'secretsmanager.ListSecrets' } : {};
  const response = await fetch(`${here.served.url}${path}`, {
    method: 'POST',
    body,
    headers: { authorization, ...target },
  });
  return { status: response.status, text: await response.text() };
}

const form = (filters: Record<string, string> = {}) => {
  const wanted = new URLSearchParams({ Action: 'DescribeNetworkInterfaces', Version: '2016-11-15' });
  for (const [index, [name, value]] of Object.entries(filters).entries()) {
    wanted.set(`Filter.${index + 1}.Name`, name);
    wanted.set(`Filter.${index + 1}.Value.1`, value);
  }
  return wanted.toString();
};

test('what lies around a function is read in the words of each service', async () => {
  const guest = { accessKeyId: 'AKIAGUESTGUESTGUEST0', secretAccessKey: 'invented-guest-key-for-tests' };
  const spec = smallSpec({
    functions: [
      {
        name: 'webhook',
        role: 'webhook-role',
        vpc: { id: 'vpc-1', subnets: ['subnet-1', 'subnet-2'], securityGroups: ['sg-1'] },
      },
      { name: 'open', role: 'webhook-role' },
    ],
  });
  open = await stage({
    ...spec,
    users: [...spec.users, { name: 'guest', account: undefined, ...guest, policies: {} }],
  });

  const all = await ask(open, 'ec2', '/', form({ 'interface-type': 'lambda', 'group-id': 'sg-1' }));
  expect(all.text.match(/<item><networkInterfaceId>eni-[0-9a-f]{17}</g)).toHaveLength(2);
  expect(all.text).toContain('<groupSet><item><groupId>sg-1</groupId>');
  const one = await ask(
    open,
    'ec2',
    '/',
    form({ 'subnet-id': 'subnet-2', description: 'AWS Lambda VPC ENI-webhook*' }),
  );
  expect(one.text.match(/<networkInterfaceId>/g)).toHaveLength(1);
  const refused = await ask(open, 'ec2', '/', form(), guest.accessKeyId);
  expect(refused).toMatchObject({
    status: 403,
    text: expect.stringContaining('<Code>UnauthorizedOperation</Code>'),
  });
  expect(open.world.journal.denied({ service: 'ec2' })).toHaveLength(1);

  const traces = await ask(open, 'xray', '/TraceSummaries', '{"StartTime":1,"EndTime":2}');
  expect(JSON.parse(traces.text)).toEqual({ TraceSummaries: [], TracesProcessedCount: 0 });
  const secrets = await ask(open, 'secretsmanager', '/', '{}');
  expect(JSON.parse(secrets.text).SecretList).toMatchObject([{ Name: 'key' }]);
  expect(secrets.text).not.toContain('invented');
});
