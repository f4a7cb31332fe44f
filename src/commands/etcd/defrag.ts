import { Flags } from '@oclif/core';
import { defragEtcd } from '../../app/care-for-etcd.ts';
import { defaultThreshold } from '../../cluster/etcd-room.ts';
import { describeGains } from '../../ui/describe-etcd.ts';
import { EtcdCareCommand } from '../_shared/etcd-care-command.ts';
import { nodeFlags } from '../_shared/node-command.ts';

const mebibyte = 1024 ** 2;

export default class EtcdDefrag extends EtcdCareCommand {
  static override description = `Give the gaps in etcd's files back to the disk, one member at a time, where it pays.

Followers first; the leader last, after another member has taken its place. Each must be healthy and have caught up before the next
begins. Refused with exit code 8 while a member is not healthy. A run that stopped goes on by running it again.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --threshold 5 --least 16 --yes',
  ];
  static override flags = {
    threshold: Flags.integer({
      description: 'share of the file, in percent, that must be exceeded by what is given back',
      default: defaultThreshold.percent,
      min: 0,
      max: 99,
      helpValue: 'PERCENT',
    }),
    least: Flags.integer({
      description: 'how many MiB must be given back',
      default: defaultThreshold.bytes / mebibyte,
      min: 0,
      helpValue: 'MIB',
    }),
    ...nodeFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdDefrag);
    const threshold = { percent: flags.threshold, bytes: flags.least * mebibyte };
    await this.care('etcd defrag', flags, {
      run: (session, choices) => defragEtcd(session, threshold, choices),
      done: 'etcd is defragmented; kcluster etcd status shows its room',
      idle: (report) =>
        `${describeGains(report)}nothing to do: it pays from more than ${flags.threshold} % of the file and ${flags.least} MiB on`,
    });
  }
}
