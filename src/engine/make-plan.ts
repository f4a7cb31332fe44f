import type { Node, NodeName } from '../cluster/cluster.ts';
import { ConfigurationError } from '../errors.ts';
import type { Action } from './action.ts';
import { createForecast, type Forecast } from './forecast.ts';
import type { KindContext } from './kinds/kind.ts';
import { planResource, probesOf } from './kinds/kinds.ts';
import { mergeActions } from './merge-actions.ts';
import { emptyObservations, type Observations } from './observation.ts';
import type { Desired, Phase, PhaseId, Workflow } from './phase.ts';
import type { Step, StepId } from './plan.ts';
import type { Probe } from './probe.ts';

/** What planning reads beyond the inventory. Everything that could differ between two runs is in here. */
export interface PlanInput {
  readonly workflow: Workflow;
  readonly desired: Desired;
  readonly observations: ReadonlyMap<NodeName, Observations>;
  context(node: NodeName): Omit<KindContext, 'node' | 'seen' | 'changed'>;
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
  for (const phase of input.workflow.phases) planner.addPhase(phase);
  return planner.steps;
}

class Planner {
  readonly steps: Step[] = [];
  private readonly input: PlanInput;
  private readonly forecasts = new Map<NodeName, Forecast>();
  /** Nodes each phase was planned for, with or without a step. */
  private readonly planned = new Map<PhaseId, { readonly phase: Phase; readonly nodes: readonly NodeName[] }>();

  /** Answers of `stepsOf`: without them, phases that wait for every node of phases that wait for every node take for ever. */
  private readonly waited = new Map<StepId, readonly StepId[]>();

  constructor(input: PlanInput) {
    this.input = input;
  }

  addPhase(phase: Phase): void {
    const nodes = this.chooseNodes(phase);
    const added: StepId[] = [];
    for (const node of nodes) {
      const step = this.planStep(phase, node, this.rolloutDependencies(phase, added));
      if (step === undefined) continue;
      this.steps.push(step);
      added.push(step.id);
    }
    this.planned.set(phase.id, { phase, nodes: nodes.map((node) => node.name) });
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

  private planStep(phase: Phase, node: Node, rollout: readonly StepId[]): Step | undefined {
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
    const gate = phase.gate?.(desired, node) ?? [];
    if (actions.length === 0 && !this.awaitsHealth(phase, node)) return undefined;
    return {
      id: `${phase.id}@${node.name}`,
      phase: phase.id,
      node: node.name,
      title: phase.title,
      after: [...new Set([...this.dependencies(phase, node.name), ...rollout])],
      actions: mergeActions(actions),
      gate,
    };
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

  /** How many nodes of a phase may be under way at once; undefined: all. */
  private rolloutWidth({ rollout }: Phase): number | undefined {
    if (typeof rollout === 'object') return rollout.maxUnavailable;
    const isSerial = rollout === 'serial' || (rollout === 'founding' && this.input.desired.placement.etcdExists);
    return isSerial ? 1 : undefined;
  }

  private rolloutDependencies(phase: Phase, added: readonly StepId[]): readonly StepId[] {
    const width = this.rolloutWidth(phase);
    const before = width === undefined ? undefined : added.at(-width);
    return before === undefined ? [] : [before];
  }

  private dependencies(phase: Phase, node: NodeName): readonly StepId[] {
    return (phase.after ?? []).flatMap(({ phase: id, on }) => {
      const dependency = this.planned.get(id);
      if (dependency === undefined)
        throw new ConfigurationError(`phase ${phase.id} comes after ${id}, which is not before it in the workflow`);
      const nodes = on === 'every' ? dependency.nodes : dependency.nodes.filter((name) => name === node);
      return nodes.flatMap((name) => this.stepsOf(dependency.phase, name));
    });
  }

  /** The step of that phase on that node, or, where it has nothing to do, what it would have waited for. */
  private stepsOf(phase: Phase, node: NodeName): readonly StepId[] {
    const id: StepId = `${phase.id}@${node}`;
    const known = this.waited.get(id);
    if (known !== undefined) return known;
    const steps = this.steps.some((step) => step.id === id) ? [id] : [...new Set(this.dependencies(phase, node))];
    this.waited.set(id, steps);
    return steps;
  }
}
