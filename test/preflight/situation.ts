import { desire } from '../../src/app/desire.ts';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { emptyObservations, type HostFacts, type Observations } from '../../src/engine/observation.ts';
import { preflight } from '../../src/preflight/preflight.ts';
import { place } from '../../src/workflows/place.ts';
import { healthyGivenEtcd } from '../app/support/given-etcd.ts';
import { goodFacts } from '../app/support/good-facts.ts';

export interface Seen extends Partial<Omit<Observations, 'facts'>> {
  readonly facts?: Partial<HostFacts>;
}

/** An observation, and what one check makes of it. */
export interface Case {
  readonly id: string;
  readonly what: string;
  readonly cluster?: Cluster;
  readonly seen: Readonly<Record<string, Seen | undefined>>;
  /** Lines of findings; none: the observation is good. */
  readonly lines: readonly string[];
}

/** What hosts show: good machines but for the changes; not looked at where undefined. */
export function observe(cluster: Cluster, changes: Readonly<Record<string, Seen | undefined>> = {}): ReadonlyMap<string, Observations> {
  const there = cluster.nodes.filter(({ name }) => !(name in changes) || changes[name] !== undefined);
  return new Map(
    there.map(({ name }) => [
      name,
      {
        ...emptyObservations(),
        givenEtcd: healthyGivenEtcd(cluster, false),
        ...changes[name],
        facts: { ...goodFacts(name), ...changes[name]?.facts },
      },
    ]),
  );
}

export function findingsOf(cluster: Cluster, changes: Readonly<Record<string, Seen | undefined>> = {}, waived: readonly string[] = []) {
  const observations = observe(cluster, changes);
  const desired = desire(cluster, place(cluster, selectVersions(cluster), observations));
  return preflight(desired, observations, new Set(waived));
}

/** `error node Name: message`, one each. */
export function linesOf(
  cluster: Cluster,
  changes: Readonly<Record<string, Seen | undefined>> = {},
  waived: readonly string[] = [],
): readonly string[] {
  return findingsOf(cluster, changes, waived).map(({ severity, node, id, message }) => `${severity} ${node} ${id}: ${message}`);
}
