import { Flags } from '@oclif/core';
import { runBackupNow } from '../../../app/run-backup-now.ts';
import { checkNodeNames } from '../../_shared/check-node-names.ts';
import { ClusterCommand } from '../../_shared/cluster-command.ts';

export default class EtcdBackupRun extends ClusterCommand {
  static override description = `Make a scheduled backup now, with its copies and its retention, on one control plane.

Does what the timer does, although the backup of this interval may be there. Needs no API server.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --node cp-2'];
  static override flags = {
    node: Flags.string({ description: 'control plane that acts; default: the first that answers', helpValue: 'NODE' }),
  };
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdBackupRun);
    await this.withSession('etcd backup run', flags, false, async (session, reporter) => {
      if (flags.node !== undefined) checkNodeNames(session.cluster, [flags.node]);
      const { node, name } = await runBackupNow(session, flags.node);
      await reporter.end();
      this.log(`${node}: made ${name}`);
    });
  }
}
