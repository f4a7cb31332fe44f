import type { Version } from './version.ts';

export type NodeName = string;
export type Role = 'control-plane' | 'etcd' | 'worker';
export type NetworkPlugin = 'routed' | 'flannel' | 'calico' | 'cilium' | 'none';
export type ProxyMode = 'nftables' | 'iptables' | 'ipvs' | 'none';
export type KeyAlgorithm = 'ecdsa-p256' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096';
export type PodSecurityLevel = 'privileged' | 'baseline' | 'restricted';

/** A JSON value as written in the inventory. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const componentNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'containerd',
  'runc',
  'cni-plugins',
  'crictl',
  'kubelet',
  'kube-proxy',
  'kubectl',
  'coredns',
  'pause',
  'age',
] as const;
export type ComponentName = (typeof componentNames)[number];

/** What a user may change of one component; user values win over defaults. */
export interface ComponentSettings {
  /** Release; absent: the catalogue's choice for the Kubernetes version. */
  readonly version?: string;
  /** Flag without dashes -> value; a list repeats the flag; null removes a default. */
  readonly extraArgs: Readonly<Record<string, string | readonly string[] | null>>;
  /** Merged over the component's configuration file (kubelet, kube-proxy, containerd). */
  readonly config: JsonObject;
  /** Environment of the unit. */
  readonly env: Readonly<Record<string, string>>;
}

export interface SshSettings {
  readonly user: string;
  readonly port: number;
  readonly identityFile?: string;
  /** Jump hosts from the operator outwards, each `[user@]host[:port]`. */
  readonly jump: readonly string[];
  readonly become: 'none' | 'sudo';
  /** Pinned public key of the host, `ssh-ed25519 AAAA…`. */
  readonly hostKey?: string;
}

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** A machine as a member of the cluster; its name is its identity. */
export interface Node {
  readonly name: NodeName;
  /** Where SSH connects. */
  readonly address: string;
  /** What components bind to and advertise. */
  readonly internalAddress: string;
  /** With stacked etcd a control-plane node carries `etcd` too. */
  readonly roles: readonly Role[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly ssh: SshSettings;
  /** Cluster-wide settings with this node's overrides merged over them. */
  readonly components: Readonly<Record<ComponentName, ComponentSettings>>;
  readonly state: 'present' | 'down';
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface NetworkSettings {
  /** One range, or one IPv4 and one IPv6 range; the first decides the cluster's family. */
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
  /** Prefix length of a node's share of each pod range, in the order of `podCIDRs`. */
  readonly nodeCIDRMaskSizes: readonly number[];
  readonly dnsDomain: string;
  readonly plugin: NetworkPlugin;
  readonly proxyMode: ProxyMode;
  readonly mtu?: number;
}

/** An etcd that others run: kcluster is its client and nothing more. */
export interface GivenEtcd {
  /** `https://host:port`, in the order of the inventory. */
  readonly endpoints: readonly string[];
  /** Files of the operator's machine: the authority of etcd's server certificates, and the API servers' client certificate with its key. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** How many backups stay in each place: the newest, and the newest of so many days, weeks and months. */
export interface SnapshotKeep {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

/** Where backups are copied to. Files are those of the operator's machine. */
export type BackupTarget =
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 'ssh';
      readonly user: string;
      readonly host: string;
      readonly port: number;
      readonly path: string;
      readonly identityFile: string;
      /** `ssh-ed25519 AAAA…` */
      readonly hostKey: string;
    }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** Without slashes at its ends; may be empty. */
      readonly prefix: string;
      /** `https://host[:port]`; the bucket is the first part of the path behind it. */
      readonly endpoint: string;
      readonly region: string;
      readonly credentialsFile: string;
    };

export interface SnapshotSettings {
  /** A cron expression in UTC; absent: nothing is made by itself. */
  readonly schedule?: string;
  readonly keep: SnapshotKeep;
  readonly copyTo: readonly BackupTarget[];
  /** Public keys of age; the private ones are on no host. */
  readonly encryptTo: readonly string[];
  /** Told of a backup that failed. */
  readonly webhook?: string;
  /** Directory of node_exporter's textfile collector. */
  readonly metrics?: string;
}

export interface EtcdSettings {
  readonly topology: 'stacked' | 'external';
  /** Absent: kcluster runs etcd. */
  readonly given?: GivenEtcd;
  readonly snapshots: SnapshotSettings;
}

export interface SecuritySettings {
  readonly keyAlgorithm: KeyAlgorithm;
  readonly leafDays: number;
  readonly caDays: number;
  readonly podSecurity: PodSecurityLevel;
  /** Further names and addresses of the API server certificate. */
  readonly apiServerSANs: readonly string[];
}

export interface ArtifactSettings {
  /** URL or absolute directory in upstream's layout: `<mirror>/<host>/<path>`. */
  readonly mirror?: string;
  /** `operator`: fetched here and sent over SSH; `node`: each node fetches for itself. */
  readonly source: 'operator' | 'node';
  /** `pinned`: the catalogue's checksums hold everywhere; `mirror`: the mirror's own checksum files are believed. */
  readonly trust: 'pinned' | 'mirror';
}

/** What happens around each node that an upgrade takes. */
export interface UpgradeSettings {
  /** How long a node is watched before the next one is taken. */
  readonly soakSeconds?: number;
  /** Commands on the operator's machine, given to sh; the node's name is in KCLUSTER_NODE. */
  readonly beforeNode?: string;
  readonly afterNode?: string;
}

/** The validated, frozen value made from an inventory. */
export interface Cluster {
  readonly name: string;
  readonly kubernetesVersion: Version;
  /** Load balancer or VIP in front of the API servers. */
  readonly endpoint?: Endpoint;
  readonly network: NetworkSettings;
  readonly etcd: EtcdSettings;
  readonly addons: { readonly coredns: boolean };
  readonly security: SecuritySettings;
  readonly artifacts: ArtifactSettings;
  readonly upgrade?: UpgradeSettings;
  /** Names of preflight checks whose errors are shown as warnings. */
  readonly ignorePreflight: readonly string[];
  /** In the order of the inventory; nothing may depend on that order. */
  readonly nodes: readonly Node[];
}

/** Every phase, check and component asks for these lists, of every node: of an inventory, each is made once. */
const lists = new WeakMap<Cluster['nodes'], Map<Role | 'kubelet', readonly Node[]>>();

function listed({ nodes }: Cluster, name: Role | 'kubelet', belongs: (node: Node) => boolean): readonly Node[] {
  const known = lists.get(nodes) ?? new Map<Role | 'kubelet', readonly Node[]>();
  lists.set(nodes, known);
  const list = known.get(name) ?? nodes.filter(belongs);
  known.set(name, list);
  return list;
}

export function nodesWithRole(cluster: Cluster, role: Role): readonly Node[] {
  return listed(cluster, role, (node) => node.roles.includes(role));
}

/** Nodes that run a kubelet: all but those that only hold etcd. */
export function kubeletNodes(cluster: Cluster): readonly Node[] {
  return listed(cluster, 'kubelet', (node) => node.roles.some((role) => role !== 'etcd'));
}

/** @throws RangeError when the inventory has no such node; callers pass names they took from it. */
export function nodeNamed(cluster: Cluster, name: NodeName): Node {
  const node = cluster.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw new RangeError(`no node ${name} in cluster ${cluster.name}`);
  return node;
}
