import type { Json, JsonObject } from '../../json.ts';
import { evidenceFolder } from '../arn.ts';
import { AwsError } from '../failure.ts';
import type { ActionContext, AwsAccess, EvidenceItem } from '../ports.ts';
import type { SurveyRequest } from '../survey-port.ts';
import { type Found, tolerant, unreadable } from '../tolerant.ts';
import { type Coverage, createCoverage } from './coverage.ts';
import { type Batch, firstBatch, linesOf } from './lines.ts';

/** What an item is and where it comes from; the desk adds how it was come by. */
export interface Source {
  /** Below the target's folder; the AWS side of it is attacker-controlled, so parts are encoded. */
  readonly name: string;
  readonly artifact: string;
  readonly sourceArn: string;
  readonly apiCall: string;
  readonly request?: JsonObject;
  readonly qualifier?: string;
  readonly secret?: boolean;
}

export interface Bytes {
  readonly mediaType: string;
  readonly expectedSha256?: string;
  readonly content: () => AsyncIterable<Uint8Array>;
}

/** What became of a list: `failed` when nothing of it could be had and asking for its like is vain. */
export type Listed = 'stored' | 'later' | 'broken' | 'failed';

/**
 * Where one attempt brings what it collects. What an earlier try has stored whole is not asked for again.
 * What fails, and might not fail later, is tried once more after everything else; then it is a stated gap.
 * A lost lease passes through, and so does a gap that cannot be stated: the attempt has failed then.
 */
export interface Desk {
  /** What item names begin with. */
  readonly folder: string;
  readonly context: ActionContext;
  readonly aws: AwsAccess;
  readonly coverage: Coverage;
  has(name: string): boolean;
  /** Reads and stores a document. */
  json(source: Source, read: () => Promise<Json>): Promise<void>;
  /** As `json`, and gives the value to go on with; it is read even when it is stored. */
  keep<Value>(
    source: Source,
    read: () => Promise<Value>,
    show: (value: Value) => Json,
    whole?: (value: Value) => boolean,
  ): Promise<Value | undefined>;
  /** Stores rows as NDJSON in bounded memory; where reading breaks off, what came before is kept. */
  lines(source: Source, rows: () => AsyncIterable<Batch>): Promise<Listed>;
  /** As `lines`, of one list of an API's answers; `which` leaves rows out. */
  listing(
    source: Omit<Source, 'apiCall' | 'request'>,
    request: SurveyRequest,
    list: string,
    which?: (row: Json) => boolean,
  ): Promise<Listed>;
  /** One answer of an API; with `absent`, that there is none is stored as `null` and is no gap. */
  answer(
    source: Omit<Source, 'apiCall' | 'request'>,
    request: SurveyRequest,
    options?: { readonly absent?: boolean },
  ): Promise<JsonObject | null | undefined>;
  bytes(source: Source, bytes: Bytes): Promise<void>;
  gap(
    source: Pick<Source, 'name' | 'artifact' | 'sourceArn'>,
    reason: string,
    code?: string,
    tries?: number,
  ): Promise<void>;
  /** Tries again what failed and might not fail now. */
  secondRound(): Promise<void>;
  /** Items stored or found stored so far. */
  kept(): number;
  /** Gaps stated so far. */
  missing(): number;
  /** Items that are not what their source said they are. */
  mismatches(): number;
}

// Long enough for a throttle or a restart of a service to be over, short beside the budget of a snapshot.
const PAUSE_MS = 5_000;

/** Opens the desk of one attempt; item names begin with the target's folder and `below`. */
export async function openDesk(context: ActionContext, below = ''): Promise<Desk> {
  const folder = `${evidenceFolder(context.target)}${below}`;
  const { evidence } = context;
  const aws = context.aws('read');
  const stored = new Set(await evidence.stored());
  const coverage = createCoverage();
  let again: (() => Promise<void>)[] = [];
  let round = 1;
  let gaps = 0;
  let kept = 0;
  let mismatches = 0;

  const collected = (artifact: string) => {
    kept += 1;
    coverage.collected(artifact);
  };

  const has = (name: string) => stored.has(`${folder}/${name}`);

  const gap: Desk['gap'] = async (source, reason, code, tries = 0) => {
    gaps += 1;
    coverage.missing(source.artifact);
    await evidence.missing({
      name: `${folder}/${source.name}`,
      artifact: source.artifact,
      sourceArn: source.sourceArn,
      reason,
      tries,
      ...(code === undefined ? {} : { code }),
    });
  };

  const failed = async (
    source: Source,
    failure: Extract<Found<unknown>, { kind: 'unreadable' }>,
    repeat: () => Promise<void>,
  ) => {
    aws.trail.take();
    if (failure.retryable && round === 1) again.push(repeat);
    else await gap(source, failure.reason, failure.code, round);
  };

  const put = async (
    source: Source,
    item: Pick<EvidenceItem, 'mediaType' | 'content' | 'expectedSha256' | 'whole'>,
  ) => {
    const { secret, ...rest } = source;
    const result = await evidence.put({
      ...rest,
      ...item,
      name: `${folder}/${source.name}`,
      secret: secret ?? false,
      answered: () => aws.trail.take(),
    });
    if (!result.matchesExpected) mismatches += 1;
    if (item.whole?.() !== false) stored.add(result.name);
    collected(source.artifact);
  };

  const keep: Desk['keep'] = async (source, read, show, whole = () => true) => {
    aws.trail.take();
    const found = await tolerant(async () => {
      const value = await read();
      if (has(source.name)) collected(source.artifact);
      else {
        const content = JSON.stringify(show(value), null, 2);
        await put(source, { mediaType: 'application/json', content, whole: () => whole(value) });
      }
      return value;
    });
    if (found.kind === 'found') return found.value;
    await failed(source, found, async () => void (await keep(source, read, show, whole)));
    return undefined;
  };

  const bytes: Desk['bytes'] = async (source, wanted) => {
    if (has(source.name)) return collected(source.artifact);
    const { content, ...kind } = wanted;
    const found = await tolerant(() => put(source, { ...kind, content: content() }));
    if (found.kind === 'unreadable') await failed(source, found, () => bytes(source, wanted));
  };

  const lines: Desk['lines'] = async (source, rows) => {
    if (has(source.name)) {
      collected(source.artifact);
      return 'stored';
    }
    aws.trail.take();
    const reading = await firstBatch(rows());
    const repeat = async () => void (await lines(source, rows));
    const nothing = reading.broken !== null && reading.rows === 0 && reading.first === null;
    const found = nothing
      ? unreadable(reading.broken)
      : await tolerant(() =>
          put(source, {
            mediaType: 'application/x-ndjson',
            content: linesOf(reading),
            whole: () => reading.broken === null,
          }),
        );
    if (found.kind === 'unreadable') {
      await failed(source, found, repeat);
      return found.retryable ? 'later' : 'failed';
    }
    if (reading.broken === null) return 'stored';
    const { reason, ...rest } = unreadable(reading.broken);
    const broken = `broke off after ${reading.rows} rows: ${reason}`;
    await failed({ ...source, name: `${source.name}#rest` }, { ...rest, reason: broken }, repeat);
    return 'broken';
  };

  return {
    folder,
    context,
    aws,
    coverage,
    has,
    gap,
    keep,
    bytes,
    lines,
    async json(source, read) {
      if (has(source.name)) collected(source.artifact);
      else await keep(source, read, (value) => value);
    },
    listing: (source, request, list, which = () => true) =>
      lines({ ...source, apiCall: request.call, request: request.input }, async function* () {
        for await (const page of aws.survey.pages(request)) {
          const rows = page[list];
          if (Array.isArray(rows)) yield rows.filter(which);
        }
      }),
    answer: (source, request, { absent = false } = {}) =>
      keep(
        { ...source, apiCall: request.call, request: request.input },
        async (): Promise<JsonObject | null> => {
          try {
            for await (const page of aws.survey.pages(request)) return page;
          } catch (error) {
            const none = error instanceof AwsError && error.code === 'cordon_aws_not_found';
            if (!absent || !none) throw error;
          }
          return null;
        },
        (page) => page,
      ),
    async secondRound() {
      round = 2;
      const waiting = again;
      again = [];
      if (waiting.length === 0) return;
      await context.clock.sleep(PAUSE_MS, context.signal);
      for (const repeat of waiting) await repeat();
    },
    kept: () => kept,
    missing: () => gaps,
    mismatches: () => mismatches,
  };
}
