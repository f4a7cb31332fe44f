import type { Condition } from '../engine/condition.ts';
import type { Dependency, Phase } from '../engine/phase.ts';
import { runPhase } from './component-phases.ts';

const deadlineMs = 120_000;

/** Its unit tells systemd when it listens; it then makes its first roles, for more than a second, before it is ready. */
const listens: Condition = { title: 'kube-apiserver listens', deadlineMs, test: { kind: 'unit-active', unit: 'kube-apiserver.service' } };

const awaitedUntilReady = (after: readonly Dependency[]): Phase =>
  runPhase({ component: 'kube-apiserver', on: 'control-plane', title: 'Run kube-apiserver', after, rollout: 'founding', deadlineMs });

/** Of a new cluster awaited only until it listens: kubelets need no roles to register, everybody else waits for kubectl. */
export function kubeApiserverRun(after: readonly Dependency[]): Phase {
  const phase = awaitedUntilReady(after);
  return { ...phase, gate: (desired, node) => (desired.placement.etcdExists ? (phase.gate?.(desired, node) ?? []) : [listens]) };
}

/** kubectl and its kubeconfig; of a new cluster awaited until the API server is ready. */
export function kubectlRun(after: readonly Dependency[]): Phase {
  const { gate } = awaitedUntilReady([]);
  return {
    ...runPhase({ component: 'kubectl', on: 'control-plane', title: 'Set up kubectl', after }),
    gate: (desired, node) => (desired.placement.etcdExists ? [] : (gate?.(desired, node) ?? [])),
  };
}
