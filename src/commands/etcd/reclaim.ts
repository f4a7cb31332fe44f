import { Flags } from '@oclif/core';
import { reclaimEtcd } from '../../app/care-for-etcd.ts';
import { EtcdCareCommand } from '../_shared/etcd-care-command.ts';
import { nodeFlags } from '../_shared/node-command.ts';

/** Lists that are read in pieces go on from a revision that is some seconds old. */
const usualKeep = 100;

export default class EtcdReclaim extends EtcdCareCommand {
  static override description = `Get etcd out of the alarm NOSPACE, in which nothing can be written.

Compacts etcd's history up to the newest revisions, defragments every member one at a time, the leader last and out of the lead,
and takes the alarm away once every member is below nine tenths of its quota. When that is not enough it says what fills etcd, and the exit code
is 5. Without the alarm there is nothing to do. Refused with exit code 8 while a member is not healthy.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --keep-revisions 0 --yes'];
  static override flags = {
    'keep-revisions': Flags.integer({
      description: 'how many of the newest revisions stay, for clients that are reading them',
      default: usualKeep,
      min: 0,
      helpValue: 'COUNT',
    }),
    ...nodeFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdReclaim);
    await this.care('etcd reclaim', flags, {
      run: (session, choices) => reclaimEtcd(session, { keepRevisions: flags['keep-revisions'] }, choices),
      done: 'etcd takes writes again; kcluster etcd status shows its room',
      idle: () => 'nothing to do: no alarm NOSPACE is raised; kcluster etcd defrag gives gaps back where it pays',
    });
  }
}
