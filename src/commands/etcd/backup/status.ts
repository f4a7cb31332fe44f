import { Flags } from '@oclif/core';
import { readBackupHosts } from '../../../app/read-backup-hosts.ts';
import { judgeBackups } from '../../../backup/judge-backups.ts';
import { describeBackups } from '../../../ui/describe-backups.ts';
import { formatError } from '../../../ui/print-error.ts';
import { ClusterCommand } from '../../_shared/cluster-command.ts';

export default class EtcdBackupStatus extends ClusterCommand {
  static override description = `Show scheduled backups: next and last run of every control plane, newest backup, copies, failures.

The exit code is 5 when the newest backup is older than twice the time between two runs, when the last run of a host failed, or when a timer is off; else 0. Needs no API server.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> -o json'];
  static override flags = {
    output: Flags.string({ char: 'o', description: 'form of the output', options: ['table', 'json'], default: 'table' }),
  };
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdBackupStatus);
    const now = new Date();
    const report = await this.withSession('etcd backup status', flags, false, async ({ cluster, hosts, signal, unreachable }) => {
      const { hosts: found, failures } = await readBackupHosts(cluster, hosts, signal);
      for (const error of [...unreachable, ...failures]) this.logToStderr(formatError(error).trimEnd());
      return judgeBackups(cluster.etcd.snapshots.schedule, found, now);
    });
    if (flags.output === 'json') this.log(JSON.stringify(report, undefined, 2));
    else this.log(describeBackups(report, now).trimEnd());
    if (report.problems.length > 0) process.exitCode = 5;
  }
}
