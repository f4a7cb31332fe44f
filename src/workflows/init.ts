import type { Dependency, Phase, Workflow } from '../engine/phase.ts';
import { backupRun } from '../phases/backup-run.ts';
import { clusterObjects } from '../phases/cluster-objects.ts';
import { everyNode, installPhase, ownNode, runPhase, sameNode } from '../phases/component-phases.ts';
import { corednsApply } from '../phases/coredns-apply.ts';
import { endpointWait } from '../phases/endpoint-wait.ts';
import { etcdInstall, etcdTools } from '../phases/etcd-install.ts';
import { etcdPromote, etcdRun } from '../phases/etcd-run.ts';
import { etcdSettle } from '../phases/etcd-settle.ts';
import { hostFinish } from '../phases/host-finish.ts';
import { hostPrepare } from '../phases/host-prepare.ts';
import { hostUnits } from '../phases/host-units.ts';
import { imagesImport } from '../phases/images-import.ts';
import { kubeApiserverRun, kubectlRun } from '../phases/kube-apiserver-run.ts';
import { kubeletRun } from '../phases/kubelet-run.ts';
import { nodesDistrust } from '../phases/nodes-distrust.ts';
import { nodesRegister } from '../phases/nodes-register.ts';
import { nodesTrust } from '../phases/nodes-trust.ts';
import { pkiAuthorities } from '../phases/pki-authorities.ts';
import { balancerSettle, hostSettle } from '../phases/return-phases.ts';

const ready = (component: string) => [sameNode(`${component}/install`), sameNode('host/units'), sameNode('pki/authorities')];

/** Sending costs processor time on both sides, so what is wanted later leaves it to what starts now. */
const apiServerIsThere = [everyNode('kube-apiserver/install')];
const apiServerRuns = [sameNode('kube-apiserver/run')];
const kubeletIsThere = [...apiServerRuns, sameNode('kubelet/install')];
/** The longest way to a Ready node begins with etcd: what starts beside it takes its processor. */
const etcdRuns = [sameNode('etcd/run')];
const later = (phase: Phase, after: readonly Dependency[]): Phase => ({ ...phase, after: [...(phase.after ?? []), ...after] });

/** What carries pods, a node at a time through all of it, so that a batch is one batch for containerd, kubelet and kube-proxy. */
const onNode = { on: 'kubelet', rollout: 'batches', turn: 'node' } as const;

const phases: readonly Phase[] = [
  hostPrepare,
  hostUnits,
  pkiAuthorities,

  etcdInstall,
  etcdRun(ready('etcd')),
  etcdPromote,
  etcdSettle,

  runPhase({
    component: 'balancer',
    on: 'kubelet',
    title: 'Run local balancer',
    // A reload keeps connections, so it waits for nobody; a restart cuts those of its node.
    rollout: 'batches',
    after: [sameNode('host/units'), sameNode('host/prepare'), sameNode('pki/authorities'), ...etcdRuns],
  }),

  installPhase('kube-apiserver', 'control-plane'),
  kubeApiserverRun([...ready('kube-apiserver'), ownNode('etcd/run'), ownNode('etcd/promote')]),
  endpointWait,

  later(installPhase('kubectl', 'control-plane'), apiServerRuns),
  kubectlRun([...ready('kubectl'), sameNode('kube-apiserver/run')]),
  clusterObjects,
  nodesDistrust,

  later(installPhase('runc', 'kubelet'), apiServerIsThere),
  later(installPhase('cni-plugins', 'kubelet'), apiServerIsThere),
  runPhase({
    component: 'network',
    on: 'kubelet',
    title: 'Set up pod network',
    installs: true,
    after: [sameNode('host/units'), sameNode('cni-plugins/install'), ...etcdRuns],
  }),
  later(installPhase('containerd', 'kubelet'), apiServerIsThere),
  later(installPhase('kubelet', 'kubelet'), apiServerIsThere),
  later(installPhase('kube-proxy', 'kubelet'), kubeletIsThere),
  runPhase({
    ...onNode,
    component: 'containerd',
    title: 'Run containerd',
    after: [...ready('containerd'), sameNode('runc/install'), sameNode('cni-plugins/install'), ...etcdRuns],
  }),
  kubeletRun({
    ...onNode,
    after: [
      ...ready('kubelet'),
      sameNode('containerd/run'),
      sameNode('network/run'),
      sameNode('balancer/run'),
      sameNode('endpoint/wait'),
      everyNode('kube-apiserver/run'),
    ],
  }),
  runPhase({
    ...onNode,
    component: 'kube-proxy',
    title: 'Run kube-proxy',
    after: [...ready('kube-proxy'), sameNode('balancer/run'), sameNode('endpoint/wait'), everyNode('kubectl/run')],
  }),

  later(installPhase('kube-controller-manager', 'control-plane'), kubeletIsThere),
  runPhase({
    component: 'kube-controller-manager',
    on: 'control-plane',
    title: 'Run kube-controller-manager',
    after: [...ready('kube-controller-manager'), sameNode('kubectl/run')],
    rollout: 'founding',
  }),
  later(installPhase('kube-scheduler', 'control-plane'), kubeletIsThere),
  runPhase({
    component: 'kube-scheduler',
    on: 'control-plane',
    title: 'Run kube-scheduler',
    after: [...ready('kube-scheduler'), sameNode('kubectl/run')],
    rollout: 'founding',
  }),
  later(installPhase('crictl', 'kubelet'), kubeletIsThere),
  etcdTools(kubeletIsThere),
  backupRun([sameNode('host/units'), sameNode('pki/authorities'), sameNode('etcd/tools'), ...apiServerRuns]),
  imagesImport,

  nodesRegister,
  corednsApply,

  balancerSettle,
  nodesTrust,
  hostSettle,
];

/** From bare hosts to a cluster whose nodes are Ready and whose DNS serves; on a cluster: back to what the inventory says. */
export const initWorkflow: Workflow = { name: 'init', phases: [...phases, hostFinish(phases)], bringsReleases: true };

/** The same way in, for nodes that come later. */
export const joinWorkflow: Workflow = { ...initWorkflow, name: 'join' };
