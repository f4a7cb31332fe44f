import { describeEtcdStatus } from '../../ui/describe-etcd.ts';
import { EtcdReportCommand, reportFlags } from '../_shared/etcd-report-command.ts';

export default class EtcdStatus extends EtcdReportCommand {
  static override description = `Show how each member of etcd is: release, size, room, lag, disk and alarms.

Says what is wrong and what to do about it. The exit code is 0 when everything is well, 5 when quorum is lost, an alarm is raised,
or a member is not healthy that the inventory does not declare down.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> -o json'];
  static override flags = reportFlags('ids, raft term and indexes');

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdStatus);
    await this.report('etcd status', flags, describeEtcdStatus);
  }
}
