import type { NodeName } from '../cluster/cluster.ts';
import { matchesSelector } from '../cluster/label-selector.ts';
import { listNames } from '../cluster/list-names.ts';
import type { BudgetSeen, KubePodsSeen, PodSeen } from '../engine/kube-pods.ts';
import type { Finding } from '../engine/plan.ts';

const isFinished = ({ phase }: PodSeen): boolean => phase === 'Succeeded' || phase === 'Failed';
const isOfDaemonSet = ({ controller }: PodSeen): boolean => controller?.kind === 'DaemonSet';

/** Pods that a drain takes off the node. */
export function podsToEvict(pods: readonly PodSeen[]): readonly PodSeen[] {
  return pods.filter((pod) => !pod.isMirror && !isOfDaemonSet(pod));
}

const namesOf = (pods: readonly PodSeen[]): string => listNames(pods.map(({ namespace, name }) => `${namespace}/${name}`));
const workloadOf = ({ namespace, controller }: PodSeen): string => `${controller?.kind}/${namespace}/${controller?.name}`;
const budgetsOver = (pod: PodSeen, budgets: readonly BudgetSeen[]): readonly BudgetSeen[] =>
  budgets.filter(({ namespace, selector }) => namespace === pod.namespace && matchesSelector(selector, pod.labels));

function findBudgets(living: readonly PodSeen[], budgets: readonly BudgetSeen[]): readonly Omit<Finding, 'node'>[] {
  const tight = budgets.flatMap((budget) => {
    const pods = living.filter((pod) => budget.disruptionsAllowed === 0 && budgetsOver(pod, [budget]).length > 0);
    return pods.length === 0 ? [] : [`${budget.namespace}/${budget.name} (${namesOf(pods)})`];
  });
  const contested = living.filter((pod) => budgetsOver(pod, budgets).length > 1);
  return [
    ...(tight.length === 0
      ? []
      : [
          {
            id: 'DrainBudget',
            severity: 'warning' as const,
            message: `PodDisruptionBudgets that allow no disruption now: ${tight.join(', ')}`,
            remedy: 'the drain waits for them until its timeout; give the workloads more replicas, or loosen the budgets',
          },
        ]),
    ...(contested.length === 0
      ? []
      : [
          {
            id: 'DrainBudgets',
            severity: 'warning' as const,
            message: `pods under more than one PodDisruptionBudget, which the API refuses to evict: ${namesOf(contested)}`,
            remedy: 'let one budget select each of them',
          },
        ]),
  ];
}

type Rule = (pods: readonly PodSeen[], seen: KubePodsSeen, force: boolean) => readonly Omit<Finding, 'node'>[];

const rules: readonly Rule[] = [
  (pods, _seen, force) => {
    const bare = pods.filter((pod) => pod.controller === undefined && !pod.isMirror && !isFinished(pod));
    if (bare.length === 0) return [];
    const message = `pods without a controller, which nobody makes again: ${namesOf(bare)}`;
    return force
      ? [{ id: 'DrainBarePods', severity: 'warning', message: `${message}; they are lost`, remedy: 'save what is in them first' }]
      : [{ id: 'DrainBarePods', severity: 'error', message, remedy: 'delete them, or let --force delete them' }];
  },
  (pods) => {
    const holders = podsToEvict(pods).filter((pod) => pod.hasEmptyDir && !isFinished(pod));
    if (holders.length === 0) return [];
    const message = `data in emptyDir volumes is lost: ${namesOf(holders)}`;
    return [{ id: 'DrainEmptyDir', severity: 'warning', message, remedy: 'save it first if it matters' }];
  },
  (pods, { singles }) => {
    const alone = podsToEvict(pods).filter((pod) => !isFinished(pod) && singles.has(workloadOf(pod)));
    if (alone.length === 0) return [];
    const message = `workloads of one replica are away until it runs elsewhere: ${listNames(alone.map(workloadOf))}`;
    return [{ id: 'DrainSingleReplica', severity: 'warning', message, remedy: 'give them a second replica first if they must answer' }];
  },
  (pods) => {
    const daemons = pods.filter(isOfDaemonSet);
    if (daemons.length === 0) return [];
    return [
      {
        id: 'DrainDaemonSet',
        severity: 'warning',
        message: `pods of DaemonSets stay: ${namesOf(daemons)}`,
        remedy: 'nothing to do: they end with the node',
      },
    ];
  },
  (pods, { budgets }) =>
    findBudgets(
      podsToEvict(pods).filter((pod) => !isFinished(pod)),
      budgets,
    ),
];

/** What a drain of the node will mean for what runs on it; an error means that it must not begin. */
export function drainFindings(node: NodeName, seen: KubePodsSeen, force: boolean): readonly Finding[] {
  const pods = seen.pods.get(node) ?? [];
  return rules.flatMap((rule) => rule(pods, seen, force)).map((finding) => ({ ...finding, node }));
}
