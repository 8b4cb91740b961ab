import { accountQuarantines } from '../../src/action/quarantine-prepared.ts';
import { sinkGrant, sinkGrantName } from '../../src/action/sink-grant-names.ts';
import { loadWorld, readWorldSpec, type WorldSpec } from '../../src/simulation/world/spec.ts';
import { ACCOUNT, REGION } from './world.ts';

/** Three functions on one role, and a quarantine sink that the role may not send to before it is granted. */

export const arnOf = (name: 'first' | 'second' | 'third') =>
  `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;

const SHARED_ROLE = 'shared-role';

const SINK = `arn:aws:sqs:${REGION}:${ACCOUNT}:quarantine`;

export function sharedRoleWorld(): WorldSpec {
  return loadWorld(WORLD);
}

/** The same where no function has a policy of its own: what denies one of them denies every function on the role. */
export function unpreparedWorld(): WorldSpec {
  const path = '/cordon/quarantine/';
  const prepared = [
    ...accountQuarantines({ partition: 'aws', account: ACCOUNT }),
    { name: sinkGrantName({ region: REGION }), document: sinkGrant(SINK) },
  ];
  return readWorldSpec({
    ...sharedRoleWorld(),
    managedPolicies: prepared.map(({ name, document }) => ({ name, path, document: { ...document } })),
  });
}

export const sharedRoleEnrolment = (profile: 'dynamic' | 'static' = 'dynamic') => `
accounts:
  - id: '${ACCOUNT}'
    name: test
    regions: [${REGION}]
    mode: act
    tier: production
    profile: ${profile}
    quarantineSinks: ['${SINK}']
responders:
  - { id: alice, name: Alice, slack: U0ALICE000, cli: alice, roles: [responder, commander] }
  - { id: bob, name: Bob, slack: U0BOB00000, cli: bob, roles: [approver] }
`;

const WORLD = `
account: '${ACCOUNT}'
regions: [${REGION}]
iamPropagationMs: 4000
latencyMs: 0
users:
  - name: cordon
    accessKeyId: AKIACORDONWORLD00000
    secretAccessKey: cordon-world-secret-key
    policies:
      everything: { Version: '2012-10-17', Statement: [{ Effect: Allow, Action: '*', Resource: '*' }] }
roles:
  - name: ${SHARED_ROLE}
    policies:
      work:
        Version: '2012-10-17'
        Statement: [{ Effect: Allow, Action: ['s3:GetObject', 'logs:*'], Resource: '*' }]
functions:
  # Called through a gateway too: their URLs are closed while they are contained.
  - name: first
    role: ${SHARED_ROLE}
    reservedConcurrency: 7
    urls: [{ authType: NONE }]
    permissions: [{ sid: edge, principal: { Service: apigateway.amazonaws.com } }]
  - name: second
    role: ${SHARED_ROLE}
    urls: [{ authType: NONE }]
    permissions: [{ sid: edge, principal: { Service: apigateway.amazonaws.com } }]
  - { name: third, role: ${SHARED_ROLE}, urls: [{ authType: NONE }], behaviour: { calls: [{ action: 's3:GetObject', resource: 'arn:aws:s3:::a/b' }] } }
queues: [{ name: quarantine }]
`;
