import { runOffline } from '../../../app/run-offline.ts';
import { disableBackupWorkflow } from '../../../workflows/backup.ts';
import { NodeCommand, nodeFlags } from '../../_shared/node-command.ts';

export default class EtcdBackupDisable extends NodeCommand {
  static override description = `Stop the timers of scheduled backups on all control planes that answer, until the next init or enable.

Backups stay. To end the schedule for good, take cluster.etcd.snapshots.schedule out of the inventory and run \`kcluster init\`.`;
  static override examples = ['<%= config.bin %> <%= command.id %> --yes'];
  static override flags = nodeFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdBackupDisable);
    const done = 'stopped until the next kcluster init or kcluster etcd backup enable; backups stay';
    await this.runVerb('etcd backup disable', flags, done, (session, choices) => runOffline(session, disableBackupWorkflow, choices));
  }
}
