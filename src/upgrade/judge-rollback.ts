import { selectNodeVersions } from '../artifacts/select-versions.ts';
import type { Cluster, ComponentName } from '../cluster/cluster.ts';
import { compareVersions, formatVersion, minorOf, parseVersion, type Version } from '../cluster/version.ts';
import { kubernetesParts } from './running-releases.ts';
import type { RunningRelease } from './upgrade-input.ts';

export interface Rollback {
  readonly to: Version;
  /** What has gone too far to go back, and works with the older release all the same. */
  readonly stays: ReadonlySet<ComponentName>;
}

export interface NoRollback {
  readonly message: string;
  readonly remedy: string;
}

const sorted = (versions: readonly Version[]): readonly Version[] => versions.toSorted(compareVersions);

/** etcd has no way back once every member is of a newer minor: it then says so in its data. */
function etcdStays(cluster: Cluster, running: readonly RunningRelease[], to: Version): boolean {
  const target = { ...cluster, kubernetesVersion: to };
  const members = running.filter(({ component }) => component === 'etcd');
  return (
    members.length > 0 &&
    members.every(({ node, version }) => {
      const member = cluster.nodes.find(({ name }) => name === node);
      const wanted = member === undefined ? undefined : parseVersion(selectNodeVersions(target, member).etcd);
      return wanted !== undefined && compareVersions(wanted, version) < 0 && minorOf(wanted) !== minorOf(version);
    })
  );
}

const backup = 'restore the backup that was made before the upgrade: kcluster etcd snapshot list, then kcluster etcd snapshot restore NAME';

/**
 * Whether a cluster that is being upgraded, or was, can go back, and to what: the release of the parts that are not new yet, or the one that
 * is named. Past the point of no return it cannot: once no old API server is left, the new ones may store objects as the old do not read them. Pure.
 */
export function judgeRollback(cluster: Cluster, running: readonly RunningRelease[], wanted?: Version): Rollback | NoRollback {
  const parts = running.filter(({ component }) => kubernetesParts.has(component));
  const all = sorted(parts.map(({ version }) => version));
  const [oldest, newest] = [all[0], all.at(-1)];
  const servers = sorted(parts.filter(({ component }) => component === 'kube-apiserver').map(({ version }) => version));
  if (oldest === undefined || newest === undefined) {
    return { message: `cluster ${cluster.name} is not there`, remedy: 'bring it up with kcluster init' };
  }
  const to = wanted ?? oldest;
  const [back, now] = [formatVersion(to), formatVersion(newest)];
  if (compareVersions(to, newest) >= 0) {
    const message =
      wanted === undefined ? `every part runs ${now}: no upgrade is under way` : `${back} is not older than ${now}, which runs`;
    return { message, remedy: `name an older patch with --to; or ${backup}` };
  }
  if (minorOf(to) !== minorOf(newest)) {
    if (to.major !== newest.major || newest.minor - to.minor > 1)
      return { message: `${back} is more than one minor older than ${now}`, remedy: backup };
    if (servers[0] !== undefined && minorOf(servers[0]) === minorOf(newest)) {
      const message = `every API server is of ${minorOf(newest)}: objects may be stored as ${minorOf(to)} does not read them, there is no way back to ${back}`;
      return { message, remedy: `go on with kcluster upgrade apply --to ${now}; or ${backup}` };
    }
  }
  return { to, stays: new Set(etcdStays(cluster, running, to) ? ['etcd'] : []) };
}
