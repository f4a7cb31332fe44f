import type { NodeName } from '../cluster/cluster.ts';
import { listNames } from '../cluster/list-names.ts';
import type { KubePodsSeen, PodSeen } from '../engine/kube-pods.ts';
import type { KubeUpgradeSeen, PodInUse } from '../engine/kube-upgrade.ts';
import { drainFindings } from '../phases/drain-findings.ts';
import { kubeUpgradeOf } from './api-checks.ts';
import { isOtherMinor, kubeletChanges } from './running-parts.ts';
import type { Found, UpgradeCheck } from './upgrade-check.ts';
import type { UpgradeInput } from './upgrade-input.ts';

/** Nodes whose kubelet changes its minor: only these are drained. */
export function drainedNodes(input: UpgradeInput): readonly NodeName[] {
  return [...kubeletChanges(input)].filter(([, change]) => isOtherMinor(change)).map(([name]) => name);
}

const everywhere = 'every node that is drained';

/** Findings of a drain of all these nodes, as of one: what is on ten nodes is said once. */
function findingsOf(input: UpgradeInput, seen: KubeUpgradeSeen | undefined, id: string): readonly string[] {
  const drained = new Set(drainedNodes(input));
  const pods: readonly PodSeen[] = (seen?.pods ?? []).filter(
    ({ node, controller }: PodInUse) => drained.has(node) && controller?.kind !== 'DaemonSet',
  );
  const all: KubePodsSeen = { pods: new Map([[everywhere, pods]]), budgets: seen?.budgets ?? [], singles: new Set() };
  return drainFindings(everywhere, all, false)
    .filter((finding) => finding.id === id)
    .map(({ message }) => message);
}

interface Obstacle {
  readonly id: 'DrainBudget' | 'DrainBudgets' | 'DrainBarePods';
  readonly title: string;
  readonly remedy: string;
}

const obstacle = ({ id, title, remedy }: Obstacle): UpgradeCheck => ({
  id,
  title,
  severity: 'error',
  judge: (input) => findingsOf(input, kubeUpgradeOf(input), id).map((message): Found => ({ message, remedy })),
});

const singleReplicaCheck: UpgradeCheck = {
  id: 'DrainSingleReplica',
  title: 'no workload has one replica only',
  severity: 'warning',
  judge: (input) => {
    const alone = (kubeUpgradeOf(input)?.workloads ?? []).filter(({ kind, wanted }) => kind !== 'DaemonSet' && wanted === 1);
    if (alone.length === 0 || drainedNodes(input).length === 0) return [];
    const names = listNames(alone.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`));
    const message = `workloads of one replica are away while their node is drained, until it runs elsewhere: ${names}`;
    return [{ message, remedy: 'give them a second replica first if they must answer' }];
  },
};

const localDataCheck: UpgradeCheck = {
  id: 'DrainEmptyDir',
  title: 'no pod keeps data that end with it',
  severity: 'warning',
  judge: (input) => {
    const local = [...(kubeUpgradeOf(input)?.local ?? [])].filter(([, count]) => count > 0);
    if (local.length === 0 || drainedNodes(input).length === 0) return [];
    const names = listNames(local.map(([namespace, count]) => `${namespace} (${count})`));
    return [
      {
        message: `data in emptyDir volumes is lost with the pods that are evicted; such pods in ${names}`,
        remedy: 'save it first if it matters',
      },
    ];
  },
};

/** What taking pods off their nodes means; nothing of it where no kubelet changes its minor. */
export const drainChecks: readonly UpgradeCheck[] = [
  obstacle({
    id: 'DrainBudget',
    title: 'every budget lets a pod go',
    remedy:
      'give the workloads more replicas, mend those that are not ready, or loosen the budgets: else the drain waits until its timeout',
  }),
  obstacle({ id: 'DrainBudgets', title: 'no pod is under two budgets', remedy: 'let one budget select each of them' }),
  obstacle({
    id: 'DrainBarePods',
    title: 'every pod is made again elsewhere',
    remedy: 'delete them, or let a workload make them: a drain does not begin on their nodes',
  }),
  singleReplicaCheck,
  localDataCheck,
];
