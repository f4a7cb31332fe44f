import { type Cluster, kubeletNodes, type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import type { Member } from '../cluster/quorum.ts';
import type { Dependency, Phase, PhaseId, Workflow } from '../engine/phase.ts';
import { artifactsStage } from '../phases/artifacts-stage.ts';
import { backupRun } from '../phases/backup-run.ts';
import { clusterObjects } from '../phases/cluster-objects.ts';
import { everyNode, installPhase, runPhase, sameNode } from '../phases/component-phases.ts';
import { corednsApply } from '../phases/coredns-apply.ts';
import { etcdTools } from '../phases/etcd-install.ts';
import { etcdRun } from '../phases/etcd-run.ts';
import { hostFinish } from '../phases/host-finish.ts';
import { hostOwn } from '../phases/host-own.ts';
import { hostPrepare } from '../phases/host-prepare.ts';
import { imagesImport } from '../phases/images-import.ts';
import { kubeApiserverRun, kubectlRun } from '../phases/kube-apiserver-run.ts';
import { kubeletRun } from '../phases/kubelet-run.ts';
import type { DrainOptions } from '../phases/node-drain.ts';
import { nodesDistrust } from '../phases/nodes-distrust.ts';
import { nodesRegister } from '../phases/nodes-register.ts';
import { nodesTrust } from '../phases/nodes-trust.ts';
import { pkiAuthorities } from '../phases/pki-authorities.ts';
import { releasesPrune } from '../phases/releases-prune.ts';
import { balancerSettle, hostSettle } from '../phases/return-phases.ts';
import {
  allOf,
  etcdYield,
  ofNode,
  unitsWithoutRelease,
  upgradeCordon,
  upgradeDrain,
  upgradeOf,
  upgradeUncordon,
} from '../phases/upgrade-phases.ts';

/** A node in its turn. */
export interface NodeTurn {
  readonly node: NodeName;
  /** Its pods leave first. */
  readonly drains: boolean;
}

/** Who is taken after whom; from what the hosts said. */
export interface UpgradeOrder {
  /** Nodes with a member of etcd, the leader last. */
  readonly members: readonly NodeName[];
  /** Control planes as their API servers follow each other. */
  readonly servers: readonly NodeName[];
  /** Leads while the last one is taken down; absent: there is no other, or none is known. */
  readonly successor?: Member;
  /** Nodes that carry pods, those of a batch side by side. */
  readonly batches: readonly (readonly NodeTurn[])[];
  readonly drain: DrainOptions;
}

const staged = [everyNode('artifacts/stage'), everyNode('images/import')];
const prepared = [sameNode('host/prepare'), sameNode('host/units'), sameNode('pki/authorities'), ...staged];

const etcd = upgradeOf(etcdRun([]), 'etcd');
const containerd = upgradeOf(
  runPhase({ component: 'containerd', on: 'kubelet', title: 'Run containerd', after: [] }),
  'runc',
  'cni-plugins',
  'containerd',
);
const kubelet = upgradeOf(kubeletRun({ after: [] }), 'kubelet');
const proxy = upgradeOf(runPhase({ component: 'kube-proxy', on: 'kubelet', title: 'Run kube-proxy', after: [] }), 'kube-proxy');

/** Everything big is on the hosts, and nothing that runs has noticed. */
const before: readonly Phase[] = [
  hostOwn,
  artifactsStage,
  { ...imagesImport, after: [sameNode('artifacts/stage')] },
  { ...hostPrepare, after: [sameNode('artifacts/stage')] },
  unitsWithoutRelease([sameNode('host/prepare')]),
  pkiAuthorities,
];

/** One member after the other, each of them caught up before the next one is taken down. */
function members({ members: nodes, successor }: UpgradeOrder, after: readonly Dependency[]): readonly Phase[] {
  const phases: Phase[] = [];
  let turn = after;
  for (const [index, node] of nodes.entries()) {
    const restarts = ofNode(etcd, node, [...prepared, ...turn]);
    const yields = index === nodes.length - 1 && successor !== undefined;
    if (yields) phases.push(etcdYield(node, successor, restarts.id, [...staged, ...turn]));
    const phase = yields ? ofNode(etcd, node, [...prepared, everyNode('etcd/yield')]) : restarts;
    phases.push(phase);
    turn = [everyNode(phase.id)];
  }
  return [
    ...phases,
    allOf(
      etcd,
      phases.map(({ id }) => id),
    ),
  ];
}

const balancer = (after: readonly Dependency[]): Phase =>
  runPhase({ component: 'balancer', on: 'kubelet', title: 'Run local balancer', rollout: 'batches', after: [...prepared, ...after] });

/** One after the other; then what belongs into the API. */
const apiServers = ({ servers: inOrder }: UpgradeOrder, after: readonly Dependency[]): readonly Phase[] => [
  {
    ...upgradeOf(kubeApiserverRun([...prepared, everyNode('balancer/run'), ...after]), 'kube-apiserver'),
    rollout: { inOrder },
  },
  { ...installPhase('kubectl', 'control-plane'), after: [everyNode('kube-apiserver/run')] },
  kubectlRun([sameNode('kubectl/install'), everyNode('kube-apiserver/run')]),
  clusterObjects,
  nodesDistrust,
];

/** What must not be newer than any API server. */
const controllers = (after: readonly Dependency[]): readonly Phase[] =>
  (['kube-controller-manager', 'kube-scheduler'] as const).map((component): Phase => {
    const phase = runPhase({ component, on: 'control-plane', title: `Run ${component}`, after: [...prepared, ...after] });
    return { ...upgradeOf(phase, component), rollout: 'serial' };
  });

/** A node through all that carries pods: its pods leave, everything is swapped, it is Ready, and takes pods again. */
function turnOf({ node, drains }: NodeTurn, drain: DrainOptions, after: readonly Dependency[]): readonly Phase[] {
  const leaves: readonly Phase[] = drains
    ? [upgradeCordon(node, after), upgradeDrain(node, drain, [everyNode(`nodes/cordon-${node}`)])]
    : [];
  const ready = drains ? [everyNode(`nodes/drain-${node}`)] : after;
  return [
    ...leaves,
    ofNode(containerd, node, [...prepared, ...ready]),
    ofNode(kubelet, node, [...prepared, ...ready, everyNode(`containerd/run-${node}`)]),
    ofNode(proxy, node, [...prepared, ...ready, everyNode(`containerd/run-${node}`)]),
    upgradeUncordon(node, drains ? drain : undefined, [...ready, everyNode(`kubelet/run-${node}`), everyNode(`kube-proxy/run-${node}`)]),
  ];
}

function nodes({ batches, drain }: UpgradeOrder, first: readonly Dependency[]): readonly Phase[] {
  let after = first;
  const phases = batches.flatMap((batch) => {
    const turns = batch.flatMap((turn) => turnOf(turn, drain, after));
    after = batch.map(({ node }) => everyNode(`nodes/uncordon-${node}`));
    return turns;
  });
  const parts = (id: PhaseId): readonly PhaseId[] => phases.map((phase) => phase.id).filter((part) => part.startsWith(`${id}-`));
  const last = batches.at(-1)?.map(({ node }): PhaseId => `nodes/uncordon-${node}`) ?? [];
  return [...phases, ...[containerd, kubelet, proxy].map((phase) => allOf(phase, [...parts(phase.id), ...last]))];
}

/** What follows once every node is new. */
const afterwards: readonly Phase[] = [
  runPhase({
    component: 'network',
    on: 'kubelet',
    title: 'Set up pod network',
    installs: true,
    after: [sameNode('host/units'), everyNode('kubelet/run')],
  }),
  { ...installPhase('crictl', 'kubelet'), after: [everyNode('kubelet/run')] },
  etcdTools([everyNode('etcd/run')]),
  backupRun([sameNode('host/units'), sameNode('pki/authorities'), sameNode('etcd/tools'), everyNode('kubelet/run')]),
  nodesRegister,
  corednsApply,
  balancerSettle,
  nodesTrust,
  hostSettle,
];

const everywhere = (...ids: readonly PhaseId[]): readonly Dependency[] => ids.map(everyNode);

function whole(phases: readonly Phase[]): Workflow {
  return { name: 'upgrade', phases: [...phases, hostFinish(phases)] };
}

/**
 * A cluster to other releases of its components, one hop of at most one minor: everything big is sent first, then etcd, the control
 * plane, the nodes and what runs in the cluster follow each other, and nothing goes on past a gate that does not open.
 */
export function upgradeWorkflow(order: UpgradeOrder): Workflow {
  const phases = [
    ...before,
    ...members(order, []),
    balancer(everywhere('etcd/run')),
    ...apiServers(order, everywhere('etcd/run')),
    ...controllers(everywhere('kubectl/run')),
    ...nodes(order, everywhere('balancer/run', 'kube-controller-manager/run', 'kube-scheduler/run')),
    ...afterwards,
  ];
  return whole([...phases, releasesPrune(phases.map(({ id }) => everyNode(id)))]);
}

/** The same backwards: what must not be newer than the API servers goes back before they do. */
export function rollbackWorkflow(order: UpgradeOrder): Workflow {
  return whole([
    ...before,
    balancer([]),
    ...nodes({ ...order, batches: order.batches.toReversed() }, everywhere('balancer/run')),
    ...controllers(everywhere('kubelet/run', 'kube-proxy/run')),
    ...apiServers(order, everywhere('kube-controller-manager/run', 'kube-scheduler/run')),
    ...members(order, everywhere('kube-apiserver/run')),
    ...afterwards,
  ]);
}

/** Everything that an upgrade may touch, for the look at the hosts; who goes when is known only afterwards. */
export function upgradeLook(cluster: Cluster): Workflow {
  const batches = kubeletNodes(cluster).map(({ name: node }) => [{ node, drains: false }]);
  const members = nodesWithRole(cluster, 'etcd').map(({ name }) => name);
  return upgradeWorkflow({ members, servers: [], batches, drain: { timeoutSeconds: 0, force: false } });
}

/** Nodes that an upgrade has cordoned take pods again, whatever has become of it. */
export function releaseWorkflow(names: readonly NodeName[]): Workflow {
  const phases = names.map((node): Phase => {
    const { gate: _, ...phase } = upgradeUncordon(node, undefined, []);
    return phase;
  });
  return { name: 'nodes uncordon', phases };
}
