import { logGroupArn } from '../arn.ts';
import type { FunctionConfiguration } from '../ports.ts';
import type { Desk } from './desk.ts';

/** Before the alert, logs are kept in pieces of this length, so that a broken collection goes on between them. */
const PIECE_MS = 6 * 3_600_000;

/** How late a line may have come that belongs before the alert. */
const LATE_MS = 15 * 60_000;

export interface Piece {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The events of every log group of the function, in bounded memory, the pieces nearest to the alert first:
 * whoever deletes a log group while it is read leaves us what tells most.
 */
export async function collectLogs(
  desk: Desk,
  configurations: readonly FunctionConfiguration[],
  pieces: readonly Piece[],
): Promise<void> {
  const { target } = desk.context;
  const { logs } = desk.aws;
  const known = configurations.map((item) => item.logGroup);
  const groups = known.length > 0 ? [...new Set(known)].sort() : [`/aws/lambda/${target.functionName}`];
  for (const logGroup of groups) {
    // The group's name is the configuration's, and so attacker-controlled: encoded, it cannot leave its folder.
    const folder = `logs/${encodeURIComponent(logGroup)}`;
    const source = { artifact: 'function-logs', sourceArn: logGroupArn(target, logGroup) };
    for (const [index, { name, fromMs, toMs }] of pieces.entries()) {
      const listed = await desk.lines(
        {
          ...source,
          name: `${folder}/${name}.ndjson`,
          apiCall: 'logs:FilterLogEvents',
          request: { logGroupName: logGroup, startTime: fromMs, endTime: toMs },
        },
        async function* () {
          for await (const page of logs.filterEvents({ logGroup, fromMs, toMs })) {
            yield page.map(({ stream, timestampMs, message }) => ({ stream, timestampMs, message }));
          }
        },
      );
      if (listed !== 'failed') continue;
      // A group that is gone or refused is so for every piece of it: one gap says it.
      const left = pieces.length - index - 1;
      if (left > 0)
        await desk.gap(
          { ...source, name: `${folder}/earlier` },
          `${left} earlier pieces were not asked for: the one before them failed for good`,
        );
      break;
    }
  }
}

/** The window before an alert in pieces, and what came from the alert until now; both ends belong to a piece. */
export function piecesAround(alertedMs: number, nowMs: number, windowMs: number): readonly Piece[] {
  const pieces: Piece[] = [{ name: 'from-the-alert', fromMs: alertedMs, toMs: nowMs }];
  for (let toMs = alertedMs; toMs > alertedMs - windowMs; toMs -= PIECE_MS) {
    const fromMs = Math.max(toMs - PIECE_MS, alertedMs - windowMs);
    pieces.push({ name: `from-${stamp(fromMs)}`, fromMs, toMs: toMs - 1 });
  }
  return pieces;
}

/** What came since a while before the alert, in pieces, oldest first: Lambda delivers some lines late. */
export function piecesSince(alertedMs: number, nowMs: number): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let fromMs = alertedMs - LATE_MS; fromMs <= nowMs; fromMs += PIECE_MS) {
    const toMs = Math.min(fromMs + PIECE_MS - 1, nowMs);
    pieces.push({ name: `from-${stamp(fromMs)}`, fromMs, toMs });
  }
  return pieces;
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace(':', '');
}
