import { joinSteps } from '../../../src/app/join-steps.ts';
import { removeNode } from '../../../src/app/remove-node.ts';
import { type ResetChoices, runReset } from '../../../src/app/run-reset.ts';
import { type RunChoices, type RunResult, runWorkflow } from '../../../src/app/run-workflow.ts';
import type { Cluster, Node, NodeName } from '../../../src/cluster/cluster.ts';
import { UnreachableError } from '../../../src/errors.ts';
import { initWorkflow, joinWorkflow } from '../../../src/workflows/init.ts';
import { type MemoryState, memoryState } from '../../app/support/memory-state.ts';
import { ModelCluster } from '../../app/support/model-cluster.ts';
import type { ModelMachine } from '../../app/support/model-machine.ts';
import { type ModelSession, type ModelSessionOptions, openModelSession } from '../../app/support/model-session.ts';
import { wanted } from '../../app/support/run-init.ts';

/** A cluster that some of its inventory's nodes were brought up to, and what an operator may do to it. */
export class Standing {
  readonly model: ModelCluster;
  readonly state: MemoryState = memoryState();
  /** The session of the last verb. */
  session: ModelSession | undefined;
  private readonly off = new Set<NodeName>();

  constructor(cluster: Cluster) {
    this.model = new ModelCluster(cluster);
  }

  static async of(cluster: Cluster, names: readonly NodeName[] = cluster.nodes.map(({ name }) => name)): Promise<Standing> {
    const standing = new Standing(cluster);
    const hosts = new Map([...standing.model.hosts].filter(([name]) => names.includes(name)));
    await standing.init({ cluster: only(cluster, names), hosts });
    standing.forget();
    return standing;
  }

  machine(name: NodeName): ModelMachine {
    const host = this.model.hosts.get(name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return host.machine;
  }

  /** Members of etcd as they are on its list, `name` or `name learner`. */
  members(): readonly string[] {
    return this.model.etcd.members.map(({ name, isLearner }) => (isLearner ? `${name} learner` : name)).sort();
  }

  /** Nothing of it runs any more, and nobody reaches it. */
  switchOff(name: NodeName): void {
    const { units } = this.machine(name);
    for (const [unit, seen] of units) units.set(unit, { ...seen, active: 'inactive', sub: 'dead' });
    const live = this.model.nodes.get(name);
    if (live !== undefined) this.model.nodes.set(name, { ...live, status: { conditions: [{ type: 'Ready', status: 'False' }] } });
    this.off.add(name);
  }

  /** What was done and started so far counts no more. */
  forget(): void {
    this.model.done.length = 0;
    for (const { machine } of this.model.hosts.values()) machine.starts.length = 0;
  }

  async init(more: ModelSessionOptions = {}, choices: Partial<RunChoices> = {}): Promise<RunResult> {
    return runWorkflow(await this.open('init', more), initWorkflow, { ...wanted, ...choices });
  }

  async join(nodes: readonly NodeName[] = [], more: ModelSessionOptions = {}): Promise<RunResult> {
    return runWorkflow(await this.open('join', more), joinWorkflow, { ...wanted, makeSteps: joinSteps(nodes) });
  }

  async remove(node: NodeName, isDead = false, more: ModelSessionOptions = {}): Promise<RunResult> {
    const drain = { timeoutSeconds: 60, force: false };
    return removeNode(await this.open('nodes remove', more), { node, isDead, drain }, wanted);
  }

  async reset(choices: Partial<ResetChoices> = {}, more: ModelSessionOptions = {}): Promise<{ readonly applied: boolean }> {
    const none = { nodes: [], keepEtcdData: false, dryRun: false, confirm: async () => undefined };
    return runReset(await this.open('reset', more), { ...none, ...choices });
  }

  private async open(verb: string, more: ModelSessionOptions): Promise<ModelSession> {
    const hosts = new Map([...this.model.hosts].filter(([name]) => !this.off.has(name)));
    const unreachable = [...this.off].map((node) => new UnreachableError('no route to host', { node }));
    this.session = await openModelSession(this.model, { state: this.state, verb, hosts, unreachable, ...more });
    return this.session;
  }
}

export const only = (cluster: Cluster, names: readonly NodeName[]): Cluster => ({
  ...cluster,
  nodes: cluster.nodes.filter(({ name }) => names.includes(name)),
});

/** The inventory with that node changed. */
export const withNode = (cluster: Cluster, name: NodeName, change: Partial<Node>): Cluster => ({
  ...cluster,
  nodes: cluster.nodes.map((node) => (node.name === name ? { ...node, ...change } : node)),
});
