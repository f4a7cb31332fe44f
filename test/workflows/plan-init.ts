import { createHash } from 'node:crypto';
import { desire } from '../../src/app/desire.ts';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import { endpointURL } from '../../src/cluster/api-server-url.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import type { KindContext } from '../../src/engine/kinds/kind.ts';
import { planSteps } from '../../src/engine/make-plan.ts';
import { emptyObservations, type Observations } from '../../src/engine/observation.ts';
import type { Step, StepId } from '../../src/engine/plan.ts';
import { initWorkflow } from '../../src/workflows/init.ts';
import { place } from '../../src/workflows/place.ts';
import { goodFacts } from '../app/support/good-facts.ts';

const artifactOf = (text: string) => ({ sha256: createHash('sha256').update(text).digest('hex'), sizeBytes: text.length });

const context: Omit<KindContext, 'node' | 'seen' | 'changed'> = {
  secrets: new Map(),
  authorities: new Map(),
  now: new Date('2026-03-01T00:00:00Z'),
  renewBeforeDays: 30,
  binary: (...words) => artifactOf(words.join(' ')),
  image: artifactOf,
};

/** Bare machines; with changes for some of them, or without a node where undefined. */
export function bareMachines(
  cluster: Cluster,
  changes: Readonly<Record<string, Partial<Observations> | undefined>> = {},
): ReadonlyMap<string, Observations> {
  const there = cluster.nodes.filter(({ name }) => !(name in changes) || changes[name] !== undefined);
  const health = new Map(cluster.endpoint === undefined ? [] : [[`${endpointURL(cluster.endpoint)}/readyz`, { status: 0 }]]);
  return new Map(there.map(({ name }) => [name, { ...emptyObservations(), health, facts: goodFacts(name), ...changes[name] }]));
}

export function planInit(cluster: Cluster, observations = bareMachines(cluster)): readonly Step[] {
  const desired = desire(cluster, place(cluster, selectVersions(cluster), observations));
  return planSteps({ workflow: initWorkflow, desired, observations, context: () => context });
}

/** Everything that is done before a step starts, by id. */
export function ancestorsOf(steps: readonly Step[]): ReadonlyMap<StepId, ReadonlySet<StepId>> {
  const ancestors = new Map<StepId, ReadonlySet<StepId>>();
  for (const { id, after } of steps) ancestors.set(id, new Set(after.flatMap((before) => [before, ...(ancestors.get(before) ?? [])])));
  return ancestors;
}
