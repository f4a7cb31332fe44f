import type { Phase } from '../engine/phase.ts';
import { type ComponentPhase, runPhase } from './component-phases.ts';

/** The kubelet of a node, and in a cluster that exists its node Ready, before the next batch is taken down. A new cluster awaits all nodes at once. */
export function kubeletRun(phase: Omit<ComponentPhase, 'component' | 'on' | 'title'>): Phase {
  const kubelet = runPhase({ ...phase, component: 'kubelet', on: 'kubelet', title: 'Run kubelet' });
  return {
    ...kubelet,
    gate: (desired, node) => {
      const healthy = kubelet.gate?.(desired, node) ?? [];
      if (!desired.placement.etcdExists) return healthy;
      return [...healthy, { title: `${node.name} is Ready`, deadlineMs: 180_000, test: { kind: 'nodes-ready', nodes: [node.name] } }];
    },
  };
}
