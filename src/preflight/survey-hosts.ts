import type { NodeName } from '../cluster/cluster.ts';
import type { HostFacts, Observations } from '../engine/observation.ts';
import type { Survey } from './check.ts';

function groupBy(observations: ReadonlyMap<NodeName, Observations>, of: (facts: HostFacts) => string): Survey['byHostname'] {
  const groups = Map.groupBy(observations, ([, { facts }]) => (facts === undefined ? '' : of(facts)));
  return new Map([...groups].map(([value, hosts]) => [value, hosts.map(([name]) => name)]));
}

/** The hosts side by side. Pure. */
export function surveyHosts(observations: ReadonlyMap<NodeName, Observations>): Survey {
  const clocks = [...observations.values()].map(({ facts }) => facts?.clockSeconds ?? 0).sort((a, b) => a - b);
  return {
    byMachineId: groupBy(observations, ({ machineId }) => machineId),
    byHostname: groupBy(observations, ({ hostname }) => hostname),
    medianClockSeconds: clocks[clocks.length >> 1] ?? 0,
  };
}
