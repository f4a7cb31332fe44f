import type { Node, NodeName } from '../cluster/cluster.ts';
import { ConfigurationError } from '../errors.ts';
import { createContentPool } from './content-pool.ts';
import { type Draft, type DraftInput, draftNode } from './draft-node.ts';
import { keptProbes } from './keep-before.ts';
import { probesOf } from './kinds/kinds.ts';
import { mergeActions } from './merge-actions.ts';
import type { Dependency, Desired, Phase, PhaseId, Workflow } from './phase.ts';
import type { Step, StepId } from './plan.ts';
import type { Probe } from './probe.ts';
import { orderTurn, type TurnMember } from './turn-order.ts';

/** What planning reads beyond the inventory. Everything that could differ between two runs is in here. */
export interface PlanInput extends DraftInput {
  readonly workflow: Workflow;
  /** How many nodes of a phase that rolls out in batches may be taken down at once; absent: one. */
  readonly batchWidth?: number;
}

/** All probes of a node over all phases that could touch it. */
export function probesOfNodes(workflow: Workflow, desired: Desired): (node: Node) => readonly Probe[] {
  const targets = workflow.phases.map((phase) => ({ phase, names: new Set(phase.targets(desired.cluster).map(({ name }) => name)) }));
  return (node) => {
    const mine = targets.filter(({ names }) => names.has(node.name));
    const health = desired.describe(node).flatMap((description) => description.health);
    return [
      ...mine.flatMap(({ phase }) => {
        const resources = phase.resources(desired, node);
        return [...resources.flatMap(probesOf), ...keptProbes(phase, desired, resources)];
      }),
      ...health.map(({ url, caFile }): Probe => (caFile === undefined ? { kind: 'health', url } : { kind: 'health', url, caFile })),
    ];
  };
}

/** The steps that bring every host from what was observed to what is desired; empty when nothing is to do. Pure. */
export function planSteps(input: PlanInput): readonly Step[] {
  const planner = new Planner(input, draftAll(input));
  for (const turn of turnsOf(input.workflow.phases)) planner.addTurn(turn);
  return planner.steps;
}

/** Who goes through each phase, and what it does there. */
interface Drafted {
  readonly nodes: ReadonlyMap<PhaseId, ReadonlySet<NodeName>>;
  readonly drafts: ReadonlyMap<NodeName, ReadonlyMap<PhaseId, Draft>>;
}

/** Node by node, so that what is desired and forecast of one can be forgotten before the next. */
function draftAll(input: PlanInput): Drafted {
  const nodes = new Map<PhaseId, ReadonlySet<NodeName>>();
  const paths = new Map<NodeName, { readonly node: Node; readonly phases: Phase[] }>();
  for (const phase of input.workflow.phases) {
    const chosen = chooseNodes(input, phase);
    nodes.set(phase.id, new Set(chosen.map(({ name }) => name)));
    for (const node of chosen) {
      const path = paths.get(node.name) ?? { node, phases: [] };
      path.phases.push(phase);
      paths.set(node.name, path);
    }
  }
  const share = createContentPool();
  const sorted = [...paths].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { nodes, drafts: new Map(sorted.map(([name, { node, phases }]) => [name, draftNode(input, node, phases, share)])) };
}

/** By name, so that the order of the inventory means nothing. A phase that any node can do goes to one whose API server answers; before there is one, to the first by name. */
function chooseNodes({ desired, observations }: PlanInput, phase: Phase): readonly Node[] {
  const targets = phase.targets(desired.cluster).filter((node) => observations.has(node.name));
  const sorted = targets.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (phase.rollout !== 'one') return sorted;
  const healthy = sorted.find((node) => observations.get(node.name)?.kubeNodes !== undefined);
  const chosen = healthy ?? sorted[0];
  return chosen === undefined ? [] : [chosen];
}

/** Neighbours that name the same turn, together; every other phase alone. */
function turnsOf(phases: readonly Phase[]): readonly (readonly Phase[])[] {
  const turns: Phase[][] = [];
  for (const phase of phases) {
    const before = turns.at(-1);
    if (before !== undefined && phase.turn !== undefined && before[0]?.turn === phase.turn) before.push(phase);
    else turns.push([phase]);
  }
  return turns;
}

class Planner {
  readonly steps: Step[] = [];
  private readonly input: PlanInput;
  private readonly drafted: Drafted;
  private readonly ids = new Set<StepId>();
  private readonly phases: ReadonlyMap<PhaseId, Phase>;
  private readonly positions: ReadonlyMap<PhaseId, number>;

  /** Answers of `stepsOf`: without them, phases that wait for every node of phases that wait for every node take for ever. */
  private readonly waited = new Map<StepId, readonly StepId[]>();

  constructor(input: PlanInput, drafted: Drafted) {
    this.input = input;
    this.drafted = drafted;
    this.phases = new Map(input.workflow.phases.map((phase) => [phase.id, phase]));
    this.positions = new Map(input.workflow.phases.map(({ id }, index) => [id, index]));
  }

  /** Phases that a node goes through together, before the next node begins where they roll out one after the other. */
  addTurn(phases: readonly Phase[]): void {
    const [first] = phases;
    if (first === undefined) return;
    const drafts = new Map<NodeName, readonly Draft[]>();
    for (const [name, byPhase] of this.drafted.drafts) {
      const mine = phases.flatMap(({ id }) => byPhase.get(id) ?? []);
      if (mine.length > 0) drafts.set(name, mine);
    }
    const members = [...drafts].map(([node, mine]): TurnMember => ({ node, actions: mine.flatMap(({ actions }) => actions) }));
    const isNew = !this.input.desired.placement.etcdExists;
    for (const { node, inLine, afterNodes } of orderTurn(members, first.rollout, { isNew, batchWidth: this.input.batchWidth ?? 1 })) {
      const rollout = afterNodes.flatMap((name) => (drafts.get(name) ?? []).map(({ phase }): StepId => `${phase.id}@${name}`));
      for (const draft of drafts.get(node) ?? []) this.addStep(node, draft, rollout, inLine ? (first.turn ?? first.id) : undefined);
    }
  }

  private addStep(node: NodeName, { phase, actions, gate }: Draft, rollout: readonly StepId[], line: string | undefined): void {
    const id: StepId = `${phase.id}@${node}`;
    const disrupts = line !== undefined;
    this.steps.push({
      id,
      phase: phase.id,
      node,
      title: phase.title,
      after: [...new Set([...this.dependencies(phase, node, disrupts), ...rollout])],
      ...(line === undefined ? {} : { line }),
      actions: mergeActions(actions),
      gate,
    });
    this.ids.add(id);
  }

  private positionOf(phase: PhaseId): number {
    return this.positions.get(phase) ?? -1;
  }

  private dependencies(phase: Phase, node: NodeName, disrupts: boolean): readonly StepId[] {
    return (phase.after ?? []).flatMap(({ phase: id, on }) => {
      const [dependency, nodes] = [this.phases.get(id), this.drafted.nodes.get(id)];
      if (dependency === undefined || nodes === undefined || this.positionOf(id) >= this.positionOf(phase.id))
        throw new ConfigurationError(`phase ${phase.id} comes after ${id}, which is not before it in the workflow`);
      return awaitedNodes(on, nodes, node, disrupts).flatMap((name) => this.stepsOf(dependency, name));
    });
  }

  /** The step of that phase on that node, or, where it has nothing to do, what it would have waited for. */
  private stepsOf(phase: Phase, node: NodeName): readonly StepId[] {
    const id: StepId = `${phase.id}@${node}`;
    if (this.ids.has(id)) return [id];
    const known = this.waited.get(id);
    if (known !== undefined) return known;
    const steps = [...new Set(this.dependencies(phase, node, false))];
    this.waited.set(id, steps);
    return steps;
  }
}

function awaitedNodes(on: Dependency['on'], nodes: ReadonlySet<NodeName>, node: NodeName, disrupts: boolean): readonly NodeName[] {
  const own = nodes.has(node) ? [node] : [];
  if (on === 'same') return own;
  return on === 'own' && own.length > 0 && !disrupts ? own : [...nodes];
}
