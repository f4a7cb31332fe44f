import type { Cluster } from '../../src/cluster/cluster.ts';
import { everybody, runInitAgain, sweepVerb } from './support/sweep-verb.ts';

/** Other flags of what runs on every control plane, and of every kubelet. */
function changed(cluster: Cluster): Cluster {
  const nodes = cluster.nodes.map((node) => {
    const withFlag = (name: 'etcd' | 'kube-apiserver', flags: Record<string, string>) => {
      const component = node.components[name];
      return { ...component, extraArgs: { ...component.extraArgs, ...flags } };
    };
    const etcd = withFlag('etcd', { 'snapshot-count': '20000' });
    const apiserver = withFlag('kube-apiserver', { 'max-requests-inflight': '500' });
    const { kubelet } = node.components;
    const config = { ...kubelet.config, maxPods: 77 };
    return { ...node, components: { ...node.components, etcd, 'kube-apiserver': apiserver, kubelet: { ...kubelet, config } } };
  });
  return { ...cluster, nodes };
}

sweepVerb({ what: 'a bring-up of three control planes', before: [], run: runInitAgain });
sweepVerb({ what: 'a change that restarts every etcd, API server and kubelet', before: everybody, run: runInitAgain, inventory: changed });
