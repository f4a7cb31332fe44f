import type { Description } from '../engine/description.ts';
import type { Observations } from '../engine/observation.ts';

/** On a host from its first step until its last: what is cut off in between is still joining. */
export const joiningMark = '/var/lib/kcluster/joining';

/** Where a host notes what a unit was started with (engine/host-paths.ts). */
export function startStampPath(unit: string): string {
  return `/var/lib/kcluster/units/${unit}`;
}

/** A unit that was started once has a stamp, whatever became of it since: where one has none, the bring-up never came to its end. */
export function hasEveryUnit(descriptions: readonly Description[], seen: Observations): boolean {
  const units = descriptions.flatMap(({ unit }) => (unit === undefined ? [] : [unit]));
  return units.every((unit) => seen.contents.has(startStampPath(unit)));
}
