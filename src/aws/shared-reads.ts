import type { Clock } from '../clock.ts';

/** What a list of a whole account gave, and how many calls it took. */
export interface WholeList<Item> {
  readonly items: readonly Item[];
  readonly calls: number;
}

/** Lists of a whole account and Region, made once for all attempts that need them at about the same time. */
export interface SharedReads {
  /** The list under `key`: one under way, a recent one, or a new one that `read` makes. */
  whole<Item>(key: string, read: () => Promise<WholeList<Item>>): Promise<readonly Item[]>;
  /**
   * True when others than `subject` were asked about under `key` a moment ago: then one list of everything is cheaper
   * than one of each.
   */
  crowded(key: string, subject: string): boolean;
  /** Makes a read that others may have the answer of while it is under way. */
  offered<Answer>(key: string, read: () => Promise<Answer>): Promise<Answer>;
  /** The answer of such a read if there is one under way: for what need not be newer than that. */
  underWay<Answer>(key: string): Promise<Answer> | undefined;
}

/** How long an ask about one subject makes the next one about another part of a crowd. */
const CROWD_MS = 2000;
// Lambda's control plane takes 15 calls a second in all; a list of 10 pages that is made anew every 30 s spends 2 %
// of them, so that even a thousand containments at once are not held up by looking.
const REUSE_MS_PER_CALL = 3000;
const LONGEST_REUSE_MS = 60_000;

/** Keeps lists in memory only, each for as long as making it anew would spend more than 2 % of the rate limit. */
export function createSharedReads(clock: Clock): SharedReads {
  const recent = new Map<string, { readonly items: readonly unknown[]; readonly untilMs: number }>();
  const pending = new Map<string, Promise<readonly unknown[]>>();
  const asked = new Map<string, Map<string, number>>();
  const offers = new Map<string, Promise<unknown>>();

  return {
    async whole<Item>(key: string, read: () => Promise<WholeList<Item>>) {
      for (;;) {
        const known = recent.get(key);
        // Whoever asks under one key reads items of one kind: the key names the list.
        if (known !== undefined && known.untilMs > clock.monotonicMs()) return known.items as readonly Item[];
        const others = pending.get(key);
        if (others === undefined) break;
        // Theirs may fail for reasons of their own, such as a lost lease: then it is our turn.
        await others.catch(() => {});
      }
      const startedMs = clock.monotonicMs();
      const ours = read();
      const list = ours.then(({ items }) => items);
      // Who made it is told of a failure by `ours`; without others nobody would listen to this one.
      list.catch(() => {});
      pending.set(key, list);
      try {
        const { items, calls } = await ours;
        const reuseMs = Math.min(LONGEST_REUSE_MS, calls * REUSE_MS_PER_CALL);
        for (const [old, { untilMs }] of recent) if (untilMs <= startedMs) recent.delete(old);
        recent.set(key, { items, untilMs: startedMs + reuseMs });
        return items;
      } finally {
        pending.delete(key);
      }
    },
    async offered(key, read) {
      const ours = read();
      offers.set(key, ours);
      try {
        return await ours;
      } finally {
        if (offers.get(key) === ours) offers.delete(key);
      }
    },
    // As above: the key says what is read.
    underWay: <Answer>(key: string) => offers.get(key) as Promise<Answer> | undefined,
    crowded(key, subject) {
      const nowMs = clock.monotonicMs();
      const subjects = asked.get(key) ?? new Map<string, number>();
      for (const [other, atMs] of subjects) if (nowMs - atMs > CROWD_MS) subjects.delete(other);
      subjects.set(subject, nowMs);
      asked.set(key, subjects);
      return subjects.size > 1;
    },
  };
}
