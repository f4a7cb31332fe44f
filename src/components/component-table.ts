import { hasBalancers } from '../cluster/api-server-url.ts';
import type { Cluster, Node } from '../cluster/cluster.ts';
import { describeAuthorities } from './authorities.ts';
import { describeBalancer } from './balancer.ts';
import type { Describe } from './component.ts';
import { describeContainerd } from './containerd.ts';
import { describeEndpoint } from './endpoint.ts';
import { describeEtcd } from './etcd.ts';
import { describeHost } from './host.ts';
import { describeKubeApiserver } from './kube-apiserver.ts';
import { describeKubeControllerManager } from './kube-controller-manager.ts';
import { describeKubeProxy } from './kube-proxy.ts';
import { describeKubeScheduler } from './kube-scheduler.ts';
import { describeKubelet } from './kubelet.ts';
import { describeNetwork } from './network.ts';
import { describeCniPlugins, describeCrictl, describeEtcdTools, describeKubectl, describeRunc } from './tools.ts';

interface ComponentRow {
  readonly component: string;
  readonly on: 'every node' | 'etcd' | 'control-plane' | 'control-plane without etcd' | 'nodes with pods';
  readonly describe: Describe;
  /** Left out when the inventory chose otherwise. */
  readonly when?: (cluster: Cluster) => boolean;
}

/** Which component runs where, in the order of bring-up. */
export const componentTable = [
  { component: 'host', on: 'every node', describe: describeHost },
  { component: 'authorities', on: 'every node', describe: describeAuthorities },
  { component: 'balancer', on: 'nodes with pods', describe: describeBalancer, when: hasBalancers },
  { component: 'endpoint', on: 'nodes with pods', describe: describeEndpoint, when: ({ endpoint }) => endpoint !== undefined },
  { component: 'etcd', on: 'etcd', describe: describeEtcd },
  { component: 'etcd-tools', on: 'control-plane without etcd', describe: describeEtcdTools },
  { component: 'kubectl', on: 'control-plane', describe: describeKubectl },
  { component: 'kube-apiserver', on: 'control-plane', describe: describeKubeApiserver },
  { component: 'kube-controller-manager', on: 'control-plane', describe: describeKubeControllerManager },
  { component: 'kube-scheduler', on: 'control-plane', describe: describeKubeScheduler },
  { component: 'runc', on: 'nodes with pods', describe: describeRunc },
  { component: 'cni-plugins', on: 'nodes with pods', describe: describeCniPlugins },
  { component: 'crictl', on: 'nodes with pods', describe: describeCrictl },
  { component: 'containerd', on: 'nodes with pods', describe: describeContainerd },
  { component: 'network', on: 'nodes with pods', describe: describeNetwork, when: (cluster) => cluster.network.plugin === 'routed' },
  { component: 'kubelet', on: 'nodes with pods', describe: describeKubelet },
  { component: 'kube-proxy', on: 'nodes with pods', describe: describeKubeProxy, when: (cluster) => cluster.network.proxyMode !== 'none' },
] as const satisfies readonly ComponentRow[];

/** The rows of the table that hold for a node. */
export function componentsOf(cluster: Cluster, node: Node): readonly ComponentRow[] {
  const runsPods = node.roles.some((role) => role !== 'etcd');
  const rows: readonly ComponentRow[] = componentTable;
  return rows.filter(({ on, when }) => {
    if (when?.(cluster) === false) return false;
    if (on === 'every node') return true;
    if (on === 'control-plane without etcd') return node.roles.includes('control-plane') && !node.roles.includes('etcd');
    return on === 'nodes with pods' ? runsPods : node.roles.includes(on);
  });
}
