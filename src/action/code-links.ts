import type { Clock } from '../clock.ts';
import type { CodeLinks, OfferedCode } from './ports.ts';

// Lambda's links live ten minutes (API reference, FunctionCodeLocation); a download must still begin in time.
const USABLE_MS = 9 * 60_000;
// As many functions as one campaign may hold at once; the oldest links make room.
const KEPT = 4_000;

/** Creates the memory of one process for links to code packages. They are secrets while they live: never stored. */
export function createCodeLinks(clock: Clock): CodeLinks {
  const offered = new Map<string, { readonly code: OfferedCode; readonly untilMs: number }>();
  const folder = (incident: string, functionArn: string) => `${incident} ${functionArn} `;

  return {
    offer(incident, { configuration, codeLocation }) {
      if (codeLocation === undefined) return;
      const base = folder(incident, unqualified(configuration.functionArn));
      const key = `${base}${configuration.version} ${configuration.codeSha256}`;
      if (offered.has(key)) return;
      const untilMs = clock.now().getTime() + USABLE_MS;
      offered.set(key, { code: { configuration, location: codeLocation }, untilMs });
      const oldest = offered.keys().next();
      if (offered.size > KEPT && oldest.done !== true) offered.delete(oldest.value);
    },
    take(incident, functionArn) {
      const base = folder(incident, functionArn);
      const taken = [...offered].filter(([key]) => key.startsWith(base));
      for (const [key] of taken) offered.delete(key);
      const nowMs = clock.now().getTime();
      return taken.filter(([, { untilMs }]) => untilMs > nowMs).map(([, { code }]) => code);
    },
  };
}

/** The ARN of the function itself: a version's has an eighth part. */
function unqualified(functionArn: string): string {
  return functionArn.split(':').slice(0, 7).join(':');
}
