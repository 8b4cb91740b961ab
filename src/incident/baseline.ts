import type { Target } from '../action/ports.ts';
import { captureManifest } from '../action/target-capture-manifest.ts';
import type { Json } from '../json.ts';
import type { IncidentState } from './state.ts';

/**
 * What the manifest found of the target before it was first touched: by an earlier incident, where this one took over what
 * that had left contained; else by this one. `null` while there is none.
 */
export function baselineOf(state: Pick<IncidentState, 'record' | 'attempts'>, target: Target): Json {
  const earlier = state.record.baselines?.[target.functionArn];
  if (earlier !== undefined) return earlier;
  for (const attempt of state.attempts.values()) {
    if (attempt.action !== captureManifest.id || attempt.target?.functionArn !== target.functionArn) continue;
    if (attempt.state === 'succeeded') return attempt.output;
  }
  return null;
}
