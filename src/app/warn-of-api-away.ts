import { apiAwaySeconds } from '../cluster/api-away.ts';
import type { NodeName } from '../cluster/cluster.ts';
import type { RestoreAim } from '../cluster/restore.ts';
import type { Observations } from '../engine/observation.ts';
import type { Finding, Step } from '../engine/plan.ts';
import type { Probe } from '../engine/probe.ts';

const apiServer = 'kube-apiserver.service';

/** Asked in the look of a restore. */
export const apiServerStart: Probe = { kind: 'start-time', unit: apiServer };

const nodesOf = (steps: readonly Step[], phase: string): readonly NodeName[] =>
  steps.filter((step) => step.phase === phase && step.actions.length > 0).map(({ node }) => node);

/** Which hosts a restore stops, and for about how long; none where no API server runs that it would stop. */
export function warnOfApiAway(
  { members, snapshot }: Pick<RestoreAim, 'members' | 'snapshot'>,
  steps: readonly Step[],
  observations: ReadonlyMap<NodeName, Observations>,
): readonly Finding[] {
  const [serving, storing] = [nodesOf(steps, 'restore/fence'), nodesOf(steps, 'restore/halt')];
  const [first] = serving;
  if (first === undefined) return [];
  const count = Object.keys(members).length;
  const away = apiAwaySeconds({
    snapshotBytes: snapshot.sizeBytes,
    members: count,
    apiServerStartMs: observations.get(first)?.startsMs.get(apiServer),
  });
  const hosts =
    serving.join() === storing.join()
      ? `API servers and etcd stop on ${serving.join(', ')}`
      : `API servers stop on ${serving.join(', ')}; etcd stops on ${storing.join(', ') || 'no host'}`;
  const message = `the API is away for about ${away} s: ${hosts}`;
  return [{ id: 'ApiAway', severity: 'warning', message, remedy: 'choose a quiet time; pods go on meanwhile' }];
}
