import { desire } from '../../../src/app/desire.ts';
import { selectVersions } from '../../../src/artifacts/select-versions.ts';
import { type Cluster, type JsonObject, nodesWithRole, type Taint } from '../../../src/cluster/cluster.ts';
import { etcdPeerURL } from '../../../src/components/etcd.ts';
import { urlOf } from '../../../src/components/url.ts';
import type { Action } from '../../../src/engine/action.ts';
import type { EtcdSeen } from '../../../src/engine/etcd-seen.ts';
import type { BudgetSeen, PodSeen } from '../../../src/engine/kube-pods.ts';
import { referenceKey } from '../../../src/engine/observation.ts';
import type { Desired } from '../../../src/engine/phase.ts';
import type { Plan, Step } from '../../../src/engine/plan.ts';
import { ConnectionLostError } from '../../../src/errors.ts';
import { podsToEvict } from '../../../src/phases/drain-findings.ts';
import { place } from '../../../src/workflows/place.ts';
import { ModelHost } from './model-host.ts';

function merge(live: JsonObject, added: JsonObject): JsonObject {
  const merged: Record<string, JsonObject[string]> = { ...live };
  for (const [key, value] of Object.entries(added)) {
    const before = merged[key];
    const both = [before, value].every((side) => typeof side === 'object' && side !== null && !Array.isArray(side));
    merged[key] = both ? merge(before as JsonObject, value as JsonObject) : value;
  }
  return merged;
}

/** Machines of an inventory and the API that they serve together, in memory: what kcluster does to them shows in the next look. */
export class ModelCluster {
  readonly hosts: ReadonlyMap<string, ModelHost>;
  readonly desired: Desired;
  readonly nodes = new Map<string, JsonObject>();
  readonly objects = new Map<string, JsonObject>();
  readonly pods = new Map<string, readonly PodSeen[]>();
  readonly budgets: BudgetSeen[] = [];
  /** ReplicaSets and StatefulSets of one replica. */
  readonly singles = new Set<string>();
  /** Every action that was done, `step: kind`. */
  readonly done: string[] = [];
  /** What is being carried out: hosts find their steps here by id. */
  plan: Plan | undefined;
  /** After that many actions all connections are lost. */
  actionsLeft = Number.POSITIVE_INFINITY;

  constructor(cluster: Cluster) {
    this.desired = desire(cluster, place(cluster, selectVersions(cluster), new Map()));
    this.hosts = new Map(cluster.nodes.map((node) => [node.name, new ModelHost(this, node)]));
  }

  step(id: string): Step | undefined {
    return this.plan?.steps.find((step) => step.id === id);
  }

  countAction(step: Step, kind: string): void {
    if (this.actionsLeft <= 0) throw new ConnectionLostError('the connection broke', { node: step.node });
    this.actionsLeft--;
    this.done.push(`${step.id}: ${kind}`);
  }

  hasApi(): boolean {
    const controlPlane = nodesWithRole(this.desired.cluster, 'control-plane');
    return controlPlane.some((node) => this.hosts.get(node.name)?.isActive('kube-apiserver.service'));
  }

  hasEtcd(): boolean {
    return nodesWithRole(this.desired.cluster, 'etcd').every((node) => this.hosts.get(node.name)?.isActive('etcd.service'));
  }

  /** What the member on this host says of all members, by their data directories and units; ids in the order of the inventory. */
  etcdSeenBy(name: string): EtcdSeen | undefined {
    const hosts = nodesWithRole(this.desired.cluster, 'etcd').flatMap((node, index) => {
      const host = this.hosts.get(node.name);
      const isMember = host?.machine.files.has('/var/lib/etcd/member') === true;
      return host === undefined || !isMember ? [] : [{ host, node, id: (0xe7cd00 + index).toString(16) }];
    });
    const running = hosts.filter(({ host }) => host.isActive('etcd.service'));
    const own = running.find(({ node }) => node.name === name);
    if (own === undefined) return undefined;
    const status = { version: '3.7.3', leader: running[0]?.id, raftIndex: 9, raftAppliedIndex: 9, isLearner: false, dbSizeBytes: 4096 };
    return {
      clusterId: 'c1',
      memberId: own.id,
      members: hosts.map(({ id, node }) => ({
        id,
        name: node.name,
        peerURLs: [etcdPeerURL(node)],
        clientURLs: [urlOf('https', node.internalAddress, 2379)],
        isLearner: false,
      })),
      alarms: [],
      statuses: new Map(running.map(({ id }) => [id, { ...status, errors: [], healthy: true }])),
    };
  }

  /** What a kubelet does when it starts. */
  register(name: string): void {
    if (!this.hasApi()) throw new Error(`${name} finds no API server to register with`);
    const known = this.nodes.get(name) ?? {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      spec: { taints: this.taintsOf(name) },
    };
    this.nodes.set(name, merge(known, { status: { conditions: [{ type: 'Ready', status: 'True' }] } }));
  }

  /** What the kubelet's configuration of this inventory names. */
  private taintsOf(name: string): readonly JsonObject[] {
    const taints = this.desired.cluster.nodes.find((node) => node.name === name)?.taints ?? [];
    return taints.map((taint) => ({ ...taint }));
  }

  /** What is done to a Node object through the API. */
  operate(action: Extract<Action, { kind: 'kube-cordon' | 'kube-drain' | 'kube-delete-node' | 'kube-taints' }>): void {
    const live = this.nodes.get(action.node);
    if (live === undefined) throw new Error(`no Node ${action.node}`);
    if (action.kind === 'kube-cordon') this.nodes.set(action.node, merge(live, { spec: { unschedulable: action.on } }));
    else if (action.kind === 'kube-delete-node') this.nodes.delete(action.node);
    else if (action.kind === 'kube-taints') this.taint(live, action);
    else {
      const evicted = podsToEvict(this.pods.get(action.node) ?? []).filter(({ namespace }) =>
        this.budgets.every((budget) => budget.namespace !== namespace || budget.disruptionsAllowed > 0),
      );
      this.pods.set(
        action.node,
        (this.pods.get(action.node) ?? []).filter((pod) => !evicted.includes(pod)),
      );
    }
  }

  private taint(live: JsonObject, { node, set, remove }: Extract<Action, { kind: 'kube-taints' }>): void {
    const { taints = [] } = live.spec as { readonly taints?: readonly (Taint & JsonObject)[] };
    const gone = [...set, ...remove];
    const kept = taints.filter((taint) => !gone.some(({ key, effect }) => key === taint.key && effect === taint.effect));
    this.nodes.set(node, merge(live, { spec: { taints: [...kept, ...set.map((taint) => ({ ...taint }))] } }));
  }

  apply(object: JsonObject): void {
    const { name, namespace } = object.metadata as { readonly name: string; readonly namespace?: string };
    if (object.kind === 'Node') {
      const known = this.nodes.get(name);
      if (known === undefined) throw new Error(`Node ${name} has not registered`);
      this.nodes.set(name, merge(known, object));
      return;
    }
    const key = referenceKey(String(object.kind), namespace, name);
    this.objects.set(key, merge(this.objects.get(key) ?? { metadata: { uid: key } }, object));
  }
}
