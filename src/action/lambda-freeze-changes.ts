import { z } from 'zod';
import { defineContainAction } from './action.ts';
import { FUNCTIONS } from './resources.ts';

const input = z.strictObject({});

/** `null` when no configuration was attached. */
const prior = z.strictObject({ config: z.string().nullable() });

const desired = z.strictObject({ config: z.string() });

export const freezeChanges = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>({
  id: 'lambda.freeze-changes',
  title: 'Stop deployments of unsigned code',
  description:
    'Attaches the code signing configuration that the account’s enrolment names (with UntrustedArtifactOnDeployment ' +
    'Enforce and no signer that deploys), so that neither the attacker nor a pipeline replaces the code meanwhile. ' +
    'Lambda checks at deployment only: code that is there already goes on. Does nothing where none is enrolled. Not for ' +
    'container images, whose code is in a registry.',
  effect: 'contain',
  reversible: true,
  permissions: [
    {
      action: 'lambda:GetFunctionCodeSigningConfig',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'captures and observes the configuration',
    },
    {
      action: 'lambda:PutFunctionCodeSigningConfig',
      purpose: 'contain',
      resource: FUNCTIONS,
      why: 'attaches the enrolled one',
    },
    {
      action: 'lambda:PutFunctionCodeSigningConfig',
      purpose: 'release',
      resource: FUNCTIONS,
      why: 'puts the former one back',
    },
    {
      action: 'lambda:DeleteFunctionCodeSigningConfig',
      purpose: 'release',
      resource: FUNCTIONS,
      why: 'takes ours away where there was none',
    },
  ],
  input,
  prior,

  objects: (target) =>
    target.means === undefined || target.means.codeSigningConfig === null
      ? []
      : [{ key: `code-signing:${target.functionArn}`, arn: target.functionArn }],

  async capture(context, object) {
    return { config: await context.aws('read').doors.getCodeSigning(object.arn) };
  },

  plan({ object, prior, target }) {
    const config = target.means?.codeSigningConfig ?? '';
    if (prior?.config === config) return { changes: [], desired: { config } };
    return {
      changes: [
        {
          call: 'lambda:PutFunctionCodeSigningConfig',
          objectArn: object.arn,
          request: { FunctionName: object.arn, CodeSigningConfigArn: config },
          summary: `Stop deployments to ${target.functionName} by code signing`,
          undo:
            prior === null
              ? 'A person must say which code signing configuration there was'
              : prior.config === null
                ? 'Take the code signing configuration away'
                : `Attach ${prior.config} again`,
        },
      ],
      desired: { config },
    };
  },

  async apply(context, object, wanted) {
    await context.aws('contain').doors.putCodeSigning(object.arn, desired.parse(wanted).config);
  },

  async observe(context, object, prior, wanted) {
    const { config } = desired.parse(wanted);
    const found = await context.aws('read').doors.getCodeSigning(object.arn);
    if (found === config) return { kind: 'in-effect' };
    if (prior === null || found === prior.config) return { kind: 'not-in-effect' };
    return { kind: 'conflict', found: `the code signing configuration is ${found ?? 'none'}` };
  },

  async revert(context, object, prior) {
    const { doors } = context.aws('release');
    if (prior.config === null) await doors.deleteCodeSigning(object.arn);
    else await doors.putCodeSigning(object.arn, prior.config);
  },
});
