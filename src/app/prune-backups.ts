import { ownBackups } from '../backup/own-backups.ts';
import type { Place } from '../backup/place.ts';
import { expired } from '../backup/retention.ts';
import type { StoredBackup } from '../cluster/backup-status.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { collectFailures } from '../engine/failures.ts';
import { KclusterError } from '../errors.ts';
import { listPlaces } from './all-places.ts';

/** Something that the inventory keeps no longer, in one place. */
export interface Expired {
  /** Node, directory of this machine, or URL. */
  readonly place: string;
  readonly backup: StoredBackup;
}

function expiredIn(place: string, backups: readonly StoredBackup[], cluster: Cluster, now: Date): readonly Expired[] {
  const known = backups.map(({ name, takenAt, verified }) => ({ name, takenAt: new Date(takenAt), verified }));
  const byName = new Map(backups.map((backup) => [backup.name, backup]));
  return expired(known, cluster.etcd.snapshots.keep, now).flatMap((name) => {
    const backup = byName.get(name);
    return backup === undefined ? [] : [{ place, backup }];
  });
}

/** What would go in each place, by itself; one that cannot be listed loses nothing. */
export async function findExpired(
  cluster: Cluster,
  places: readonly Place[],
  now: Date,
  signal: AbortSignal,
): Promise<{ readonly expired: readonly Expired[]; readonly failures: readonly KclusterError[] }> {
  const { listed, failures } = await listPlaces(places, signal);
  return {
    expired: listed.flatMap(({ place, backups }) => expiredIn(place.name, ownBackups(backups, cluster.name), cluster, now)),
    failures: failures.map(({ error }) => error),
  };
}

/** A place that refuses keeps no other from being pruned. @throws KclusterError of all that do */
export async function deleteExpired(places: readonly Place[], all: readonly Expired[], signal: AbortSignal): Promise<void> {
  const failures: KclusterError[] = [];
  for (const place of places) {
    const mine = all.filter((each) => each.place === place.name).map(({ backup }) => backup.name);
    if (mine.length === 0) continue;
    try {
      await place.remove(mine, signal);
    } catch (error) {
      if (!(error instanceof KclusterError) || signal.aborted) throw error;
      failures.push(error);
    }
  }
  const [first, second] = failures;
  if (first === undefined) return;
  throw second === undefined ? first : collectFailures(failures, 'cannot be pruned');
}
