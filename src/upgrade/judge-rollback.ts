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

interface Newer {
  readonly members: number;
  /** Of a newer release than belongs to the one that was asked about. */
  readonly newer: number;
  /** By a minor at least. */
  readonly byMinor: number;
}

function compareMembers(cluster: Cluster, running: readonly RunningRelease[], to: Version): Newer {
  const target = { ...cluster, kubernetesVersion: to };
  const members = running.filter(({ component }) => component === 'etcd');
  const newer = members.flatMap(({ node, version }) => {
    const member = cluster.nodes.find(({ name }) => name === node);
    const wanted = member === undefined ? undefined : parseVersion(selectNodeVersions(target, member).etcd);
    return wanted !== undefined && compareVersions(wanted, version) < 0 ? [{ wanted, version }] : [];
  });
  const byMinor = newer.filter(({ wanted, version }) => minorOf(wanted) !== minorOf(version));
  return { members: members.length, newer: newer.length, byMinor: byMinor.length };
}

/** etcd has no way back once every member is of a newer minor: it then says so in its data. */
function etcdStays(cluster: Cluster, running: readonly RunningRelease[], to: Version): boolean {
  const { members, byMinor } = compareMembers(cluster, running, to);
  return members > 0 && byMinor === members;
}

/** Some members of etcd, which come first, are new, and others are not. */
function isAmongMembers(cluster: Cluster, running: readonly RunningRelease[], to: Version): boolean {
  const { members, newer } = compareMembers(cluster, running, to);
  return newer > 0 && newer < members;
}

const backup = 'restore the backup that was made before the upgrade: kcluster etcd snapshot list, then kcluster etcd snapshot restore NAME';

/** What forbids the way back over a minor. */
function forbidMinor(to: Version, newest: Version, oldestServer: Version | undefined): NoRollback | undefined {
  const [back, now] = [formatVersion(to), formatVersion(newest)];
  if (to.major !== newest.major || newest.minor - to.minor > 1)
    return { message: `${back} is more than one minor older than ${now}`, remedy: backup };
  if (oldestServer === undefined || minorOf(oldestServer) !== minorOf(newest)) return undefined;
  const message = `every API server is of ${minorOf(newest)}: objects may be stored as ${minorOf(to)} does not read them, there is no way back to ${back}`;
  return { message, remedy: `go on with kcluster upgrade apply --to ${now}; or ${backup}` };
}

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
  if (compareVersions(to, newest) === 0 && isAmongMembers(cluster, running, to)) return { to, stays: new Set() };
  if (compareVersions(to, newest) >= 0) {
    const message =
      wanted === undefined ? `every part runs ${now}: no upgrade is under way` : `${back} is not older than ${now}, which runs`;
    return { message, remedy: `name an older patch with --to; or ${backup}` };
  }
  const forbidden = minorOf(to) === minorOf(newest) ? undefined : forbidMinor(to, newest, servers[0]);
  if (forbidden !== undefined) return forbidden;
  return { to, stays: new Set(etcdStays(cluster, running, to) ? ['etcd'] : []) };
}
