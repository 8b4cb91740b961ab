import { z } from 'zod';
import { defineReadAction } from './action.ts';
import { collectBacklog } from './evidence/backlog.ts';
import { collectCode, collectFirstRoundCode } from './evidence/code.ts';
import { collectConfigurations } from './evidence/configuration.ts';
import { type Desk, openDesk } from './evidence/desk.ts';
import { collectDurable } from './evidence/durable.ts';
import { keepCoverage } from './evidence/keep-coverage.ts';
import { collectLayers } from './evidence/layers.ts';
import { collectLogs, piecesAround } from './evidence/logs.ts';
import { SNAPSHOT_PERMISSIONS } from './evidence/permissions.ts';
import { collectPolicies } from './evidence/policies.ts';
import { collectRoles } from './evidence/roles.ts';
import { collectSettings } from './evidence/settings.ts';
import {
  collectConfigHistory,
  collectNetwork,
  collectSecretMetadata,
  collectTraces,
} from './evidence/surroundings.ts';
import { collectTrail } from './evidence/trail.ts';
import { windowOf } from './evidence/window.ts';
import { SWEEP_ROUNDS, sweepEvidence } from './evidence-sweep.ts';

const input = z.strictObject({});

const output = z.strictObject({
  items: z.number().int().min(0),
  missing: z.number().int().min(0),
  /** Packages that are not what their source said they are. */
  mismatches: z.number().int().min(0),
  manifestSha256: z.string(),
});

export const snapshotEvidence = defineReadAction<z.infer<typeof input>, z.infer<typeof output>>({
  id: 'evidence.snapshot',
  title: 'Collect and seal the evidence',
  description:
    'Collects what disappears or changes first: the configuration of every version, the code packages and layers (checked ' +
    'against CodeSha256), policies, triggers and roles, queues and metrics, the logs from before the alert, CloudTrail, and ' +
    'what stands around the function. Environment values and other secrets are encrypted to the case. What cannot be had is ' +
    'stated with the reason; tried again, it goes on after what is stored. Then the bundle is sealed. Writes nothing to the account.',
  effect: 'read',
  lane: 'evidence',
  permissions: SNAPSHOT_PERMISSIONS,
  input,
  output,
  followUps: SWEEP_ROUNDS.map(({ name, afterMs }) => ({
    name,
    action: sweepEvidence.id,
    input: { round: name },
    afterMs,
  })),

  async run(context) {
    const desk = await openDesk(context);
    await collect(desk);
    await desk.secondRound();
    await keepCoverage(desk);
    const sealed = await context.evidence.seal();
    return {
      items: sealed.items,
      missing: desk.missing(),
      mismatches: desk.mismatches(),
      manifestSha256: sealed.manifestSha256,
    };
  },
});

/** In the order in which it disappears or changes (reference, 2.1); the links of the first round go before all. */
async function collect(desk: Desk): Promise<void> {
  const { context } = desk;
  const window = windowOf(context);
  await collectFirstRoundCode(desk);
  await keepAlerts(desk);
  const configurations = await collectConfigurations(desk);
  await collectCode(desk, configurations);
  await collectLayers(desk, configurations);
  const settings = await collectSettings(desk, configurations);
  await collectPolicies(desk, configurations, settings.aliases);
  const roles = await collectRoles(desk, configurations);
  await collectDurable(desk, configurations);
  await collectBacklog(desk, settings.routes, window);
  await collectLogs(
    desk,
    configurations,
    piecesAround(window.alertedMs, window.toMs, context.settings.logWindowMs),
  );
  await collectTrail(desk, roles, window, 'first');
  await collectNetwork(desk, configurations);
  await collectTraces(desk, configurations, window);
  await collectSecretMetadata(desk);
  await collectConfigHistory(desk);
}

/** The alerts as they arrived: what the detector said, before anything was made of it. */
async function keepAlerts(desk: Desk): Promise<void> {
  const source = { artifact: 'finding', sourceArn: desk.context.target.functionArn, apiCall: 'alert intake' };
  const alerts = await desk.context.alertContents();
  if (alerts.length === 0)
    await desk.gap({ ...source, name: 'alerts' }, 'the bytes of the alert were not kept');
  for (const { sha256, bytes } of alerts) {
    await desk.bytes(
      { ...source, name: `alerts/${sha256.slice(0, 12)}.json` },
      {
        mediaType: 'application/json',
        content: async function* () {
          yield bytes;
        },
      },
    );
  }
}
