import { desire } from '../../src/app/desire.ts';
import { selectNodeVersions, selectVersions } from '../../src/artifacts/select-versions.ts';
import type { Cluster, ComponentName, Node, NodeName } from '../../src/cluster/cluster.ts';
import { parseVersion, type Version } from '../../src/cluster/version.ts';
import type { EtcdSeen, EtcdStatusSeen } from '../../src/engine/etcd-seen.ts';
import type { KubeUpgradeSeen } from '../../src/engine/kube-upgrade.ts';
import { emptyObservations, type Observations } from '../../src/engine/observation.ts';
import type { Finding } from '../../src/engine/plan.ts';
import { judgeUpgrade } from '../../src/upgrade/judge-upgrade.ts';
import type { RunningRelease, UpgradeInput } from '../../src/upgrade/upgrade-input.ts';
import { placementOf } from '../components/sample.ts';

export const v = (text: string): Version => {
  const version = parseVersion(text);
  if (version === undefined) throw new RangeError(text);
  return version;
};

const components: readonly (readonly [ComponentName, 'control-plane' | 'etcd' | 'pods'])[] = [
  ['etcd', 'etcd'],
  ['kube-apiserver', 'control-plane'],
  ['kube-controller-manager', 'control-plane'],
  ['kube-scheduler', 'control-plane'],
  ['kubectl', 'control-plane'],
  ['containerd', 'pods'],
  ['runc', 'pods'],
  ['kubelet', 'pods'],
  ['kube-proxy', 'pods'],
];

/** `kubelet@w`, `kubelet` for all nodes. */
export type Releases = Readonly<Record<string, string>>;

function releasesOf(cluster: Cluster, from: Version, releases: Releases): readonly RunningRelease[] {
  return cluster.nodes.flatMap((node) =>
    components.flatMap(([component, on]): readonly RunningRelease[] => {
      if (on === 'pods' ? node.roles.every((role) => role === 'etcd') : !node.roles.includes(on)) return [];
      const usual = selectNodeVersions({ ...cluster, kubernetesVersion: from }, node)[component];
      return [{ node: node.name, component, version: v(releases[`${component}@${node.name}`] ?? releases[component] ?? usual) }];
    }),
  );
}

export interface Situation {
  readonly from?: string;
  readonly to?: string;
  readonly hops?: readonly string[];
  readonly releases?: Releases;
  /** Of single nodes; not looked at where undefined. */
  readonly seen?: Readonly<Record<NodeName, Partial<Observations> | undefined>>;
  /** `etcd.service` of a node. */
  readonly unfinished?: Readonly<Record<NodeName, string>>;
  readonly ownBackup?: string;
  readonly now?: Date;
}

/** An API in which nothing is in the way. */
export const quiet = {
  budgets: [],
  workloads: [],
  webhooks: [],
  endpoints: new Map(),
  definitions: [],
  pods: [],
  local: new Map(),
} as const satisfies KubeUpgradeSeen;

const stamp = '20261120T060000Z';
/** A backup of six hours before. */
export const backupOf = (cluster: string, at = stamp): ReadonlyMap<string, readonly string[]> =>
  new Map([['/var/lib/kcluster/snapshots', [`${cluster}-${at}-r100.json`, `${cluster}-${at}-r100.tar.zst`]]]);

function wellSeen(cluster: Cluster, { roles }: Node): Observations {
  const kubelets = cluster.nodes.filter((node) => node.roles.some((role) => role !== 'etcd'));
  if (!roles.includes('control-plane')) return emptyObservations();
  const ofServer = {
    kubeNodes: nodeObjects(Object.fromEntries(kubelets.map((node) => [node.name, {}]))),
    kubeUpgrade: quiet,
    deprecatedApis: { apis: [], callers: [] },
    entries: backupOf(cluster.name),
  };
  return {
    ...emptyObservations(),
    ...ofServer,
  };
}

/** A cluster on its way from 1.36.5 to 1.37.1, in which nothing is wrong but for what is given. */
export function inputOf(
  inventory: Cluster,
  { from = '1.36.5', to = '1.37.1', hops, releases = {}, seen = {}, unfinished = {}, ownBackup, now }: Situation,
): UpgradeInput {
  const way = (hops ?? [to]).map(v);
  const cluster: Cluster = { ...inventory, kubernetesVersion: way[0] ?? v(to) };
  const looked = cluster.nodes.filter(({ name }) => !(name in seen) || seen[name] !== undefined);
  return {
    desired: desire(cluster, placementOf(cluster, { versions: selectVersions(cluster), etcdExists: true })),
    observations: new Map(looked.map((node) => [node.name, { ...wellSeen(cluster, node), ...seen[node.name] }])),
    running: releasesOf(cluster, v(from), releases).filter(({ node }) => looked.some(({ name }) => name === node)),
    unfinished: new Map(Object.entries(unfinished).map(([name, unit]) => [name, new Set([unit])])),
    from: v(from),
    to: v(to),
    hops: way,
    ...(ownBackup === undefined ? {} : { ownBackup }),
    now: now ?? new Date('2026-11-20T12:00:00Z'),
  };
}

export const findingsOf = (cluster: Cluster, situation: Situation, waived: readonly string[] = []): readonly Finding[] =>
  judgeUpgrade(inputOf(cluster, situation), new Set(waived));

/** Lines of one check: `error node: message`. */
export const linesOf = (id: string, cluster: Cluster, situation: Situation, waived: readonly string[] = []): readonly string[] =>
  findingsOf(cluster, situation, waived)
    .filter((finding) => finding.id === id)
    .map(({ severity, node, message }) => `${severity} ${node ?? '-'}: ${message}`);

const status: EtcdStatusSeen = {
  version: '3.6.16',
  leader: '1',
  revision: 100,
  raftIndex: 10,
  raftAppliedIndex: 10,
  isLearner: false,
  dbSizeBytes: 1000,
  dbSizeInUseBytes: 1000,
  quotaBytes: undefined,
  raftTerm: 2,
  errors: [],
  healthy: true,
};

/** etcd as one of its members sees it; a member without a release does not answer. */
export function etcdSeen(releases: Readonly<Record<NodeName, string | undefined>>): EtcdSeen {
  const members = Object.keys(releases).map((name, index) => ({
    id: String(index + 1),
    name,
    peerURLs: [`https://${name}:2380`],
    clientURLs: [`https://${name}:2379`],
    isLearner: false,
  }));
  const statuses = members.flatMap(({ id, name }) => {
    const version = releases[name];
    return version === undefined ? [] : [[id, { ...status, version }] as const];
  });
  return { clusterId: 'c', memberId: '1', members, statuses: new Map(statuses), alarms: [] };
}

/** As an API server tells nodes. */
export const nodeObjects = (nodes: Readonly<Record<NodeName, { readonly kubelet?: string; readonly ready?: boolean }>>) =>
  new Map(
    Object.entries(nodes).map(([name, { kubelet = '1.36.5', ready = true }]) => [
      name,
      {
        kind: 'Node',
        metadata: { name },
        status: { nodeInfo: { kubeletVersion: `v${kubelet}` }, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
      },
    ]),
  );
