import { readHostAnswer } from '../backup/read-host-answer.ts';
import { nodesWithRole } from '../cluster/cluster.ts';
import { backupService, backupStatusPath } from '../components/backup.ts';
import { collectFailures } from '../engine/failures.ts';
import { ConfigurationError, StoppedError } from '../errors.ts';
import type { Session } from './session.ts';

/** What the unit allows, and a little more. */
const timeoutMs = 4.1 * 3_600_000;
const noUnit = 3;

const script = `systemctl cat ${backupService} >/dev/null 2>&1 || exit ${noUnit}
mkdir -p -m 0700 /run/kcluster && : >/run/kcluster/backup-now || exit
systemctl start ${backupService}
code=$?
sed 's/^/status\\t/' ${backupStatusPath}
sed -n 's/^made=/made\\t/p' ${backupStatusPath}
exit "$code"`;

export interface MadeNow {
  readonly node: string;
  readonly name: string;
}

/** Starts the scheduled unit and waits for it. @throws StoppedError with what the run says of itself */
export async function runBackupNow(session: Session, wanted: string | undefined): Promise<MadeNow> {
  const names = nodesWithRole(session.cluster, 'control-plane').map(({ name }) => name);
  if (wanted !== undefined && !names.includes(wanted))
    throw new ConfigurationError(`${wanted} is no control plane`, { remedy: `name one of ${names.join(', ')}` });
  const node = wanted ?? names.find((name) => session.hosts.has(name)) ?? '';
  const host = session.hosts.get(node);
  if (host === undefined) throw collectFailures(session.unreachable, 'no control plane answers');
  const { code, stdout, stderr } = await host.run(script, { title: 'make a backup', signal: session.signal, timeoutMs });
  if (code === noUnit) {
    throw new ConfigurationError('no backups are scheduled on this host', {
      node,
      remedy: 'set cluster.etcd.snapshots.schedule in the inventory, and run kcluster etcd backup enable',
    });
  }
  const { lastRun } = readHostAnswer(node, stdout);
  if (code === 0) return { node, name: /^made\t(.*)$/m.exec(stdout)?.[1] ?? '' };
  throw new StoppedError(`the backup failed: ${lastRun?.error ?? 'it said nothing'}`, {
    node,
    output: stderr,
    remedy: `journalctl -u ${backupService} on that host says more`,
  });
}
