import { desire } from '../../../src/app/desire.ts';
import { selectVersions } from '../../../src/artifacts/select-versions.ts';
import { type Cluster, type JsonObject, nodesWithRole, type Taint } from '../../../src/cluster/cluster.ts';
import type { Action } from '../../../src/engine/action.ts';
import type { BudgetSeen, PodSeen } from '../../../src/engine/kube-pods.ts';
import { referenceKey } from '../../../src/engine/observation.ts';
import type { Desired } from '../../../src/engine/phase.ts';
import type { Plan, Step } from '../../../src/engine/plan.ts';
import { ConnectionLostError } from '../../../src/errors.ts';
import { podsToEvict } from '../../../src/phases/drain-findings.ts';
import { place } from '../../../src/workflows/place.ts';
import { ModelEtcd } from './model-etcd.ts';
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

interface Contents {
  readonly nodes: ReadonlyMap<string, JsonObject>;
  readonly objects: ReadonlyMap<string, JsonObject>;
}

/** Machines of an inventory and the API that they serve together, in memory: what kcluster does to them shows in the next look. */
export class ModelCluster {
  readonly hosts: ReadonlyMap<string, ModelHost>;
  readonly desired: Desired;
  readonly etcd: ModelEtcd;
  readonly nodes = new Map<string, JsonObject>();
  readonly objects = new Map<string, JsonObject>();
  readonly pods = new Map<string, readonly PodSeen[]>();
  readonly budgets: BudgetSeen[] = [];
  /** ReplicaSets and StatefulSets of one replica. */
  readonly singles = new Set<string>();
  /** Every action that was done, `step: kind`. */
  readonly done: string[] = [];
  private snapshot: Contents = { nodes: new Map(), objects: new Map() };
  /** Of each etcd that ever served, when it was replaced. */
  private readonly contents = new Map<string, Contents>();
  /** What is being carried out: hosts find their steps here by id. */
  plan: Plan | undefined;
  /** After that many actions all connections are lost. */
  actionsLeft = Number.POSITIVE_INFINITY;
  /** After that many steps the command line is dead: what it had sent was done, and it learns nothing more. */
  stepsLeft = Number.POSITIVE_INFINITY;

  constructor(cluster: Cluster) {
    this.desired = desire(cluster, place(cluster, selectVersions(cluster), new Map()));
    this.etcd = new ModelEtcd(cluster.nodes, () => this.hosts);
    this.etcd.onServe = (before, now) => this.changeContents(before, now);
    this.hosts = new Map(cluster.nodes.map((node) => [node.name, new ModelHost(this, node)]));
  }

  /** What a backup of this moment brings back. */
  takeSnapshot(): void {
    this.snapshot = this.contentsNow();
  }

  private contentsNow(): Contents {
    return { nodes: new Map(this.nodes), objects: new Map(this.objects) };
  }

  /** The API shows what the etcd holds that serves; what is restored is what the snapshot had. */
  private changeContents(before: string, now: string): void {
    this.contents.set(before, this.contentsNow());
    const { nodes, objects } = this.contents.get(now) ?? this.snapshot;
    this.nodes.clear();
    this.objects.clear();
    for (const [name, node] of nodes) this.nodes.set(name, node);
    for (const [key, object] of objects) this.objects.set(key, object);
  }

  /** Another model in the same state, so that many faults can begin where one bring-up ended. */
  copy(): ModelCluster {
    const copied = new ModelCluster(this.desired.cluster);
    for (const [name, { machine }] of this.hosts) copied.hosts.get(name)?.machine.copyFrom(machine);
    for (const [name, object] of this.nodes) copied.nodes.set(name, object);
    for (const [key, object] of this.objects) copied.objects.set(key, object);
    for (const [name, pods] of this.pods) copied.pods.set(name, pods);
    copied.etcd.copyFrom(this.etcd);
    copied.snapshot = this.snapshot;
    for (const [id, contents] of this.contents) copied.contents.set(id, contents);
    return copied;
  }

  step(id: string): Step | undefined {
    return this.plan?.steps.find((step) => step.id === id);
  }

  countAction(step: Step, kind: string): void {
    if (this.actionsLeft <= 0) throw new ConnectionLostError('the connection broke', { node: step.node });
    this.actionsLeft--;
    this.done.push(`${step.id}: ${kind}`);
  }

  /** Whoever is asked anything after the last step answers a dead process. */
  refuseDead(node: string): void {
    if (this.stepsLeft <= 0) throw new ConnectionLostError('the command line was killed', { node });
  }

  hasApi(): boolean {
    const controlPlane = nodesWithRole(this.desired.cluster, 'control-plane');
    const isServed = this.desired.cluster.etcd.given !== undefined || this.etcd.hasQuorum();
    return isServed && controlPlane.some((node) => this.hosts.get(node.name)?.isActive('kube-apiserver.service'));
  }

  /** What a kubelet does when it starts. */
  register(name: string): void {
    if (!this.hasApi()) throw new Error(`${name} finds no API server to register with`);
    const known = this.nodes.get(name) ?? {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, uid: `uid-of-${name}`, labels: { 'kubernetes.io/hostname': name } },
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
    if (action.kind === 'kube-cordon') this.cordon(live, action);
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

  private cordon(live: JsonObject, { node, on, mark }: Extract<Action, { kind: 'kube-cordon' }>): void {
    const cordoned = merge(live, { spec: { unschedulable: on } });
    const { annotations = {}, ...metadata } = cordoned.metadata as JsonObject & { readonly annotations?: JsonObject };
    const others = Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== mark));
    const marked = on && mark !== undefined ? { ...others, [mark]: 'kcluster' } : others;
    this.nodes.set(node, { ...cordoned, metadata: { ...metadata, annotations: marked } });
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
