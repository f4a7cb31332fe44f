import type { NodeName } from '../cluster/cluster.ts';
import type { RestoreAim } from '../cluster/restore.ts';
import type { Phase, Workflow } from '../engine/phase.ts';
import { everyNode, installPhase, runPhase, sameNode } from '../phases/component-phases.ts';
import { etcdInstall, etcdTools } from '../phases/etcd-install.ts';
import { etcdRun } from '../phases/etcd-run.ts';
import { hostPrepare } from '../phases/host-prepare.ts';
import { hostUnits } from '../phases/host-units.ts';
import { kubeApiserverRun, kubectlRun } from '../phases/kube-apiserver-run.ts';
import { pkiAuthorities } from '../phases/pki-authorities.ts';
import { restorePhases, startInTurn } from '../phases/restore-phases.ts';

const installs: readonly Phase[] = [
  hostPrepare,
  hostUnits,
  pkiAuthorities,
  etcdInstall,
  etcdTools([]),
  installPhase('kube-apiserver', 'control-plane'),
  installPhase('kubectl', 'control-plane'),
  installPhase('kube-controller-manager', 'control-plane'),
  installPhase('kube-scheduler', 'control-plane'),
];

/**
 * etcd made anew from a snapshot on every host of it, and the control plane on top: on a cluster that runs, on one whose quorum is lost,
 * and on bare hosts. Everything that takes long is done before anything stops; kubelets and what runs in the cluster are left to `init`.
 */
export function restoreWorkflow(aim: RestoreAim, switched: ReadonlySet<NodeName>): Workflow {
  const ready = installs.map(({ id }) => everyNode(id));
  const { begin, check, end } = restorePhases({ aim, switched, ready });
  const founding = { on: 'control-plane', rollout: 'founding' } as const;
  return {
    name: 'etcd snapshot restore',
    restores: true,
    phases: [
      ...installs,
      ...begin,
      startInTurn(etcdRun([sameNode('host/units'), everyNode('restore/switch')])),
      check,
      kubeApiserverRun([everyNode('restore/check')]),
      kubectlRun([sameNode('kube-apiserver/run')]),
      runPhase({
        ...founding,
        component: 'kube-controller-manager',
        title: 'Run kube-controller-manager',
        after: [everyNode('kubectl/run')],
      }),
      runPhase({ ...founding, component: 'kube-scheduler', title: 'Run kube-scheduler', after: [everyNode('kubectl/run')] }),
      ...end,
    ],
  };
}
