import type { Cluster, NodeName } from '../cluster/cluster.ts';
import { judgeImmutable, readRecord, recordOf, recordPath } from '../cluster/immutable.ts';
import { unitStampPath } from '../engine/host-paths.ts';
import type { Observations } from '../engine/observation.ts';
import type { Probe } from '../engine/probe.ts';
import { RefusedError } from '../errors.ts';

const apiServerStamp = unitStampPath('kube-apiserver.service');

/** What the judgement needs, whatever the workflow looks at besides. */
export const immutableProbes: readonly Probe[] = [
  { kind: 'content', path: recordPath },
  { kind: 'content', path: apiServerStamp },
];

/**
 * Stops a run whose inventory contradicts the living cluster. Only hosts that started an API server count: before that, a mistake
 * in the inventory may be corrected.
 *
 * @throws RefusedError that lists every changed setting
 */
export function refuseImmutable(cluster: Cluster, observations: ReadonlyMap<NodeName, Observations>): void {
  const wanted = recordOf(cluster);
  for (const [node, { contents }] of observations) {
    const recorded = contents.has(apiServerStamp) ? readRecord(contents.get(recordPath)) : undefined;
    if (recorded === undefined) continue;
    const failures = judgeImmutable(recorded, wanted).map(
      ({ field, recorded: was, wanted: will, why, remedy }) =>
        new RefusedError(`${field} is ${was} in this cluster, and cannot become ${will}: ${why}`, { node, remedy }),
    );
    const [only] = failures;
    if (only === undefined) continue;
    if (failures.length === 1) throw only;
    throw new RefusedError(`${failures.length} settings of a living cluster cannot be changed; nothing was changed`, {
      failures,
      remedy: 'put the old values back into the inventory',
    });
  }
}
