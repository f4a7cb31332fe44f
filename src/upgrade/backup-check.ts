import { newestOfNames } from '../backup/newest-of-names.ts';
import { type Node, nodesWithRole } from '../cluster/cluster.ts';
import { snapshotsDirectory } from '../components/backup.ts';
import type { Probe } from '../engine/probe.ts';
import type { UpgradeCheck } from './upgrade-check.ts';

const freshMs = 24 * 60 * 60 * 1000;

/** Backups that a host keeps, by their names. */
export function backupProbes(node: Node): readonly Probe[] {
  return node.roles.includes('control-plane') ? [{ kind: 'entries', path: snapshotsDirectory }] : [];
}

/** Of backups on hosts and on the operator's machine. */
export const backupCheck: UpgradeCheck = {
  id: 'BackupAge',
  title: 'there is a backup of the last day',
  severity: 'warning',
  judge: ({ desired: { cluster }, observations, ownBackup, now }) => {
    const onHosts = nodesWithRole(cluster, 'control-plane').flatMap(
      ({ name }) => newestOfNames(observations.get(name)?.entries.get(snapshotsDirectory) ?? [], cluster.name, now)?.takenAt ?? [],
    );
    const newest = [...onHosts, ...(ownBackup === undefined ? [] : [ownBackup])].sort().at(-1);
    const remedy = 'kcluster etcd snapshot save makes one';
    if (newest === undefined) return [{ message: 'neither a host nor this machine has a backup', remedy }];
    if (now.getTime() - Date.parse(newest) <= freshMs) return [];
    return [{ message: `the newest backup on the hosts and on this machine is of ${newest}, older than a day`, remedy }];
  },
};
