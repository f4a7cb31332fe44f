import { desire } from '../../src/app/desire.ts';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { emptyObservations, type HostFacts, type Observations } from '../../src/engine/observation.ts';
import { preflight } from '../../src/preflight/preflight.ts';
import { place } from '../../src/workflows/place.ts';
import { goodFacts } from '../app/support/good-facts.ts';

export interface Seen extends Partial<Omit<Observations, 'facts'>> {
  readonly facts?: Partial<HostFacts>;
}

/** What hosts show: good machines but for the changes; not looked at where undefined. */
export function observe(cluster: Cluster, changes: Readonly<Record<string, Seen | undefined>> = {}): ReadonlyMap<string, Observations> {
  const there = cluster.nodes.filter(({ name }) => !(name in changes) || changes[name] !== undefined);
  return new Map(
    there.map(({ name }) => [name, { ...emptyObservations(), ...changes[name], facts: { ...goodFacts(name), ...changes[name]?.facts } }]),
  );
}

export function findingsOf(cluster: Cluster, changes: Readonly<Record<string, Seen | undefined>> = {}, waived: readonly string[] = []) {
  const desired = desire(cluster, place(cluster, selectVersions(cluster), new Map()));
  return preflight(desired, observe(cluster, changes), new Set(waived));
}

/** `error node Name: message`, one each. */
export function linesOf(
  cluster: Cluster,
  changes: Readonly<Record<string, Seen | undefined>> = {},
  waived: readonly string[] = [],
): readonly string[] {
  return findingsOf(cluster, changes, waived).map(({ severity, node, id, message }) => `${severity} ${node} ${id}: ${message}`);
}
