import { addressFamily } from './cidr.ts';
import { type Cluster, type Node, nodesWithRole } from './cluster.ts';

export const apiServerPort = 6443;

/** `https://192.0.2.11:6443`, IPv6 in brackets. */
export function httpsURL(host: string, port: number): string {
  return `https://${addressFamily(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** The API server of a control-plane node itself, past any load balancer. */
export function ownAPIServerURL(node: Node): string {
  return httpsURL(node.internalAddress, apiServerPort);
}

/** Where kubelet, kube-proxy and admin.conf of a node find the API: endpoint, own API server, the only one, or the node's balancer. */
export function apiServerURL(cluster: Cluster, node: Node): string {
  if (cluster.endpoint !== undefined) return httpsURL(cluster.endpoint.host, cluster.endpoint.port);
  if (node.roles.includes('control-plane')) return ownAPIServerURL(node);
  const [first, ...others] = nodesWithRole(cluster, 'control-plane');
  return first === undefined || others.length > 0 ? httpsURL('127.0.0.1', apiServerPort) : ownAPIServerURL(first);
}
