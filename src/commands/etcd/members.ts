import { describeEtcdMembers } from '../../ui/describe-etcd.ts';
import { EtcdReportCommand, reportFlags } from '../_shared/etcd-report-command.ts';

export default class EtcdMembers extends EtcdReportCommand {
  static override description = `List the members of etcd as they know each other, and whether the inventory knows them.

Asked of every host that can be reached, so it works while members are down and without quorum. The exit code is 0 when everything
is well, 5 when quorum is lost, an alarm is raised, or a member is not healthy that the inventory does not declare down.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> -o wide'];
  static override flags = reportFlags('peer URLs');

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdMembers);
    await this.report('etcd members', flags, describeEtcdMembers);
  }
}
