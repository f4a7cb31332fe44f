import type { NodeName } from '../cluster/cluster.ts';
import { readRecord, recordPath } from '../cluster/immutable.ts';
import { startStampPath } from '../components/joining.ts';
import type { Placement } from '../engine/description.ts';
import type { Observations } from '../engine/observation.ts';
import type { EtcdPlace } from './place-etcd.ts';

type Seen = ReadonlyMap<NodeName, Observations>;

const unit = 'kube-apiserver.service';

/** An etcd that others run was there before the cluster: what tells that the cluster is there is that an API server was started. */
function hasApiServer(observations: Seen): boolean {
  return [...observations.values()].some(({ contents, kubeNodes, units }) => {
    // A run that was killed between the start and the stamp leaves a unit that runs.
    const state = units.get(unit)?.active ?? 'inactive';
    return contents.has(startStampPath(unit)) || kubeNodes !== undefined || ['active', 'activating'].includes(state);
  });
}

/** Nobody joins it and nobody founds it. */
export function placeGivenEtcd(observations: Seen): EtcdPlace {
  return { exists: hasApiServer(observations), joins: new Map(), refusals: [] };
}

/** Its cluster id for the record; an etcd that does not tell it now keeps the one that was recorded. */
export function givenEtcdIdentity(observations: Seen): Pick<Placement, 'etcdClusterId'> {
  const all = [...observations.values()];
  const told = all.flatMap(({ givenEtcd }) => [...givenEtcd.values()]).find(({ clusterId }) => clusterId !== undefined)?.clusterId;
  const recorded = all.map(({ contents }) => readRecord(contents.get(recordPath))?.etcdClusterId).find((id) => id !== undefined);
  const etcdClusterId = told ?? recorded;
  return etcdClusterId === undefined ? {} : { etcdClusterId };
}
