import { type Cluster, type NodeName, nodesWithRole, type Role } from '../cluster/cluster.ts';
import type { UpgradeStage } from '../cluster/upgrade-report.ts';
import type { Observations } from '../engine/observation.ts';
import type { Step } from '../engine/plan.ts';
import type { Probe } from '../engine/probe.ts';

const units = ['etcd', 'kube-apiserver', 'kubelet', 'containerd'] as const;

/** How long each unit took to start last time: the best guess of how long it takes next time. */
export const startProbes: readonly Probe[] = units.map((unit) => ({ kind: 'start-time', unit: `${unit}.service` }));

/** Bytes that a host takes each second; slow disks and distant hosts take fewer. */
const bytesPerSecond = 50 * 1024 ** 2;
/** An API server tells balancers that it ends, and serves on until they know. */
const apiServerGoodbyeSeconds = 6;
/** A member of etcd answers what it was asked, then its unit closes the connections of watches. */
const memberGoodbyeSeconds = 2;
/** Where nobody remembers how long a start took. */
const unknownStartSeconds = 5;
/** Pods of a node that leave, in their usual time to end. */
const drainSeconds = 15;
const nodeReadySeconds = 5;

const restarts = (steps: readonly Step[], phase: string): readonly Step[] =>
  steps.filter((step) => step.phase.startsWith(phase) && step.actions.some((action) => action.kind === 'unit' && action.op === 'restart'));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** An image whose archive was staged is not sent again. */
function sentBytes({ actions }: Step): number {
  return sum(actions.map((action) => ('sizeBytes' in action && !('isStaged' in action) ? action.sizeBytes : 0)));
}

function staging(steps: readonly Step[]): readonly UpgradeStage[] {
  const total = sum(steps.map(sentBytes));
  return total === 0 ? [] : [{ what: 'send artifacts to all hosts', away: 'nothing', seconds: Math.ceil(total / bytesPerSecond) }];
}

function drained(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(steps.flatMap(({ actions }) => actions.flatMap((action) => (action.kind === 'kube-drain' ? [action.node] : []))));
}

/** What is away when, and for about how long; nodes of a batch are counted one after the other. Pure. */
export function forecastStages(
  cluster: Cluster,
  steps: readonly Step[],
  observations: ReadonlyMap<NodeName, Observations>,
): readonly UpgradeStage[] {
  const start = (unit: (typeof units)[number], node: NodeName): number => {
    const ms = observations.get(node)?.startsMs.get(`${unit}.service`);
    return ms === undefined ? unknownStartSeconds : Math.max(1, Math.ceil(ms / 1000));
  };
  const stage = (what: string, away: string, each: readonly number[]): readonly UpgradeStage[] =>
    each.length === 0 ? [] : [{ what: `${what} (${each.length})`, away, seconds: sum(each) }];
  const isAlone = (role: Role): boolean => nodesWithRole(cluster, role).length === 1;
  const longest = (each: readonly number[]): string => `${Math.max(0, ...each)} s`;
  const leaving = drained(steps);
  const members = restarts(steps, 'etcd/run').map(({ node }) => start('etcd', node) + memberGoodbyeSeconds);
  const servers = restarts(steps, 'kube-apiserver/run').map(({ node }) => start('kube-apiserver', node) + apiServerGoodbyeSeconds);
  const controllers = [...restarts(steps, 'kube-controller-manager/run'), ...restarts(steps, 'kube-scheduler/run')].map(() => 2);
  const [runtimes, kubelets] = [restarts(steps, 'containerd/run'), restarts(steps, 'kubelet/run')];
  const onNodes = [...runtimes, ...kubelets, ...restarts(steps, 'kube-proxy/run')].map(({ node }) => node);
  const nodes = [...new Set(onNodes)].map((node) => {
    const isOn = (step: Step): boolean => step.node === node;
    const starts = (runtimes.some(isOn) ? start('containerd', node) : 0) + (kubelets.some(isOn) ? start('kubelet', node) : 0);
    return starts + nodeReadySeconds + (leaving.has(node) ? drainSeconds : 0);
  });
  return [
    ...staging(steps),
    ...stage(
      'members of etcd, one after the other',
      `${isAlone('etcd') ? 'etcd, and the API with it' : 'one member at a time'}, ${longest(members)}`,
      members,
    ),
    ...stage(
      'API servers, one after the other',
      `${isAlone('control-plane') ? 'the API' : 'one API server at a time'}, ${longest(servers)}`,
      servers,
    ),
    ...stage(
      'controller managers and schedulers',
      isAlone('control-plane') ? 'each for some seconds' : 'one of each at a time; another one leads',
      controllers,
    ),
    ...stage(
      'nodes',
      leaving.size === 0 ? 'kubelets for some seconds; pods go on' : 'the nodes of a batch; their pods run elsewhere',
      nodes,
    ),
  ];
}
