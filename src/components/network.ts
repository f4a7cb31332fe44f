import { addressFamily, cidrFamily } from '../cluster/cidr.ts';
import { type Cluster, type Json, type JsonObject, kubeletNodes, type Node } from '../cluster/cluster.ts';
import type { Description, Placement } from '../engine/description.ts';
import type { FileResource, Resource } from '../engine/resource.ts';
import type { Describe } from './component.ts';
import { textFile, unitPath } from './parts.ts';

const unit = 'kcluster-network.service';
const scriptPath = '/etc/kcluster/network.sh';
const routesPath = '/etc/kcluster/routes';
const conflistPath = '/etc/cni/net.d/10-kcluster.conflist';

const families = {
  4: { option: '-4', header: 'ip', multicast: '224.0.0.0/4', everywhere: '0.0.0.0/0' },
  6: { option: '-6', header: 'ip6', multicast: 'ff00::/8', everywhere: '::/0' },
} as const;

const shareOf = (placement: Placement, node: Node): readonly string[] => placement.podCIDRs.get(node.name) ?? [];

/** A line for each range of pods with the address of its node; a node with an address of one family is a next hop for that family. */
function listRoutes(cluster: Cluster, placement: Placement): FileResource {
  const lines = kubeletNodes(cluster).flatMap((node) => {
    const family = addressFamily(node.internalAddress);
    const shares = shareOf(placement, node).filter((cidr) => cidrFamily(cidr) === family);
    return shares.map((share) => `${share} ${node.internalAddress}\n`);
  });
  return textFile(routesPath, `# Written by kcluster: pods of every node, and its address.\n${lines.sort().join('')}`);
}

/** The same file on all nodes, which leave themselves out when they set routes: one value, made, held and hashed once a cluster. */
const routesByCluster = new WeakMap<Cluster, WeakMap<Placement['podCIDRs'], FileResource>>();

function routesFile(cluster: Cluster, placement: Placement): FileResource {
  const ofCluster = routesByCluster.get(cluster) ?? new WeakMap<Placement['podCIDRs'], FileResource>();
  routesByCluster.set(cluster, ofCluster);
  const file = ofCluster.get(placement.podCIDRs) ?? listRoutes(cluster, placement);
  ofCluster.set(placement.podCIDRs, file);
  return file;
}

function networkScriptValues(cluster: Cluster, node: Node, placement: Placement) {
  const pods = cluster.network.podCIDRs;
  return {
    families: shareOf(placement, node).map((source) => {
      const family = cidrFamily(source);
      const range = pods.find((cidr) => cidrFamily(cidr) === family);
      return { ...families[family], source, pods: range ?? source };
    }),
  };
}

/** Pods on a bridge with addresses of this node's share; nothing of it masquerades, network.sh does. */
function conflist(cluster: Cluster, node: Node, placement: Placement): FileResource {
  const share = shareOf(placement, node);
  const bridge: Record<string, Json> = {
    type: 'bridge',
    bridge: 'kcni0',
    isGateway: true,
    hairpinMode: true,
    ipMasq: false,
    ipam: {
      type: 'host-local',
      ranges: share.map((subnet) => [{ subnet }]),
      routes: share.map((cidr) => ({ dst: families[cidrFamily(cidr)].everywhere })),
    },
  };
  if (cluster.network.mtu !== undefined) bridge.mtu = cluster.network.mtu;
  const config: JsonObject = {
    cniVersion: '1.0.0',
    name: 'kcluster',
    plugins: [
      bridge,
      { type: 'portmap', backend: 'nftables', capabilities: { portMappings: true } },
      { type: 'bandwidth', capabilities: { bandwidth: true } },
    ],
  };
  return textFile(conflistPath, `${JSON.stringify(config, undefined, 2)}\n`);
}

function routedResources(...[cluster, node, placement, render]: Parameters<Describe>): readonly Resource[] {
  const script = textFile(scriptPath, () => render('network/network.sh', networkScriptValues(cluster, node, placement)), { mode: 0o700 });
  const unitFile = textFile(unitPath(unit), () => render(`network/${unit}`, {}));
  // Nodes that come and go are a reload for the others.
  const reloads = [routesPath];
  return [
    conflist(cluster, node, placement),
    routesFile(cluster, placement),
    script,
    unitFile,
    { kind: 'unit', unit, inputs: [unitFile.path, scriptPath, ...reloads], reloads, oneshot: true },
  ];
}

/** The plugin `routed`: a bridge, routes between nodes that share a network, and masquerading of what leaves the pod ranges. */
export const describeNetwork: Describe = (cluster, node, placement, render): Description => ({
  component: 'network',
  install: [],
  run: routedResources(cluster, node, placement, render),
  unit,
  health: [],
  ports: [],
});
