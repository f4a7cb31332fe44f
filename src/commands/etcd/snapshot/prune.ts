import { Flags } from '@oclif/core';
import { allPlaces, silentNodes } from '../../../app/all-places.ts';
import { deleteExpired, findExpired } from '../../../app/prune-backups.ts';
import { confirm } from '../../../ui/confirm.ts';
import { describeExpired } from '../../../ui/describe-expired.ts';
import { formatCount } from '../../../ui/format.ts';
import { formatError } from '../../../ui/print-error.ts';
import { ClusterCommand } from '../../_shared/cluster-command.ts';
import { inFlag } from '../../_shared/in-flag.ts';
import { runFlags } from '../../_shared/run-flags.ts';

export default class EtcdSnapshotPrune extends ClusterCommand {
  static override description = `Delete backups that the inventory keeps no longer, in all places.

Places are this machine, every control plane that answers, and where copies go. What stays is said by cluster.etcd.snapshots.keep, in each place for itself. The newest good backup of a place stays in any case, and nothing goes that has no good one after it. A place that does not answer is told, and loses nothing.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --in /mnt/backups --yes',
  ];
  static override flags = {
    in: inFlag,
    'dry-run': Flags.boolean({ description: 'show what would be deleted, and delete nothing' }),
    yes: runFlags.yes,
    json: Flags.boolean({ description: 'what goes, as JSON' }),
  };
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdSnapshotPrune);
    const now = new Date();
    await this.withSession('etcd snapshot prune', flags, false, async (session, reporter) => {
      const places = allPlaces(session, flags.in);
      const { expired, failures } = await findExpired(session.cluster, places, now, session.signal);
      if (failures.length === places.length && failures[0] !== undefined) throw failures[0];
      await reporter.end();
      for (const error of [...(flags.in === undefined ? silentNodes(session) : []), ...failures])
        this.logToStderr(formatError(error).trimEnd());
      if (flags.json) this.log(JSON.stringify({ expired }, undefined, 2));
      else this.log(describeExpired(expired, now).trimEnd());
      if (flags['dry-run'] || expired.length === 0) return;
      if (!flags.yes) await confirm(`Delete ${formatCount(expired.length, 'backup')}?`);
      await deleteExpired(places, expired, session.signal);
      if (!flags.json) this.log(`deleted ${formatCount(expired.length, 'backup')}`);
    });
  }
}
