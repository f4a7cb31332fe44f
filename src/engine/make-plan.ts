import type { Node, NodeName } from '../cluster/cluster.ts';
import { ConfigurationError } from '../errors.ts';
import type { Action } from './action.ts';
import { createForecast, type Forecast } from './forecast.ts';
import type { KindContext } from './kinds/kind.ts';
import { planResource, probesOf } from './kinds/kinds.ts';
import { mergeActions } from './merge-actions.ts';
import { emptyObservations, type Observations } from './observation.ts';
import type { Dependency, Desired, Phase, PhaseId, Workflow } from './phase.ts';
import type { Step, StepId } from './plan.ts';
import type { Probe } from './probe.ts';
import { orderTurn, type TurnMember } from './turn-order.ts';

/** What planning reads beyond the inventory. Everything that could differ between two runs is in here. */
export interface PlanInput {
  readonly workflow: Workflow;
  readonly desired: Desired;
  readonly observations: ReadonlyMap<NodeName, Observations>;
  context(node: NodeName): Omit<KindContext, 'node' | 'seen' | 'changed'>;
  /** How many nodes of a phase that rolls out in batches may be taken down at once; absent: one. */
  readonly batchWidth?: number;
}

/** All probes of a node over all phases that could touch it. */
export function probesOfNode(workflow: Workflow, desired: Desired, node: Node): readonly Probe[] {
  const mine = workflow.phases.filter((phase) => phase.targets(desired.cluster).some((target) => target.name === node.name));
  const health = desired.describe(node).flatMap((description) => description.health);
  return [
    ...mine.flatMap((phase) => phase.resources(desired, node).flatMap(probesOf)),
    ...health.map(({ url, caFile }): Probe => (caFile === undefined ? { kind: 'health', url } : { kind: 'health', url, caFile })),
  ];
}

/** The steps that bring every host from what was observed to what is desired; empty when nothing is to do. Pure. */
export function planSteps(input: PlanInput): readonly Step[] {
  const planner = new Planner(input);
  for (const turn of turnsOf(input.workflow.phases)) planner.addTurn(turn);
  return planner.steps;
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

/** A step before it is known what it waits for. */
interface Draft {
  readonly phase: Phase;
  readonly actions: readonly Action[];
  readonly gate: Step['gate'];
}

class Planner {
  readonly steps: Step[] = [];
  private readonly input: PlanInput;
  private readonly ids = new Set<StepId>();
  private readonly forecasts = new Map<NodeName, Forecast>();
  /** Nodes each phase was planned for, with or without a step. */
  private readonly planned = new Map<PhaseId, { readonly phase: Phase; readonly nodes: ReadonlySet<NodeName> }>();

  /** Answers of `stepsOf`: without them, phases that wait for every node of phases that wait for every node take for ever. */
  private readonly waited = new Map<StepId, readonly StepId[]>();

  private readonly positions: ReadonlyMap<PhaseId, number>;

  constructor(input: PlanInput) {
    this.input = input;
    this.positions = new Map(input.workflow.phases.map(({ id }, index) => [id, index]));
  }

  private positionOf(phase: PhaseId): number {
    return this.positions.get(phase) ?? -1;
  }

  /** Phases that a node goes through together, before the next node begins where they roll out one after the other. */
  addTurn(phases: readonly Phase[]): void {
    const [first] = phases;
    if (first === undefined) return;
    const chosen = new Map(phases.map((phase) => [phase, new Map(this.chooseNodes(phase).map((node) => [node.name, node]))]));
    for (const [phase, nodes] of chosen) this.planned.set(phase.id, { phase, nodes: new Set(nodes.keys()) });
    const names = [...new Set([...chosen.values()].flatMap((nodes) => [...nodes.keys()]))].sort();
    const drafts = new Map<NodeName, readonly Draft[]>();
    for (const name of names) {
      const mine = [...chosen].flatMap(([phase, nodes]) => {
        const node = nodes.get(name);
        return node === undefined ? [] : [this.draft(phase, node)].filter((draft) => draft !== undefined);
      });
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

  private observed(node: NodeName): Observations {
    return this.input.observations.get(node) ?? emptyObservations();
  }

  /** By name, so that the order of the inventory means nothing. A phase that any node can do goes to one whose API server answers; before there is one, to the first by name. */
  private chooseNodes(phase: Phase): readonly Node[] {
    const targets = phase.targets(this.input.desired.cluster).filter((node) => this.input.observations.has(node.name));
    const sorted = targets.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (phase.rollout !== 'one') return sorted;
    const healthy = sorted.find((node) => this.observed(node.name).kubeNodes !== undefined);
    const chosen = healthy ?? sorted[0];
    return chosen === undefined ? [] : [chosen];
  }

  private draft(phase: Phase, node: Node): Draft | undefined {
    const { desired } = this.input;
    const forecast = this.forecastOf(node.name);
    const actions: Action[] = [];
    for (const resource of phase.resources(desired, node)) {
      const context: KindContext = { ...this.input.context(node.name), node: node.name, seen: forecast.seen, changed: forecast.changed };
      const planned = planResource(resource, context);
      actions.push(...planned);
      for (const action of planned) forecast.add(action);
    }
    for (const action of phase.actions?.(desired, node, forecast.seen) ?? []) {
      actions.push(action);
      forecast.add(action);
    }
    if (actions.length === 0 && !this.awaitsHealth(phase, node)) return undefined;
    return { phase, actions, gate: phase.gate?.(desired, node) ?? [] };
  }

  /** Nothing to change, but what the phase runs does not answer: the step only waits. */
  private awaitsHealth(phase: Phase, node: Node): boolean {
    const seen = this.observed(node.name);
    const tests = (phase.gate?.(this.input.desired, node) ?? []).map((condition) => condition.test);
    return tests.some((test) => test.kind === 'http' && (seen.health.get(test.url)?.status ?? 200) !== 200);
  }

  private forecastOf(node: NodeName): Forecast {
    const known = this.forecasts.get(node) ?? createForecast(this.observed(node));
    this.forecasts.set(node, known);
    return known;
  }

  private dependencies(phase: Phase, node: NodeName, disrupts: boolean): readonly StepId[] {
    return (phase.after ?? []).flatMap(({ phase: id, on }) => {
      const dependency = this.planned.get(id);
      if (dependency === undefined || this.positionOf(id) >= this.positionOf(phase.id))
        throw new ConfigurationError(`phase ${phase.id} comes after ${id}, which is not before it in the workflow`);
      return awaitedNodes(on, dependency.nodes, node, disrupts).flatMap((name) => this.stepsOf(dependency.phase, name));
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
