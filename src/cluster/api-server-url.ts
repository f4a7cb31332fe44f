import { addressFamily } from './cidr.ts';
import type { Cluster, Endpoint, Node } from './cluster.ts';

export const apiServerPort = 6443;

/** Name that every API server's certificate bears. */
export const apiServerName = 'kubernetes';

/** `https://192.0.2.11:6443`, IPv6 in brackets. */
export function httpsURL(host: string, port: number): string {
  return `https://${addressFamily(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** The API server of a control-plane node itself, past any load balancer. */
export function ownAPIServerURL(node: Node): string {
  return httpsURL(node.internalAddress, apiServerPort);
}

/** The balancer of a node: it listens on loopback, on every node that runs a kubelet. */
export const balancerAddress = '127.0.0.1';
export const balancerPort = 6444;

/** Without an endpoint every node balances for itself, also while there is one control plane: a second one then restarts no kubelet. */
export function hasBalancers(cluster: Cluster): boolean {
  return cluster.endpoint === undefined;
}

export function endpointURL({ host, port }: Endpoint): string {
  return httpsURL(host, port);
}

/** Where kubelet and kube-proxy find the API: the endpoint, or the balancer of their node. */
export function nodeAPIServerURL({ endpoint }: Cluster): string {
  return endpoint === undefined ? httpsURL(balancerAddress, balancerPort) : endpointURL(endpoint);
}

/** Where admin.conf of a control-plane node finds the API: the endpoint, or the node's own API server. */
export function adminAPIServerURL({ endpoint }: Cluster, node: Node): string {
  return endpoint === undefined ? ownAPIServerURL(node) : endpointURL(endpoint);
}
