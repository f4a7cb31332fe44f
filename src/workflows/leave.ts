import type { JsonObject, Node, NodeName } from '../cluster/cluster.ts';
import { liveNodes } from '../cluster/live-nodes.ts';
import type { Member } from '../cluster/quorum.ts';
import { etcdPeerURL } from '../components/etcd.ts';
import type { Observations } from '../engine/observation.ts';
import type { Finding, Step } from '../engine/plan.ts';

type Seen = ReadonlyMap<NodeName, Observations>;

/** The node that leaves: from the inventory where it is there, else by its name alone. */
export interface Leaver {
  readonly name: NodeName;
  readonly node?: Node;
  /** Its Node object, when the API knows one. */
  readonly object?: JsonObject;
  /** Its membership of etcd, when there is one. */
  readonly member?: Member;
}

/** Found by peer URL first: a member that never started has no name. */
export function leaverOf(name: NodeName, node: Node | undefined, observations: Seen, members: readonly Member[] | undefined): Leaver {
  const url = node === undefined ? undefined : etcdPeerURL(node);
  const member =
    members?.find(({ peerURLs }) => url !== undefined && peerURLs.includes(url)) ?? members?.find((candidate) => candidate.name === name);
  const object = liveNodes(observations)?.get(name);
  return {
    name,
    ...(node === undefined ? {} : { node }),
    ...(object === undefined ? {} : { object }),
    ...(member === undefined ? {} : { member }),
  };
}

function step(phase: string, node: NodeName, title: string, action: Step['actions'][number]): Step {
  return { id: `${phase}@${node}`, phase, node, title, after: [], actions: [action], gate: [] };
}

/** The lowest name of the others for which that holds. */
function witnessOf(observations: Seen, leaver: NodeName, knows: (seen: Observations) => boolean): NodeName | undefined {
  return [...observations]
    .filter(([name, seen]) => name !== leaver && knows(seen))
    .map(([name]) => name)
    .sort()[0];
}

/** The member goes out of etcd's list, asked of a host whose own member answers. */
export function memberLeaves({ name, member }: Leaver, observations: Seen, members: readonly Member[]): readonly Step[] {
  const witness = witnessOf(observations, name, ({ etcd }) => etcd !== undefined);
  if (member === undefined || witness === undefined) return [];
  const others = members.filter(({ id, health, isLearner }) => id !== member.id && health === 'healthy' && !isLearner);
  const endpoints = others.flatMap(({ clientURLs }) => clientURLs);
  const { id, peerURLs } = member;
  const action = { kind: 'etcd-remove-member', id, name: member.name, peerURL: peerURLs[0] ?? '', endpoints } as const;
  return [step('etcd/remove', witness, `Remove ${name} from etcd`, action)];
}

/** The Node object goes, and with it the node's right to be asked and to ask. */
export function objectLeaves({ name, object }: Leaver, observations: Seen): readonly Step[] {
  const witness = witnessOf(observations, name, ({ kubeNodes }) => kubeNodes !== undefined);
  const { uid } = (object?.metadata ?? {}) as { readonly uid?: string };
  if (uid === undefined || witness === undefined) return [];
  return [step('nodes/delete', witness, `Delete node ${name}`, { kind: 'kube-delete-node', node: name, uid })];
}

function isReady(object: JsonObject | undefined): boolean {
  const { conditions } = (object?.status ?? {}) as { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

/** What the cluster still hears from a node that is said to be dead; nothing when it agrees. */
export function signsOfLife({ object, member }: Leaver): readonly string[] {
  return [
    ...(isReady(object) ? ['its kubelet reports, the node is Ready'] : []),
    ...(member !== undefined && ['healthy', 'lagging', 'corrupt'].includes(member.health) ? ['its member of etcd answers'] : []),
  ];
}

/** What the machine still could do with what it knows, once it is no longer part of the cluster. */
export function identitiesThatStay({ name, node }: Leaver, isDead: boolean): readonly Finding[] {
  const kubelet: Finding = {
    id: 'KubeletIdentity',
    node: name,
    severity: 'warning',
    message: `the certificates of system:node:${name} are no longer wanted, but hold until they expire`,
    remedy: isDead ? 'wipe the disk of the machine before anybody starts it again' : 'nothing to do: the reset removes them from the host',
  };
  if (!isDead || node?.roles.includes('control-plane') !== true) return [kubelet];
  const authority: Finding = {
    id: 'AuthorityOnLostHost',
    node: name,
    severity: 'warning',
    message: 'its disk holds the keys of the authorities, of service accounts and of encryption at rest',
    remedy: 'wipe the disk; if it is in other hands, these keys are too',
  };
  return [kubelet, authority];
}
