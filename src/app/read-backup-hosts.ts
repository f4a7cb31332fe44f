import { readHostAnswer } from '../backup/read-host-answer.ts';
import type { BackupHost } from '../cluster/backup-status.ts';
import { type Cluster, nodesWithRole } from '../cluster/cluster.ts';
import { backupStatusPath, backupTimer, snapshotsDirectory } from '../components/backup.ts';
import { readTemplate } from '../engine/template-source.ts';
import { KclusterError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { shellQuote } from '../render/shell-quote.ts';

/** What a host knows of its backups, in one round trip. It needs nothing of kcluster on the host, so that a host without a schedule answers, too. */
function writeScript(cluster: Cluster): string {
  return `TZ=UTC LC_ALL=C systemctl show ${backupTimer} -p LoadState -p ActiveState -p NextElapseUSecRealtime -p LastTriggerUSec | sed 's/^/timer\\t/'
[ ! -f ${backupStatusPath} ] || sed 's/^/status\\t/' ${backupStatusPath}
[ -d ${snapshotsDirectory} ] || exit 0
(
set -- ${snapshotsDirectory} ${shellQuote(cluster.name)}
${readTemplate('backup/list-place.sh')}) | sed 's/^/backup\\t/'
`;
}

export interface BackupHosts {
  /** Every control plane, in the order of the inventory. */
  readonly hosts: readonly BackupHost[];
  readonly failures: readonly KclusterError[];
}

/** Asks every control-plane host that answers; one that does not is in the result. */
export async function readBackupHosts(cluster: Cluster, hosts: ReadonlyMap<string, Host>, signal: AbortSignal): Promise<BackupHosts> {
  const script = writeScript(cluster);
  const failures: KclusterError[] = [];
  const ask = async (name: string, away: string): Promise<BackupHost> => {
    const missing: BackupHost = { node: name, timer: away, copies: [], backups: [] };
    try {
      const result = await hosts.get(name)?.run(script, { title: 'read backups', signal });
      return result === undefined ? missing : readHostAnswer(name, result.stdout);
    } catch (error) {
      if (!(error instanceof KclusterError)) throw error;
      failures.push(error);
      return missing;
    }
  };
  const nodes = nodesWithRole(cluster, 'control-plane');
  const found = await Promise.all(nodes.map(({ name, state }) => ask(name, state === 'down' ? 'declared down' : 'unreachable')));
  return { hosts: found, failures };
}
