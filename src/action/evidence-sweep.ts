import { z } from 'zod';
import { defineReadAction } from './action.ts';
import { collectBacklog } from './evidence/backlog.ts';
import { collectConfigurations } from './evidence/configuration.ts';
import { openDesk } from './evidence/desk.ts';
import { keepCoverage } from './evidence/keep-coverage.ts';
import { collectLogs, piecesSince } from './evidence/logs.ts';
import { SWEEP_PERMISSIONS } from './evidence/permissions.ts';
import { collectPolicies } from './evidence/policies.ts';
import { collectQuarantine } from './evidence/quarantine.ts';
import { collectRoles } from './evidence/roles.ts';
import { collectTrail } from './evidence/trail.ts';
import { windowOf } from './evidence/window.ts';

/** The rounds after the first collection (reference, 1.8.9): CloudTrail delivers within about 20 minutes, and all of it in a day. */
export const SWEEP_ROUNDS = [
  { name: '20m', afterMs: 20 * 60_000 },
  { name: '24h', afterMs: 24 * 3_600_000 },
] as const;

const input = z.strictObject({ round: z.enum(['20m', '24h']) });

const output = z.strictObject({
  items: z.number().int().min(0),
  missing: z.number().int().min(0),
  /** What the quarantine sink holds of the target; `null` where its account has none. */
  sink: z
    .strictObject({ events: z.number().int().min(0), bytes: z.number().int().min(0), alarm: z.boolean() })
    .nullable(),
  manifestSha256: z.string(),
});

export const sweepEvidence = defineReadAction<z.infer<typeof input>, z.infer<typeof output>>({
  id: 'evidence.sweep',
  title: 'Sweep for evidence that arrives late',
  description:
    'Reads again, 20 minutes and 24 hours after the first collection, what arrives late or changes after containment: logs ' +
    'since the alert, CloudTrail by every versioned event name, configuration, policies and roles, metrics, and what arrived in the quarantine sink, which is kept apart. Sealed as an ' +
    'addendum. It keeps no incident from closing, and a closed incident is swept all the same. Writes nothing to the account.',
  effect: 'read',
  lane: 'evidence',
  permissions: SWEEP_PERMISSIONS,
  input,
  output,

  async run(context, { round }) {
    const desk = await openDesk(context, `/sweep-${round}`);
    const window = windowOf(context);
    const configurations = await collectConfigurations(desk);
    await collectLogs(desk, configurations, piecesSince(window.alertedMs, window.toMs));
    const roles = await collectRoles(desk, configurations);
    await collectTrail(desk, roles, window, 'all');
    await collectPolicies(desk, configurations, []);
    await collectBacklog(desk, [], window);
    const sink = await collectQuarantine(desk);
    await desk.secondRound();
    await keepCoverage(desk);
    const sealed = await context.evidence.seal();
    return { items: desk.kept(), missing: desk.missing(), sink, manifestSha256: sealed.manifestSha256 };
  },
});
