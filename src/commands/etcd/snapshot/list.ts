import { Flags } from '@oclif/core';
import { allPlaces, listPlaces, silentNodes } from '../../../app/all-places.ts';
import { describeBackupList } from '../../../ui/describe-backup-list.ts';
import { formatError } from '../../../ui/print-error.ts';
import { ClusterCommand } from '../../_shared/cluster-command.ts';
import { inFlag } from '../../_shared/in-flag.ts';

export default class EtcdSnapshotList extends ClusterCommand {
  static override description = `List the backups in all places: on this machine, on control planes, and where copies go.

A place that does not answer is a line of the table, and why is said beside it. CHECKED says when every byte of a backup was last found to be right, and whether it was restored then.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --in /mnt/backups -o json',
    '<%= config.bin %> <%= command.id %> --in s3://backups/lab',
  ];
  static override flags = {
    in: inFlag,
    output: Flags.string({ char: 'o', description: 'form of the output', options: ['table', 'json'], default: 'table' }),
  };
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdSnapshotList);
    const { backups, silent } = await this.withSession('etcd snapshot list', flags, false, async (session) => {
      const { listed, failures } = await listPlaces(allPlaces(session, flags.in), session.signal);
      const away = (flags.in === undefined ? silentNodes(session) : []).map((error) => ({ place: error.details.node ?? '-', error }));
      const failed = [...away, ...failures.map(({ place, error }) => ({ place: place.name, error }))];
      for (const { error } of failed) this.logToStderr(formatError(error).trimEnd());
      return {
        backups: listed.flatMap((each) => each.backups),
        silent: failed.map(({ place, error }) => ({ place, error: error.message })),
      };
    });
    if (flags.output === 'json') this.log(JSON.stringify({ backups, silent }, undefined, 2));
    else this.log(describeBackupList(backups, new Date(), silent).trimEnd());
  }
}
