import { Flags } from '@oclif/core';
import { deleteExpired, findExpired } from '../../../app/prune-backups.ts';
import { confirm } from '../../../ui/confirm.ts';
import { describeExpired } from '../../../ui/describe-expired.ts';
import { formatCount } from '../../../ui/format.ts';
import { ClusterCommand } from '../../_shared/cluster-command.ts';
import { runFlags } from '../../_shared/run-flags.ts';

export default class EtcdSnapshotPrune extends ClusterCommand {
  static override description = `Delete backups that the inventory keeps no longer, on control planes and in a directory of this machine.

What stays is said by cluster.etcd.snapshots.keep, in each place for itself. The newest good backup of a place stays in any case, and nothing goes that has no good one after it. Places that backups are copied to are pruned by the scheduled run.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --in /mnt/backups --yes',
  ];
  static override flags = {
    in: Flags.string({ description: 'directory of this machine; default: backups/ in .kcluster/ beside the inventory', helpValue: 'DIR' }),
    'dry-run': Flags.boolean({ description: 'show what would be deleted, and delete nothing' }),
    yes: runFlags.yes,
    json: Flags.boolean({ description: 'what goes, as JSON' }),
  };
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdSnapshotPrune);
    const now = new Date();
    await this.withSession('etcd snapshot prune', flags, false, async (session, reporter) => {
      const all = await findExpired(session, flags.in, now);
      await reporter.end();
      if (flags.json) this.log(JSON.stringify({ expired: all }, undefined, 2));
      else this.log(describeExpired(all, now).trimEnd());
      if (flags['dry-run'] || all.length === 0) return;
      if (!flags.yes) await confirm(`Delete ${formatCount(all.length, 'backup')}?`);
      await deleteExpired(session, all);
      if (!flags.json) this.log(`deleted ${formatCount(all.length, 'backup')}`);
    });
  }
}
