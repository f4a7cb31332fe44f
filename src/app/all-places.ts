import { DirectoryPlace } from '../backup/directory-place.ts';
import type { Place } from '../backup/place.ts';
import { readShelf } from '../backup/read-shelf.ts';
import type { BackupListing } from '../cluster/backup-listing.ts';
import { nodesWithRole } from '../cluster/cluster.ts';
import { KclusterError } from '../errors.ts';
import { backupDirectory } from './backup-directory.ts';
import { directoryOn, nodePlace, openPlace, targetPlace } from './open-place.ts';
import type { Session } from './session.ts';

export type PlaceSession = Pick<Session, 'cluster' | 'hosts' | 'connectTo' | 'state'>;

/** Every place that the inventory names, this machine first; of the control planes, those that answer. @param only the one that a person named */
export function allPlaces(session: PlaceSession, only?: string): readonly Place[] {
  if (only !== undefined) return [openPlace(session, only)];
  const { cluster, hosts, state } = session;
  const controlPlanes = nodesWithRole(cluster, 'control-plane').flatMap(({ name }) => hosts.get(name) ?? []);
  const copies = cluster.etcd.snapshots.copyTo.flatMap((target) =>
    target.kind === 'directory' ? controlPlanes.map((host) => directoryOn(host, target.path)) : [targetPlace(session, target)],
  );
  return [new DirectoryPlace(backupDirectory(state), false), ...controlPlanes.map(nodePlace), ...copies];
}

/** Control planes that do not answer, and whose backups are therefore not seen. */
export function silentNodes({ cluster, unreachable }: Pick<Session, 'cluster' | 'unreachable'>): readonly KclusterError[] {
  const names = new Set(nodesWithRole(cluster, 'control-plane').map(({ name }) => name));
  return unreachable.filter(({ details }) => details.node === undefined || names.has(details.node));
}

/** What lies in places, and those that did not answer. */
export interface ListedPlaces {
  readonly listed: readonly { readonly place: Place; readonly backups: readonly BackupListing[] }[];
  readonly failures: readonly { readonly place: Place; readonly error: KclusterError }[];
}

/** Asks all of them side by side; who does not answer keeps nobody from being listed. */
export async function listPlaces(places: readonly Place[], signal: AbortSignal): Promise<ListedPlaces> {
  const listed: { readonly place: Place; readonly backups: readonly BackupListing[] }[] = [];
  const failures: { readonly place: Place; readonly error: KclusterError }[] = [];
  const shelves = await Promise.allSettled(places.map((place) => place.shelf(signal)));
  for (const [index, place] of places.entries()) {
    const shelf = shelves[index];
    if (shelf?.status === 'fulfilled') listed.push({ place, backups: readShelf(place.name, shelf.value) });
    else if (shelf?.reason instanceof KclusterError && !signal.aborted) failures.push({ place, error: shelf.reason });
    else throw shelf?.reason;
  }
  return { listed, failures };
}
