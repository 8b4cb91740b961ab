import { loadWorld, type WorldSpec } from '../../src/simulation/world/spec.ts';

/** A small account under attack: two functions, each with a role of its own, and Cordon's three roles. */
export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
export const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:checkout-webhook`;
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/checkout-webhook-role`;

export function smallWorld(overrides: Partial<WorldSpec> = {}): WorldSpec {
  return { ...loadWorld(WORLD), ...overrides };
}

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
  - name: checkout-webhook-role
    policies:
      work:
        Version: '2012-10-17'
        Statement:
          - { Effect: Allow, Action: ['secretsmanager:GetSecretValue', 's3:GetObject', 'logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' }
  - name: sibling-role
    policies:
      work: { Version: '2012-10-17', Statement: [{ Effect: Allow, Action: ['s3:GetObject'], Resource: '*' }] }
functions:
  - name: checkout-webhook
    role: checkout-webhook-role
    environment: { API_TOKEN: not-for-anyones-eyes }
    permissions:
      - { sid: edge, principal: { Service: apigateway.amazonaws.com } }
  - name: sibling
    role: sibling-role
secrets:
  - { name: payments, value: invented }
`;
