import { newestOfNames } from '../backup/newest-of-names.ts';
import { type Node, nodesWithRole } from '../cluster/cluster.ts';
import { snapshotsDirectory } from '../components/backup.ts';
import type { Probe } from '../engine/probe.ts';
import type { UpgradeCheck } from './upgrade-check.ts';

const freshSeconds = 24 * 60 * 60;

/** Backups that a host keeps, by their names. */
export function backupProbes(node: Node): readonly Probe[] {
  return node.roles.includes('control-plane') ? [{ kind: 'entries', path: snapshotsDirectory }] : [];
}

/** Of backups on hosts; one that only the operator's machine has is not seen. */
export const backupCheck: UpgradeCheck = {
  id: 'BackupAge',
  title: 'there is a backup of the last day',
  severity: 'warning',
  judge: ({ desired: { cluster }, observations, now }) => {
    const found = nodesWithRole(cluster, 'control-plane').flatMap(
      ({ name }) => newestOfNames(observations.get(name)?.entries.get(snapshotsDirectory) ?? [], cluster.name, now) ?? [],
    );
    const [newest] = found.toSorted((a, b) => a.ageSeconds - b.ageSeconds);
    const remedy = 'kcluster etcd snapshot save makes one';
    if (newest === undefined) return [{ message: 'no host has a backup', remedy }];
    if (newest.ageSeconds <= freshSeconds) return [];
    return [{ message: `the newest backup on the hosts is of ${newest.takenAt}, older than a day`, remedy }];
  },
};
