import { kubeletNodes, type NodeName } from '../cluster/cluster.ts';
import { listNames } from '../cluster/list-names.ts';
import { isCordoned, liveNodes } from '../cluster/live-nodes.ts';
import type { EtcdMemberSeen, EtcdSeen } from '../engine/etcd-seen.ts';
import { kubeUpgradeOf } from './api-checks.ts';
import type { Found, UpgradeCheck } from './upgrade-check.ts';
import type { UpgradeInput } from './upgrade-input.ts';

interface LiveNode {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[] };
}

const podUnits = ['containerd.service', 'kubelet.service', 'kube-proxy.service'];

interface Excuse {
  /** Ends a message. */
  readonly because: string;
  readonly remedy: string;
}

/** Why something that is not well stops no upgrade: it is known, or the upgrade itself was cut off there, and sees to it first. */
function excuseOf({ desired, unfinished }: UpgradeInput, node: NodeName | undefined, units: readonly string[]): Excuse | undefined {
  if (node === undefined) return undefined;
  if (desired.cluster.nodes.find(({ name }) => name === node)?.state === 'down') {
    return { because: `the inventory says that ${node} is down`, remedy: 'it keeps its release until it is back' };
  }
  const begun = units.filter((unit) => unfinished.get(node)?.has(unit));
  if (begun.length === 0) return undefined;
  return {
    because: `a run was cut off there once it had started ${listNames(begun)} anew`,
    remedy: 'it is awaited first; where it does not get well, it gets back what it had',
  };
}

const nodeReadyCheck: UpgradeCheck = {
  id: 'NodeNotReady',
  title: 'all nodes are Ready',
  severity: 'error',
  judge: (input) => {
    const live = liveNodes(input.observations);
    if (live === undefined) return [];
    return kubeletNodes(input.desired.cluster).flatMap(({ name }): readonly Found[] => {
      const node = live.get(name) as LiveNode | undefined;
      const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready?.status === 'True') return [];
      const message = node === undefined ? 'is no node of the cluster' : 'is not Ready';
      const excuse = excuseOf(input, name, podUnits);
      if (excuse !== undefined)
        return [{ node: name, severity: 'warning', message: `${name} ${message}; ${excuse.because}`, remedy: excuse.remedy }];
      const remedy = 'bring it back first: kcluster init; or declare it down with state: down';
      return [{ node: name, message: `${name} ${message}`, remedy }];
    });
  },
};

const cordonedCheck: UpgradeCheck = {
  id: 'NodeCordoned',
  title: 'pods may move to every node',
  severity: 'warning',
  judge: ({ desired, observations }) => {
    const live = liveNodes(observations);
    const cordoned = kubeletNodes(desired.cluster).filter(({ name }) => isCordoned(live?.get(name)));
    if (cordoned.length === 0) return [];
    const names = listNames(cordoned.map(({ name }) => name));
    const remedy = 'give them back with kcluster nodes uncordon, if nobody wants them so';
    return [{ message: `nodes that take no pods, so that drained ones have less room to go to: ${names}`, remedy }];
  },
};

/** Whoever sees more of a member is right: one host may be cut off from it. */
function worstOf(views: readonly EtcdSeen[], { id, name, isLearner }: EtcdMemberSeen): string | undefined {
  if (name === '') return 'was added and never started';
  const statuses = views.flatMap(({ statuses }) => statuses.get(id) ?? []);
  if (statuses.length === 0) return 'does not answer';
  if (statuses.every(({ healthy }) => !healthy)) return 'is not healthy';
  return isLearner ? 'is a learner' : undefined;
}

/** Steps that would break the quorum are refused anyhow; this is about the members that a quorum does without. */
const etcdMemberCheck: UpgradeCheck = {
  id: 'EtcdMember',
  title: 'all members of etcd are healthy voters',
  severity: 'error',
  judge: (input) => {
    const { desired, observations } = input;
    if (desired.cluster.etcd.given !== undefined) return [];
    const views = [...observations.values()].flatMap(({ etcd }) => etcd ?? []);
    const members = new Map(views.flatMap((view) => view.members).map((member) => [member.id, member]));
    return [...members.values()].flatMap((member): readonly Found[] => {
      const wrong = worstOf(views, member);
      if (wrong === undefined) return [];
      const message = `member ${member.name || member.id} of etcd ${wrong}: every member must be well before one is taken down`;
      const node = desired.cluster.nodes.find(({ name }) => name === member.name);
      const at = node === undefined ? {} : { node: node.name };
      const excuse = excuseOf(input, node?.name, ['etcd.service']);
      if (excuse !== undefined) return [{ ...at, severity: 'warning', message: `${message}; ${excuse.because}`, remedy: excuse.remedy }];
      return [{ ...at, message, remedy: 'see kcluster etcd status; kcluster init brings members back' }];
    });
  },
};

const coreDNS = 'coredns';

const systemCheck: UpgradeCheck = {
  id: 'SystemWorkload',
  title: 'everything in kube-system is ready',
  severity: 'warning',
  judge: (input) =>
    (kubeUpgradeOf(input)?.workloads ?? [])
      .filter(({ namespace, ready, wanted }) => namespace === 'kube-system' && ready < wanted)
      .map(({ kind, namespace, name, ready, wanted }): Found => {
        const message = `${ready} of ${wanted} pods of ${kind}/${namespace}/${name} are ready`;
        const isAway = name === coreDNS && ready === 0;
        return {
          ...(isAway ? { severity: 'error' } : {}),
          message,
          remedy: `kubectl -n ${namespace} get pods shows which are not, and why`,
        };
      }),
};

export const healthChecks: readonly UpgradeCheck[] = [nodeReadyCheck, cordonedCheck, etcdMemberCheck, systemCheck];
