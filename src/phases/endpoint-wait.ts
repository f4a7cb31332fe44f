import { kubeletNodes } from '../cluster/cluster.ts';
import type { Phase } from '../engine/phase.ts';
import { everyNode, sameNode } from './component-phases.ts';

/** How long a balancer may take to notice that there are API servers: some ask every half minute, and want two good answers. */
const deadlineMs = 120_000;

/** On each node that uses it, before anything does: the endpoint leads to an API server of this cluster. */
export const endpointWait: Phase = {
  id: 'endpoint/wait',
  title: 'Wait for endpoint',
  after: [sameNode('host/prepare'), sameNode('pki/authorities'), everyNode('kube-apiserver/run')],
  rollout: 'parallel',
  targets: kubeletNodes,
  resources: () => [],
  gate: (desired, node) => {
    const { endpoint } = desired.cluster;
    const health = desired.describe(node).find(({ component }) => component === 'endpoint')?.health ?? [];
    if (endpoint === undefined) return [];
    const at = `${endpoint.host}:${endpoint.port}`;
    return health.map(({ url, caFile }) => ({
      title: `endpoint ${at} answers ${new URL(url).pathname}`,
      deadlineMs,
      test: { kind: 'http', url, ...(caFile === undefined ? {} : { caFile }) },
      remedy: `mend the load balancer or virtual address ${at}: it must pass TCP from this node on to port 6443 of the control planes, and ask them for /readyz; then run again: it goes on from here`,
    }));
  },
};
