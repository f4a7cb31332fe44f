import path from 'node:path';
import { Flags } from '@oclif/core';
import { backupDirectory } from '../../../app/backup-directory.ts';
import { readHostShelves } from '../../../app/host-shelves.ts';
import { readLocalShelf } from '../../../backup/local-shelf.ts';
import { describeBackupList } from '../../../ui/describe-backup-list.ts';
import { formatError } from '../../../ui/print-error.ts';
import { ClusterCommand } from '../../_shared/cluster-command.ts';

export default class EtcdSnapshotList extends ClusterCommand {
  static override description = `List the backups in all places: on this machine and on every control plane that answers.

CHECKED says when every byte of it was last found to be right, and whether it was restored then.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --in /mnt/backups -o json'];
  static override flags = {
    in: Flags.string({ description: 'directory of this machine; default: backups/ in .kcluster/ beside the inventory', helpValue: 'DIR' }),
    output: Flags.string({ char: 'o', description: 'form of the output', options: ['table', 'json'], default: 'table' }),
  };
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdSnapshotList);
    const backups = await this.withSession('etcd snapshot list', flags, false, async (session) => {
      const here = await readLocalShelf(path.resolve(flags.in ?? backupDirectory(session.state)));
      const { backups: there, failures } = await readHostShelves(session);
      for (const error of [...session.unreachable, ...failures]) this.logToStderr(formatError(error).trimEnd());
      return [...here, ...there];
    });
    if (flags.output === 'json') this.log(JSON.stringify({ backups }, undefined, 2));
    else this.log(describeBackupList(backups, new Date()).trimEnd());
  }
}
