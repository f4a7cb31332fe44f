import { catalogue } from '../artifacts/catalogue.ts';
import { hopsTo, reachableTargets } from '../cluster/upgrade-path.ts';
import { compareVersions, parseVersion, type Version } from '../cluster/version.ts';
import { isUnfinished, type Survey } from './survey-releases.ts';

/** The way of which a hop is part. */
export interface Way {
  /** Where it begins: the oldest API server. */
  readonly from: Version;
  readonly to: Version;
  /** What is left of it, the next hop first. */
  readonly hops: readonly Version[];
}

/** The newest release of a minor that the catalogue knows. */
export const newestOf = (minor: string): Version | undefined => parseVersion(catalogue.kubernetes[minor]?.newest ?? '');

/**
 * Where the way leads over; a hop that was begun is finished first.
 * @throws RefusedError, ConfigurationError where there is none
 */
export function wayTo(survey: Survey, to: Version): Way {
  const { from } = survey;
  const further = hopsTo(from, to, newestOf);
  const hops = isUnfinished(survey) || further.length === 0 ? [from, ...further] : further;
  return { from, to, hops };
}

/** What is looked at when nobody named a target: what the inventory wants, else the next that there is, else where the cluster is. */
export function usualTarget({ from }: Survey, wanted: Version): Version {
  if (compareVersions(wanted, from) > 0) return wanted;
  const { patch, nextMinor } = reachableTargets(from, newestOf);
  return patch ?? nextMinor ?? from;
}
