import { compareVersions, minorOf, type Version } from '../cluster/version.ts';
import { collectFailures } from '../engine/failures.ts';
import { observeAll } from '../engine/observe.ts';
import { RefusedError } from '../errors.ts';
import { kubernetesParts, releaseProbes, runningReleases } from '../upgrade/running-releases.ts';
import type { RunningRelease } from '../upgrade/upgrade-input.ts';
import type { Session } from './session.ts';

/** What runs on the hosts, before it is known what they shall become. */
export interface Survey {
  readonly running: readonly RunningRelease[];
  /** The oldest API server. */
  readonly from: Version;
}

/** Looks at nothing but releases. @throws RefusedError where no API server was ever installed */
export async function surveyReleases({ cluster, hosts, signal }: Session): Promise<Survey> {
  const { observations, failures } = await observeAll(
    hosts,
    () => releaseProbes,
    () => undefined,
    { signal },
  );
  if (failures.length > 0) throw collectFailures(failures, 'the look failed');
  const running = runningReleases(observations);
  const servers = running.filter(({ component }) => component === 'kube-apiserver').map(({ version }) => version);
  const [from] = servers.toSorted(compareVersions);
  if (from === undefined) {
    throw new RefusedError(`cluster ${cluster.name} is not there yet: there is nothing to upgrade`, {
      remedy: 'bring it up with kcluster init',
    });
  }
  return { running, from };
}

/** Parts of an older minor than every API server: a hop that was begun must be finished before the next one, unless that one has begun. */
export function isUnfinished({ running, from }: Survey): boolean {
  if (running.some(({ component, version }) => component === 'kube-apiserver' && minorOf(version) !== minorOf(from))) return false;
  return running.some(
    ({ component, version }) => kubernetesParts.has(component) && minorOf(version) !== minorOf(from) && compareVersions(version, from) < 0,
  );
}
