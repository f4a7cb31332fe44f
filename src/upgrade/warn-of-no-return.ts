import { formatVersion, minorOf } from '../cluster/version.ts';
import type { Finding } from '../engine/plan.ts';
import type { UpgradeInput } from './upgrade-input.ts';

/** From where on a hop to another minor cannot be taken back. */
export function warnOfNoReturn({ from, desired: { cluster } }: Pick<UpgradeInput, 'from' | 'desired'>): readonly Finding[] {
  const hop = cluster.kubernetesVersion;
  if (minorOf(from) === minorOf(hop)) return [];
  const message = `once every API server is ${formatVersion(hop)} there is no way back to ${minorOf(from)} but the restore of a backup`;
  const remedy = 'until then kcluster upgrade rollback takes it back; kcluster upgrade apply makes a backup first';
  return [{ id: 'PointOfNoReturn', severity: 'warning', message, remedy }];
}
