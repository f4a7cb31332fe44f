import type { Workflow } from '../engine/phase.ts';
import { clusterObjects } from '../phases/cluster-objects.ts';
import { everyNode, installPhase, runPhase, sameNode } from '../phases/component-phases.ts';
import { corednsApply } from '../phases/coredns-apply.ts';
import { etcdSettle } from '../phases/etcd-settle.ts';
import { hostPrepare } from '../phases/host-prepare.ts';
import { hostUnits } from '../phases/host-units.ts';
import { imagesImport } from '../phases/images-import.ts';
import { nodesRegister } from '../phases/nodes-register.ts';
import { pkiAuthorities } from '../phases/pki-authorities.ts';

const ready = (component: string) => [sameNode(`${component}/install`), sameNode('host/units'), sameNode('pki/authorities')];

/** From bare hosts to a cluster whose nodes are Ready and whose DNS serves; on a cluster: back to what the inventory says. */
export const initWorkflow: Workflow = {
  name: 'init',
  phases: [
    hostPrepare,
    hostUnits,
    pkiAuthorities,

    installPhase('etcd', 'etcd'),
    runPhase({ component: 'etcd', on: 'etcd', title: 'Run etcd', after: ready('etcd'), rollout: 'founding' }),
    etcdSettle,

    installPhase('kube-apiserver', 'control-plane'),
    installPhase('kubectl', 'control-plane'),
    runPhase({
      component: 'kube-apiserver',
      on: 'control-plane',
      title: 'Run kube-apiserver',
      after: [...ready('kube-apiserver'), everyNode('etcd/run')],
      rollout: 'founding',
      deadlineMs: 120_000,
    }),
    runPhase({ component: 'kubectl', on: 'control-plane', title: 'Set up kubectl', after: [...ready('kubectl')] }),
    clusterObjects,

    installPhase('kube-controller-manager', 'control-plane'),
    runPhase({
      component: 'kube-controller-manager',
      on: 'control-plane',
      title: 'Run kube-controller-manager',
      after: [...ready('kube-controller-manager'), sameNode('kube-apiserver/run')],
    }),
    installPhase('kube-scheduler', 'control-plane'),
    runPhase({
      component: 'kube-scheduler',
      on: 'control-plane',
      title: 'Run kube-scheduler',
      after: [...ready('kube-scheduler'), sameNode('kube-apiserver/run')],
    }),

    installPhase('runc', 'kubelet'),
    installPhase('cni-plugins', 'kubelet'),
    installPhase('crictl', 'kubelet'),
    installPhase('containerd', 'kubelet'),
    runPhase({
      component: 'containerd',
      on: 'kubelet',
      title: 'Run containerd',
      after: [...ready('containerd'), sameNode('runc/install'), sameNode('cni-plugins/install')],
    }),
    imagesImport,
    runPhase({
      component: 'network',
      on: 'kubelet',
      title: 'Set up pod network',
      after: [sameNode('host/units'), sameNode('cni-plugins/install')],
    }),

    installPhase('kubelet', 'kubelet'),
    runPhase({
      component: 'kubelet',
      on: 'kubelet',
      title: 'Run kubelet',
      after: [...ready('kubelet'), sameNode('containerd/run'), sameNode('network/run'), everyNode('kube-apiserver/run')],
    }),
    installPhase('kube-proxy', 'kubelet'),
    runPhase({
      component: 'kube-proxy',
      on: 'kubelet',
      title: 'Run kube-proxy',
      after: [...ready('kube-proxy'), everyNode('kube-apiserver/run')],
    }),

    nodesRegister,
    corednsApply,
  ],
};
