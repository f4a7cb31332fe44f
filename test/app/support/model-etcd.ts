import type { Node, NodeName } from '../../../src/cluster/cluster.ts';
import { quorumOf } from '../../../src/cluster/quorum.ts';
import { etcdPeerURL, initialClusterPath } from '../../../src/components/etcd.ts';
import { urlOf } from '../../../src/components/url.ts';
import type { Action } from '../../../src/engine/action.ts';
import type { EtcdSeen } from '../../../src/engine/etcd-seen.ts';
import type { ModelHost } from './model-host.ts';
import { ModelRooms } from './model-rooms.ts';

const dataDirectory = '/var/lib/etcd/member';

interface ModelMember {
  readonly id: string;
  readonly peerURL: string;
  /** Empty until it has started once. */
  name: string;
  isLearner: boolean;
}

type ActionOf<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** etcd over the machines of a model: one list of members, data on each host, and no without a quorum, as the real one. */
export class ModelEtcd {
  readonly rooms = new ModelRooms();
  /** Of the cluster that serves, or did last. */
  get members(): ModelMember[] {
    return this.lists.get(this.serving) ?? [];
  }
  /** By the restore that made them; '' is the first. */
  private readonly lists = new Map<string, ModelMember[]>([['', []]]);
  /** The cluster that has a quorum, or had it last. */
  serving = '';
  /** Another cluster has a quorum now. */
  onServe: (before: string, now: string) => void = () => undefined;
  /** What ever went against a law of the house; empty after every run. */
  readonly broken: string[] = [];
  /** The whole cluster is taken away: losing the quorum is what is wanted. */
  mayEnd = false;
  /** Member ids by the host that holds their data. */
  readonly data = new Map<NodeName, string>();
  private readonly nodes: readonly Node[];
  private readonly hosts: () => ReadonlyMap<NodeName, ModelHost>;
  private founders = '';
  private hadQuorum = false;
  private ids = 0xe7cd00;

  /** @param nodes all that may ever hold a member */
  constructor(nodes: readonly Node[], hosts: () => ReadonlyMap<NodeName, ModelHost>) {
    this.nodes = nodes;
    this.hosts = hosts;
  }

  /** Takes over what another model's holds. */
  copyFrom(other: ModelEtcd): void {
    for (const [id, members] of other.lists)
      this.lists.set(
        id,
        members.map((member) => ({ ...member })),
      );
    this.serving = other.serving;
    for (const [name, id] of other.data) this.data.set(name, id);
    this.founders = other.founders;
    this.mayEnd = other.mayEnd;
    this.hadQuorum = other.hadQuorum;
    this.ids = other.ids;
  }

  /** Running voters are many enough to commit. */
  hasQuorum(members: readonly ModelMember[] = this.members): boolean {
    const voters = members.filter(({ isLearner }) => !isLearner);
    return voters.length > 0 && voters.filter((member) => this.runs(member)).length >= quorumOf(voters.length);
  }

  isReady(name: NodeName): boolean {
    const own = this.memberOn(name);
    return own !== undefined && !own.isLearner && this.runs(own) && this.hasQuorum(this.listOf(own));
  }

  isRunning(name: NodeName): boolean {
    const own = this.memberOn(name);
    return own !== undefined && this.runs(own);
  }

  /** What etcd does at its start, before systemd counts it as started. Throws where it would exit. */
  start(name: NodeName): void {
    const host = this.hosts().get(name);
    const peerURL = this.peerURLOf(name);
    if (host?.machine.files.has(dataDirectory) === true) {
      if (this.memberOn(name) === undefined) throw new Error(`${name}: the member has been permanently removed from the cluster`);
      return;
    }
    const list = this.settingOf(host, 'ETCD_INITIAL_CLUSTER');
    if (list === '') throw new Error(`${name}: no data, and this member was part of a cluster`);
    const urls = list.split(',').map((pair) => pair.slice(pair.indexOf('=') + 1));
    if (this.settingOf(host, 'ETCD_INITIAL_CLUSTER_STATE') === 'new') this.found(list);
    else if (
      urls.toSorted().join() !==
      this.members
        .map((member) => member.peerURL)
        .toSorted()
        .join()
    )
      throw new Error(`${name}: member count is unequal: ${list}`);
    const own = this.members.find((member) => member.peerURL === peerURL);
    if (own === undefined) throw new Error(`${name}: couldn't find local peer URL ${peerURL} in the initial cluster configuration`);
    if ([...this.data.values()].includes(own.id)) this.broken.push(`${name} started a second time as ${own.id}`);
    own.name = name;
    this.data.set(name, own.id);
    host?.machine.files.set(dataDirectory, { type: 'directory', mode: 0o700, sizeBytes: 0, owner: 'etcd', group: 'etcd' });
  }

  /** What is asked of etcd through one of these endpoints. Throws where it refuses. */
  operate(on: NodeName, action: ActionOf<Extract<Action['kind'], `etcd-${string}`>>): void {
    if (action.kind !== 'etcd-add-member' && action.kind !== 'etcd-promote' && action.kind !== 'etcd-remove-member') {
      this.rooms.care(on, action, this.memberOn(on)?.id === this.leader());
      return;
    }
    const asked = this.members.filter((member) => this.runs(member) && action.endpoints.includes(this.clientURLOf(member)));
    if (asked.length === 0 || !this.hasQuorum()) throw new Error(`${on}: etcdserver: no leader`);
    if (action.kind === 'etcd-add-member') this.add(on, action.peerURL);
    else if (action.kind === 'etcd-promote') this.promote(action.peerURL);
    else this.remove(action.id);
  }

  /** After everything that is done to a host. */
  judge(when: string): void {
    const alive = [...this.lists].filter(([, members]) => this.hasQuorum(members)).map(([id]) => id);
    if (alive.length > 1) this.broken.push(`${when}: two clusters serve`);
    const [id = this.serving] = alive;
    if (id !== this.serving) {
      const before = this.serving;
      this.serving = id;
      this.onServe(before, id);
    }
    const now = this.hasQuorum();
    if (this.hadQuorum && !now && !this.mayEnd) this.broken.push(`${when}: the quorum is lost`);
    this.hadQuorum ||= now;
    if (this.members.filter(({ isLearner }) => isLearner).length > 1) this.broken.push(`${when}: more than one learner`);
  }

  /** Data of a new cluster lies on a host, and is in use there from the switch on. */
  restore(on: NodeName, action: ActionOf<'restore-stage' | 'restore-switch'>): void {
    if (action.kind === 'restore-switch') {
      const own = this.lists.get(action.id)?.find(({ name }) => name === on);
      if (own === undefined || this.data.get(on) === own.id) return;
      const serving = [...this.hosts().values()].filter((host) => host.isActive('kube-apiserver.service') || host.isActive('etcd.service'));
      if (serving.length > 0) this.broken.push(`${on}: its data is replaced while ${serving.map(({ node }) => node).join(', ')} serves`);
      this.data.set(on, own.id);
      return;
    }
    const { id, members } = action.aim;
    if (this.lists.has(id)) return;
    const made = Object.entries(members).map(([name, peerURL]) => ({ id: this.newId(), name, peerURL, isLearner: false }));
    this.lists.set(id, made);
  }

  /** What the member on this host says of all members. */
  seenBy(name: NodeName): EtcdSeen | undefined {
    const own = this.memberOn(name);
    if (own === undefined || !this.runs(own)) return undefined;
    const members = this.listOf(own);
    const running = members.filter((member) => this.runs(member));
    const leader = this.leader(members);
    const errors = this.rooms.alarms.map((kind) => `memberID:${BigInt(`0x${own.id}`)} alarm:${kind} `);
    const status = { leader, revision: 5, raftIndex: 9, raftAppliedIndex: 9, raftTerm: 2, errors, healthy: true };
    return {
      clusterId: `c${[...this.lists.values()].indexOf(members) + 1}`,
      memberId: own.id,
      members: members.map((member) => ({
        id: member.id,
        name: member.name,
        peerURLs: [member.peerURL],
        clientURLs: member.name === '' ? [] : [this.clientURLOf(member)],
        isLearner: member.isLearner,
      })),
      alarms: [],
      statuses: new Map(
        running.map(({ id, isLearner, name: of }) => [
          id,
          { ...status, version: this.releaseOn(of), ...this.rooms.statusOf(of), isLearner },
        ]),
      ),
    };
  }

  /** By the link that its unit calls. */
  private releaseOn(name: NodeName): string {
    return this.hosts().get(name)?.machine.files.get('/opt/kcluster/bin/etcd')?.target?.split('/').at(-2) ?? '';
  }

  private leader(members = this.members): string | undefined {
    const votes = members.filter((member) => !member.isLearner && this.runs(member));
    return this.hasQuorum(members) ? (votes.find(({ id }) => id === this.rooms.leader) ?? votes[0])?.id : undefined;
  }

  private found(list: string): void {
    if (this.founders !== '' && this.founders !== list) this.broken.push(`a second cluster was founded: ${list}`);
    if (this.founders !== '') return;
    this.founders = list;
    const named = list.split(',').map((pair) => pair.split('=') as [string, string]);
    for (const [name, peerURL] of named) this.members.push({ id: this.newId(), name, peerURL, isLearner: false });
  }

  private add(on: NodeName, peerURL: string): void {
    const known = this.members.find((member) => member.peerURL === peerURL);
    if (known !== undefined) {
      if (known.name !== '' && !this.data.has(on)) throw new Error(`${on}: a member with ${peerURL} has run before`);
      return;
    }
    if (this.members.some(({ isLearner }) => isLearner)) throw new Error(`${on}: etcdserver: too many learner members in cluster`);
    this.members.push({ id: this.newId(), name: '', peerURL, isLearner: true });
  }

  private promote(peerURL: string): void {
    const member = this.members.find((candidate) => candidate.peerURL === peerURL);
    if (member === undefined) throw new Error(`no member has the peer URL ${peerURL}`);
    if (!this.runs(member)) throw new Error('etcdserver: can only promote a learner member which is in sync with leader');
    member.isLearner = false;
  }

  /** A member that is removed while it runs ends by itself; its data stays. */
  private remove(id: string): void {
    const index = this.members.findIndex((member) => member.id === id);
    if (index === -1) return;
    this.members.splice(index, 1);
    if (!this.hasQuorum()) this.broken.push(`the removal of ${id} took the quorum`);
  }

  private newId(): string {
    return (this.ids++).toString(16);
  }

  private runs({ id }: ModelMember): boolean {
    const name = [...this.data].find(([, held]) => held === id)?.[0] ?? '';
    return this.memberOn(name)?.id === id && this.hosts().get(name)?.isActive('etcd.service') === true;
  }

  /** The member whose data this host holds, as long as it is on the list. */
  private memberOn(name: NodeName): ModelMember | undefined {
    if (this.hosts().get(name)?.machine.files.has(dataDirectory) !== true) this.data.delete(name);
    return [...this.lists.values()].flat().find(({ id }) => id === this.data.get(name));
  }

  private listOf(own: ModelMember): ModelMember[] {
    return [...this.lists.values()].find((members) => members.includes(own)) ?? [];
  }

  private settingOf(host: ModelHost | undefined, key: string): string {
    return new RegExp(`^${key}=(.*)$`, 'm').exec(host?.machine.texts.get(initialClusterPath) ?? '')?.[1] ?? '';
  }

  private peerURLOf(name: NodeName): string {
    const node = this.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return etcdPeerURL(node);
  }

  private clientURLOf({ peerURL }: ModelMember): string {
    const node = this.nodes.find((candidate) => etcdPeerURL(candidate) === peerURL);
    return node === undefined ? peerURL : urlOf('https', node.internalAddress, 2379);
  }
}
