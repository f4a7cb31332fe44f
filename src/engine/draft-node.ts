import type { Node, NodeName } from '../cluster/cluster.ts';
import type { Action } from './action.ts';
import { createForecast, type Forecast } from './forecast.ts';
import { keepName, keepOn } from './keep-before.ts';
import type { KindContext } from './kinds/kind.ts';
import { planResource } from './kinds/kinds.ts';
import { emptyObservations, type Observations } from './observation.ts';
import type { Desired, Phase, PhaseId } from './phase.ts';
import type { Step } from './plan.ts';
import type { Resource } from './resource.ts';

/** What a node's steps are made from. */
export interface DraftInput {
  readonly desired: Desired;
  readonly observations: ReadonlyMap<NodeName, Observations>;
  context(node: NodeName): Omit<KindContext, 'node' | 'seen' | 'changed'>;
}

/** A step before it is known what it waits for. */
export interface Draft {
  readonly phase: Phase;
  readonly actions: readonly Action[];
  readonly gate: Step['gate'];
}

/**
 * What each phase does on a node, without those that have nothing to do there. Pure.
 *
 * @param phases in the order of the workflow: later ones build on what earlier ones will have done
 * @param share one value for what is the same on many nodes
 */
export function draftNode(
  input: DraftInput,
  node: Node,
  phases: readonly Phase[],
  share: (action: Action) => Action,
): ReadonlyMap<PhaseId, Draft> {
  const observed = input.observations.get(node.name) ?? emptyObservations();
  const forecast = createForecast(observed);
  const context: KindContext = { ...input.context(node.name), node: node.name, seen: forecast.seen, changed: forecast.changed };
  const drafts = new Map<PhaseId, Draft>();
  for (const phase of phases) {
    const resources = phase.resources(input.desired, node);
    const planned = [...actionsOf(phase, resources, input, node, { context, forecast, share })];
    const gate = phase.gate?.(input.desired, node) ?? [];
    const keeping = () => keepOn({ name: keepName(phase, input.desired), actions: planned, resources, gate }, observed);
    const actions = phase.reversible === true ? keeping() : planned;
    if (actions.length > 0 || phase.always === true || awaitsHealth(gate, observed)) drafts.set(phase.id, { phase, actions, gate });
  }
  for (const { aheadOf, id } of phases) if (aheadOf !== undefined && !takesDown(drafts.get(aheadOf))) drafts.delete(id);
  return drafts;
}

function takesDown(draft: Draft | undefined): boolean {
  return draft?.actions.some((action) => action.kind === 'unit' && (action.op === 'restart' || action.op === 'stop')) === true;
}

interface Means {
  readonly context: KindContext;
  readonly forecast: Forecast;
  share(action: Action): Action;
}

/** One resource after the other: each is planned on what those before it will have done. */
function* actionsOf(
  phase: Phase,
  resources: readonly Resource[],
  { desired }: DraftInput,
  node: Node,
  { context, forecast, share }: Means,
): Generator<Action> {
  for (const resource of resources) {
    const planned = planResource(resource, context).map(share);
    for (const action of planned) forecast.add(action);
    yield* planned;
  }
  for (const action of phase.actions?.(desired, node, forecast.seen) ?? []) {
    forecast.add(action);
    yield action;
  }
}

/** Nothing to change, but what the phase runs does not answer: the step only waits. */
function awaitsHealth(gate: Step['gate'], seen: Observations): boolean {
  return gate.some(({ test }) => test.kind === 'http' && (seen.health.get(test.url)?.status ?? 200) !== 200);
}
