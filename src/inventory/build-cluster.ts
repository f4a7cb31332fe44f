import { canonicalAddress } from '../cluster/cidr.ts';
import type {
  Cluster,
  ComponentName,
  ComponentSettings,
  Endpoint,
  EtcdSettings,
  NetworkSettings,
  Node,
  Taint,
  UpgradeSettings,
} from '../cluster/cluster.ts';
import { parseVersion } from '../cluster/version.ts';
import { InternalError } from '../errors.ts';
import { clusterComponents, nodeComponents } from './build-components.ts';
import { snapshotsOf } from './build-snapshots.ts';
import { internalAddressOf, rolesOf, sshOf } from './node-defaults.ts';
import { parseTaint } from './parse-taint.ts';
import type { Path } from './problem.ts';
import { rangesOf } from './ranges.ts';
import type { ClusterSection, Inventory, NetworkSection, NodeSection } from './schema/cluster-schema.ts';
import { canonicalEtcdURL, splitHostPort } from './syntax.ts';

/** Ways to what only the text or the machine of the operator knows. */
export interface BuildOptions {
  /** A scalar as it was typed, so that `1.30` stays `1.30`. */
  readonly sourceOf: (path: Path) => string | undefined;
  /** Makes a local path absolute; absent: paths stay as written. */
  readonly resolvePath?: ((path: string) => string) | undefined;
}

const controlPlaneTaint: Taint = { key: 'node-role.kubernetes.io/control-plane', value: '', effect: 'NoSchedule' };
const defaultPort = 6443;

/** The schema and the rules have passed what comes here; anything else is a defect. */
function checked<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new InternalError(`the inventory passed its checks without ${what}`);
  return value;
}

function endpointOf(endpoint: ClusterSection['endpoint']): Endpoint | undefined {
  if (endpoint === undefined) return undefined;
  const { host, port } = typeof endpoint === 'string' ? checked(splitHostPort(endpoint), 'a readable endpoint') : endpoint;
  return { host: canonicalAddress(host.toLowerCase()), port: port ?? defaultPort };
}

function networkOf(network: NetworkSection): NetworkSettings {
  const ranges = rangesOf(network);
  return {
    podCIDRs: ranges.pods,
    serviceCIDRs: ranges.services,
    nodeCIDRMaskSizes: ranges.nodeMaskSizes,
    dnsDomain: network.dnsDomain,
    plugin: network.plugin,
    proxyMode: network.proxyMode,
    ...(network.mtu === undefined ? {} : { mtu: network.mtu }),
  };
}

function taintsOf(node: NodeSection): readonly Taint[] {
  if (node.taints === undefined) return node.roles.includes('control-plane') && !node.roles.includes('worker') ? [controlPlaneTaint] : [];
  return node.taints.map((taint) => {
    const parsed = typeof taint === 'string' ? parseTaint(taint) : taint;
    return checked(typeof parsed === 'string' ? undefined : parsed, 'a readable taint');
  });
}

function mirrorOf(mirror: string, resolvePath: (path: string) => string): string {
  return /^(https?|file):\/\//.test(mirror) ? mirror : resolvePath(mirror);
}

function etcdOf(
  { topology, endpoints, snapshots: section, ...files }: ClusterSection['etcd'],
  resolvePath: (path: string) => string,
): EtcdSettings {
  const snapshots = snapshotsOf(section, resolvePath);
  if (endpoints === undefined) return { topology, snapshots };
  const fileOf = (field: keyof typeof files): string => resolvePath(checked(files[field], `cluster.etcd.${field}`));
  const given = {
    endpoints: endpoints.map(canonicalEtcdURL),
    caFile: fileOf('caFile'),
    certFile: fileOf('certFile'),
    keyFile: fileOf('keyFile'),
  };
  return { topology, given, snapshots };
}

function upgradeOf({ soakSeconds, beforeNode, afterNode }: NonNullable<ClusterSection['upgrade']>): UpgradeSettings {
  return {
    ...(soakSeconds === undefined ? {} : { soakSeconds }),
    ...(beforeNode === undefined ? {} : { beforeNode }),
    ...(afterNode === undefined ? {} : { afterNode }),
  };
}

/** The frozen value of an inventory in which no check found an error. */
export function buildCluster(inventory: Inventory, { sourceOf, resolvePath = (path) => path }: BuildOptions): Cluster {
  const { cluster } = inventory;
  const common: Readonly<Record<ComponentName, ComponentSettings>> = clusterComponents(cluster.components, sourceOf);
  const endpoint = endpointOf(cluster.endpoint);
  const { mirror, ...artifacts } = cluster.artifacts;

  const buildNode = (node: NodeSection, index: number): Node => {
    const { identityFile, ...ssh } = sshOf(cluster.ssh, node.ssh);
    return {
      name: node.name,
      address: canonicalAddress(node.address),
      internalAddress: checked(internalAddressOf(node), 'an internal address'),
      roles: rolesOf(node.roles, cluster.etcd.topology),
      labels: node.labels,
      annotations: node.annotations,
      taints: taintsOf(node),
      ssh: identityFile === undefined ? ssh : { ...ssh, identityFile: resolvePath(identityFile) },
      components: nodeComponents(common, node.components, ['nodes', index, 'components'], sourceOf),
      state: node.state,
    };
  };

  return freezeDeeply({
    name: cluster.name,
    kubernetesVersion: checked(parseVersion(cluster.kubernetesVersion), 'a version'),
    ...(endpoint === undefined ? {} : { endpoint }),
    network: networkOf(cluster.network),
    etcd: etcdOf(cluster.etcd, resolvePath),
    addons: cluster.addons,
    security: cluster.security,
    artifacts: mirror === undefined ? artifacts : { ...artifacts, mirror: mirrorOf(mirror, resolvePath) },
    ...(cluster.upgrade === undefined ? {} : { upgrade: upgradeOf(cluster.upgrade) }),
    ignorePreflight: cluster.preflight.ignore,
    nodes: inventory.nodes.map(buildNode),
  });
}

function freezeDeeply<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) freezeDeeply(child);
  return Object.freeze(value);
}
