import type { Cluster } from './cluster.ts';

/** On every control plane: what this cluster was founded with and must stay. */
export const recordPath = '/var/lib/kcluster/cluster.json';

/** Values that can only be chosen before the first bring-up, by their place in the inventory, as text. */
export interface ClusterRecord {
  readonly settings: Readonly<Record<string, string>>;
  /** Of an etcd that others run, when it told. */
  readonly etcdClusterId?: string;
}

/** What contradicts the living cluster; all four are needed to understand the refusal. */
export interface ImmutableChange {
  readonly field: string;
  readonly recorded: string;
  readonly wanted: string;
  readonly why: string;
  readonly remedy: string;
}

interface Row {
  readonly field: string;
  readonly value: (cluster: Cluster) => string;
  readonly why: string;
  /** What to do instead, where that is not a new cluster. */
  readonly remedy?: string;
}

const list = (values: readonly (string | number)[]): string => values.join(', ');

function etcdOf({ etcd }: Cluster): string {
  return etcd.given === undefined ? etcd.topology : 'external with endpoints';
}

/** Widening a range is refused as well: programs on nodes and objects in the API hold the old one, and would disagree meanwhile. */
export const immutableTable: readonly Row[] = [
  { field: 'cluster.name', value: ({ name }) => name, why: 'certificates, the ownership of hosts and the etcd token carry it' },
  {
    field: 'cluster.network.podCIDR',
    value: ({ network }) => list(network.podCIDRs),
    why: 'every pod has its address from it and every node its share, which Kubernetes never changes',
  },
  {
    field: 'cluster.network.nodeCIDRMaskSize',
    value: ({ network }) => list(network.nodeCIDRMaskSizes),
    why: 'every node has its share of the pod range, which Kubernetes never changes',
  },
  {
    field: 'cluster.network.serviceCIDR',
    value: ({ network }) => list(network.serviceCIDRs),
    why: 'services keep their addresses, and the first of the range, the API itself, is in certificates and in running pods',
    remedy: 'for more addresses, add a ServiceCIDR object with kubectl',
  },
  {
    field: 'cluster.network.dnsDomain',
    value: ({ network }) => network.dnsDomain,
    why: 'running pods resolve names in it, and the issuer in every service account token is named after it',
  },
  {
    field: 'cluster.network.plugin',
    value: ({ network }) => network.plugin,
    why: 'pods keep the network that they were started in, and pods of two networks do not reach each other',
  },
  {
    field: 'cluster.etcd.topology',
    value: etcdOf,
    why: 'the data lies in the members there are, and another etcd begins empty',
    remedy: 'to move the data, save a snapshot, reset this cluster, and restore the snapshot into the etcd of a new one',
  },
];

export function recordOf(cluster: Cluster, etcdClusterId?: string): ClusterRecord {
  const settings = Object.fromEntries(immutableTable.map(({ field, value }) => [field, value(cluster)]));
  return etcdClusterId === undefined ? { settings } : { settings, etcdClusterId };
}

/** The bytes of the file. */
export function formatRecord({ settings, etcdClusterId }: ClusterRecord): string {
  const sorted = Object.fromEntries(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
  const record = { apiVersion: 'kcluster/v1alpha1', kind: 'ClusterRecord', settings: sorted, ...(etcdClusterId && { etcdClusterId }) };
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Reads the file; undefined when it is not there or says nothing. It is written anew then. */
export function readRecord(text: string | undefined): ClusterRecord | undefined {
  const value = text === undefined ? undefined : parse(text);
  const settings = fieldOf(value, 'settings');
  if (fieldOf(value, 'kind') !== 'ClusterRecord' || typeof settings !== 'object' || settings === null) return undefined;
  const texts = Object.entries(settings).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const id = fieldOf(value, 'etcdClusterId');
  return { settings: Object.fromEntries(texts), ...(typeof id === 'string' ? { etcdClusterId: id } : {}) };
}

const newCluster = 'put the old value back; a cluster with the new one is a new cluster, to which workloads are moved';

/** Every setting of the living cluster that the inventory wants otherwise; one that an older record does not have is not judged. */
export function judgeImmutable(recorded: ClusterRecord, wanted: ClusterRecord): readonly ImmutableChange[] {
  return immutableTable.flatMap(({ field, why, remedy }) => {
    const [was, will] = [recorded.settings[field], wanted.settings[field]];
    if (was === undefined || will === undefined || was === will) return [];
    return [{ field, recorded: was, wanted: will, why, remedy: remedy === undefined ? newCluster : `put the old value back; ${remedy}` }];
  });
}
