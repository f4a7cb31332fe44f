import type { Cluster, Node, NodeName } from '../../../src/cluster/cluster.ts';
import type { Description } from '../../../src/engine/description.ts';
import { type PlanInput, planSteps } from '../../../src/engine/make-plan.ts';
import type { Observations } from '../../../src/engine/observation.ts';
import { emptyObservations } from '../../../src/engine/observation.ts';
import type { Desired, Phase, PhaseId, Workflow } from '../../../src/engine/phase.ts';
import type { Step } from '../../../src/engine/plan.ts';
import type { FileResource, Resource } from '../../../src/engine/resource.ts';
import { contextWith } from './context.ts';

/** Nodes that have nothing but a name, in the order given. */
export function toyDesired(
  names: readonly NodeName[],
  describe: (node: Node) => readonly Description[] = () => [],
  etcdExists = false,
): Desired {
  const nodes = names.map((name) => ({ name })) as unknown as readonly Node[];
  const rest = { placement: { etcdExists }, settled: () => [], clusterDescriptions: () => [] } as unknown as Pick<
    Desired,
    'placement' | 'settled' | 'clusterDescriptions'
  >;
  const desired: Desired = { ...rest, cluster: { name: 'toy', nodes } as unknown as Cluster, describe, afterReturn: () => desired };
  return desired;
}

export function toyFile(path: string, text = path): FileResource {
  return { kind: 'file', path, content: { text }, mode: 0o644, owner: 'root', group: 'root' };
}

/** A phase on all nodes that writes one file named after it, unless said otherwise. */
export function toyPhase(id: PhaseId, more: Partial<Phase> & { readonly wants?: (node: NodeName) => readonly Resource[] } = {}): Phase {
  const { wants = () => [toyFile(`/${id}`)], ...rest } = more;
  return {
    id,
    title: `Do ${id}`,
    rollout: 'parallel',
    targets: (cluster) => cluster.nodes,
    resources: (_, node) => wants(node.name),
    ...rest,
  };
}

export const same = (phase: PhaseId) => ({ phase, on: 'same' }) as const;
export const every = (phase: PhaseId) => ({ phase, on: 'every' }) as const;

export interface ToyPlan {
  readonly phases: readonly Phase[];
  readonly nodes?: readonly NodeName[];
  /** What hosts look like; empty where not said, not connected where undefined. */
  readonly seen?: Readonly<Record<NodeName, Partial<Observations> | undefined>>;
  readonly describe?: (node: Node) => readonly Description[];
  readonly context?: PlanInput['context'];
  readonly etcdExists?: boolean;
}

export function toyWorkflow(phases: readonly Phase[]): Workflow {
  return { name: 'toy', phases };
}

export function planToys({
  phases,
  nodes = ['a', 'b', 'c'],
  seen = {},
  describe,
  context = () => contextWith(),
  etcdExists = false,
}: ToyPlan): readonly Step[] {
  const connected = nodes.filter((name) => !(name in seen) || seen[name] !== undefined);
  const observations = new Map(connected.map((name) => [name, { ...emptyObservations(), ...seen[name] }]));
  return planSteps({ workflow: toyWorkflow(phases), desired: toyDesired(nodes, describe, etcdExists), observations, context });
}

/** `id <- what it waits for`, one line a step. */
export function drawSteps(steps: readonly Step[]): string[] {
  return steps.map(({ id, after }) => `${id} <- ${after.join(' ')}`.trimEnd());
}
