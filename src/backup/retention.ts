import type { SnapshotKeep } from '../cluster/cluster.ts';

/** A backup in one place, as far as retention has to know it. */
export interface Kept {
  readonly name: string;
  readonly takenAt: Date;
  /** Its record is there and fits its archive. */
  readonly verified: boolean;
}

type Class = readonly [count: number, bucket: (time: number) => number];

const dayMs = 86_400_000;
const dayOf = (time: number): number => Math.floor(time / dayMs);
/** Weeks begin on Monday; the epoch was a Thursday. */
const weekOf = (time: number): number => Math.floor((dayOf(time) + 3) / 7);
const monthOf = (time: number): number => new Date(time).getUTCFullYear() * 12 + new Date(time).getUTCMonth();

/** Newest first; of the same moment, by name. */
function newestFirst(all: readonly Kept[]): readonly Kept[] {
  return all.toSorted((a, b) => b.takenAt.getTime() - a.takenAt.getTime() || (a.name < b.name ? 1 : -1));
}

/** The newest of each of the newest `count` buckets. */
function keptBy([count, bucket]: Class, good: readonly Kept[]): readonly string[] {
  const newest = new Map<number, string>();
  for (const { name, takenAt } of good) {
    const key = bucket(takenAt.getTime());
    if (!newest.has(key) && newest.size < count) newest.set(key, name);
  }
  return [...newest.values()];
}

/**
 * Names that may be deleted in one place, oldest first; templates/backup/retention.awk answers the same on hosts.
 * Good ones fill the classes `last`, `daily`, `weekly` and `monthly`, each with the newest of its days, weeks and months in UTC.
 * One that is not verified goes only when at least `last` newer ones are good. What seems to be taken later than `now` neither counts nor
 * goes: a clock was wrong. The newest good one stays in any case, and nothing goes that has no good one after it.
 */
export function expired(all: readonly Kept[], keep: SnapshotKeep, now: Date): readonly string[] {
  const sorted = newestFirst(all.filter(({ takenAt }) => takenAt <= now));
  const good = sorted.filter(({ verified }) => verified);
  const last = Math.max(1, keep.last);
  const classes: readonly Class[] = [
    [keep.daily, dayOf],
    [keep.weekly, weekOf],
    [keep.monthly, monthOf],
  ];
  const stays = new Set([...good.slice(0, last).map(({ name }) => name), ...classes.flatMap((each) => keptBy(each, good))]);
  const limit = good[last - 1]?.takenAt.getTime() ?? Number.NEGATIVE_INFINITY;
  const goes = sorted.filter(({ name, takenAt, verified }) => (verified ? !stays.has(name) : takenAt.getTime() < limit));
  return goes.map(({ name }) => name).reverse();
}
