import { ConfigurationError, RefusedError } from '../errors.ts';
import { compareVersions, formatVersion, minorOf, type Version } from './version.ts';

/** The newest release of a minor such as `1.36` that can be installed; undefined: none is known. */
export type NewestOf = (minor: string) => Version | undefined;

/** What a cluster can be brought to from where it is. */
export interface ReachableTargets {
  /** Newest patch of the minor that runs; absent when that is what runs. */
  readonly patch?: Version;
  /** Newest release of the next minor. */
  readonly nextMinor?: Version;
  /** Newest release of all that is known, when it is further than that. */
  readonly furthest?: Version;
}

const minorAfter = ({ major, minor }: Version, by: number): string => `${major}.${minor + by}`;

/** @param current the oldest API server */
export function reachableTargets(current: Version, newestOf: NewestOf): ReachableTargets {
  const patch = newestOf(minorOf(current));
  const found: Version[] = [];
  for (let by = 1, next = newestOf(minorAfter(current, 1)); next !== undefined; by++, next = newestOf(minorAfter(current, by)))
    found.push(next);
  const [nextMinor, furthest] = [found[0], found.length > 1 ? found.at(-1) : undefined];
  return {
    ...(patch !== undefined && compareVersions(patch, current) > 0 ? { patch } : {}),
    ...(nextMinor === undefined ? {} : { nextMinor }),
    ...(furthest === undefined ? {} : { furthest }),
  };
}

function between(current: Version, target: Version, newestOf: NewestOf): readonly Version[] {
  const minors = Array.from({ length: target.minor - current.minor - 1 }, (_, at) => minorAfter(current, at + 1));
  return minors.map((minor) => {
    const hop = newestOf(minor);
    if (hop !== undefined) return hop;
    throw new ConfigurationError(
      `the way from ${formatVersion(current)} to ${formatVersion(target)} leads over ${minor}, of which no release is known`,
      {
        remedy: `upgrade to a release of ${minor} with a kcluster that knows it, then go on from there`,
      },
    );
  });
}

/**
 * The releases through which a cluster goes, the target last: the control plane must not leave out a minor.
 * @param current the oldest API server
 * @throws RefusedError for a way back, ConfigurationError when a release on the way is not known
 */
export function hopsTo(current: Version, target: Version, newestOf: NewestOf): readonly Version[] {
  if (target.major !== current.major)
    throw new RefusedError(`there is no way from ${formatVersion(current)} to ${formatVersion(target)}: that is another major`, {
      remedy: `name a release of ${current.major}.x`,
    });
  const order = compareVersions(target, current);
  if (order === 0) return [];
  if (order < 0)
    throw new RefusedError(`${formatVersion(target)} is older than ${formatVersion(current)}, which runs: Kubernetes does not go back`, {
      remedy: 'name where it shall go with --to; kcluster upgrade rollback takes an upgrade back, as far as there is a way',
    });
  return target.minor === current.minor ? [target] : [...between(current, target, newestOf), target];
}

/** etcd.io, upgrade guides: what a member must run before the next minor may be started on its data. */
const floors: Readonly<Record<string, Version>> = {
  '3.6': { major: 3, minor: 5, patch: 32, prerelease: '' },
  '3.7': { major: 3, minor: 6, patch: 11, prerelease: '' },
};

/** Why etcd cannot go from one release to another in one step; undefined: it can. */
export function judgeEtcdStep(from: Version, to: Version): string | undefined {
  const [old, next] = [formatVersion(from), formatVersion(to)];
  if (from.major !== to.major || to.minor < from.minor)
    return `etcd ${old} cannot become ${next}: data of a newer minor are not read by an older one`;
  if (to.minor - from.minor > 1) return `etcd ${old} cannot become ${next} in one step: minors must not be left out`;
  const floor = to.minor > from.minor ? floors[minorOf(to)] : undefined;
  if (floor === undefined || compareVersions(from, floor) >= 0) return undefined;
  return `etcd ${old} must be ${formatVersion(floor)} or newer before it becomes ${next}`;
}
