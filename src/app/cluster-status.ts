import { selectVersions } from '../artifacts/select-versions.ts';
import { judgeNewest } from '../backup/judge-backups.ts';
import { newestOfNames } from '../backup/newest-of-names.ts';
import { absencesPath } from '../cluster/absence.ts';
import type { Cluster, Node, NodeName } from '../cluster/cluster.ts';
import { liveNodes } from '../cluster/live-nodes.ts';
import type { BackupAge, ComponentStatus, NodeStatus } from '../cluster/node-status.ts';
import { snapshotsDirectory } from '../components/backup.ts';
import { releaseOfLink } from '../components/parts.ts';
import type { Description } from '../engine/description.ts';
import type { Observations } from '../engine/observation.ts';
import { observeAll } from '../engine/observe.ts';
import type { Desired } from '../engine/phase.ts';
import type { Probe } from '../engine/probe.ts';
import type { KclusterError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { tryDaysLeft } from '../pki/inspect-certificate.ts';
import { place } from '../workflows/place.ts';
import { recordedAbsences } from '../workflows/place-absent.ts';
import { desire } from './desire.ts';
import { absenceOf } from './list-nodes.ts';

const publicPaths = (description: Description): readonly { readonly path: string; readonly form: 'content' | 'kubeconfig-certificate' }[] =>
  description.run.flatMap((resource) =>
    resource.kind !== 'certificate'
      ? []
      : resource.entry.files.flatMap(({ path, part }) => {
          if (part === 'key') return [];
          return [{ path, form: part === 'kubeconfig' ? ('kubeconfig-certificate' as const) : ('content' as const) }];
        }),
  );

/** The program that the unit runs, as a link whose target names the release. */
function linkOf(description: Description): string | undefined {
  const links = description.run.filter((resource) => resource.kind === 'link').map((resource) => resource.path);
  return links.find((path) => path.endsWith(`/${description.component}`)) ?? links[0];
}

function statusProbes(desired: Desired, node: Node): readonly Probe[] {
  const probes = desired.describe(node).flatMap((description): readonly Probe[] => {
    if (description.unit === undefined) return [];
    const link = linkOf(description);
    return [
      { kind: 'unit', unit: description.unit },
      ...(link === undefined ? [] : [{ kind: 'file', path: link } as const]),
      ...description.health.map(
        ({ url, caFile }): Probe => (caFile === undefined ? { kind: 'health', url } : { kind: 'health', url, caFile }),
      ),
      ...publicPaths(description).map(({ path, form }): Probe => ({ kind: form, path })),
    ];
  });
  const backups: readonly Probe[] = keepsBackups(desired.cluster, node) ? [{ kind: 'entries', path: snapshotsDirectory }] : [];
  return [...probes, ...backups, { kind: 'kube-nodes' }, { kind: 'content', path: absencesPath }];
}

const keepsBackups = ({ etcd }: Cluster, { roles }: Node): boolean =>
  etcd.snapshots.schedule !== undefined && roles.includes('control-plane');

function newestBackupOn(cluster: Cluster, node: Node, seen: Observations, now: Date): Pick<NodeStatus, 'newestBackup'> {
  const names = keepsBackups(cluster, node) ? (seen.entries.get(snapshotsDirectory) ?? []) : [];
  const newestBackup = newestOfNames(names, cluster.name, now);
  return newestBackup === undefined ? {} : { newestBackup };
}

/** Over all hosts that answer; undefined: no backups are scheduled. */
function backupAge({ etcd }: Cluster, nodes: readonly NodeStatus[], now: Date): BackupAge | undefined {
  const { schedule } = etcd.snapshots;
  if (schedule === undefined) return undefined;
  const all = nodes.flatMap(({ node, newestBackup }) => (newestBackup === undefined ? [] : [{ ...newestBackup, node }]));
  const [newest] = all.toSorted((a, b) => (a.takenAt < b.takenAt ? 1 : -1));
  const problem = judgeNewest(schedule, newest?.takenAt, now);
  return { ...(newest === undefined ? {} : { newest }), ...(problem === undefined ? {} : { problem }) };
}

function healthOf(description: Description, seen: Observations): string {
  const [first] = description.health;
  if (first === undefined) return '';
  const status = seen.health.get(first.url)?.status ?? 0;
  if (status === 200) return 'ok';
  return status === 0 ? 'no answer' : String(status);
}

/** A certificate that cannot be read opens nothing: it counts as one that ends today. */
const daysOf = (pem: string, now: Date): number => tryDaysLeft(pem, now) ?? 0;

function fewestDays(description: Description, seen: Observations, now: Date): number | undefined {
  const days = publicPaths(description).flatMap(({ path, form }) => {
    const pem = (form === 'content' ? seen.contents : seen.kubeconfigCertificates).get(path) ?? '';
    return pem === '' ? [] : [daysOf(pem, now)];
  });
  return days.length === 0 ? undefined : Math.min(...days);
}

function componentStatus(node: Node, description: Description, unitName: string, seen: Observations, now: Date): ComponentStatus {
  const unit = seen.units.get(unitName);
  const link = linkOf(description);
  const target = link === undefined ? undefined : seen.files.get(link)?.target;
  const days = fewestDays(description, seen, now);
  return {
    node: node.name,
    component: description.component,
    unit: unit === undefined || unit.load === 'not-found' ? 'not found' : unit.active,
    health: healthOf(description, seen),
    version: releaseOfLink(target) ?? '',
    restarts: unit?.restarts ?? 0,
    ...(days === undefined ? {} : { certificateDays: days }),
  };
}

function readiness(name: NodeName, observations: ReadonlyMap<NodeName, Observations>): string {
  const live = liveNodes(observations);
  if (live === undefined) return 'unknown';
  const status = live.get(name)?.status as { conditions?: readonly { type: string; status: string }[] } | undefined;
  if (status === undefined) return 'not registered';
  return status.conditions?.find((condition) => condition.type === 'Ready')?.status === 'True' ? 'Ready' : 'NotReady';
}

function reportsOf(name: NodeName, observations: ReadonlyMap<NodeName, Observations>): Pick<NodeStatus, 'reports'> {
  const found = readiness(name, observations);
  return found === 'unknown' ? {} : { reports: found === 'Ready' };
}

export interface StatusInput {
  readonly cluster: Cluster;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly now: Date;
}

export interface ClusterStatus {
  readonly nodes: readonly NodeStatus[];
  /** Absent: none are scheduled. */
  readonly backups?: BackupAge;
  readonly failures: readonly KclusterError[];
}

/** One look at every host that answers; what does not answer is in the result, not an error. */
export async function readStatus({ cluster, hosts, now }: StatusInput): Promise<ClusterStatus> {
  const desired = desire(cluster, place(cluster, selectVersions(cluster), new Map()));
  const byName = new Map(cluster.nodes.map((node) => [node.name, node]));
  const probesOf = (name: string): readonly Probe[] => {
    const node = byName.get(name);
    return node === undefined ? [] : statusProbes(desired, node);
  };
  const { observations, failures } = await observeAll(hosts, probesOf, () => undefined);
  const absences = recordedAbsences(cluster, observations);
  const nodes = cluster.nodes.map((node): NodeStatus => {
    const seen = observations.get(node.name);
    const { name, roles } = node;
    const absence = absenceOf(absences, name);
    if (seen === undefined) {
      const away = node.state === 'down' ? { state: 'declared down', ...reportsOf(name, observations) } : { state: 'unreachable' };
      return { node: name, roles, ...away, ...absence, components: [] };
    }
    const components = desired
      .describe(node)
      .flatMap((description) => (description.unit === undefined ? [] : [componentStatus(node, description, description.unit, seen, now)]));
    const runsKubelet = roles.some((role) => role !== 'etcd');
    const state = runsKubelet ? readiness(name, observations) : '';
    return { node: name, roles, state, ...absence, ...newestBackupOn(cluster, node, seen, now), components };
  });
  const backups = backupAge(cluster, nodes, now);
  return { nodes, ...(backups === undefined ? {} : { backups }), failures };
}
