import { runOffline } from '../../../app/run-offline.ts';
import { describeSchedule } from '../../../backup/describe-schedule.ts';
import type { Plan } from '../../../engine/plan.ts';
import { ConfigurationError } from '../../../errors.ts';
import { enableBackupWorkflow } from '../../../workflows/backup.ts';
import { ClusterCommand } from '../../_shared/cluster-command.ts';
import { nodeFlags } from '../../_shared/node-command.ts';
import { confirmPlan, showPlan } from '../../_shared/show-plan.ts';

export default class EtcdBackupEnable extends ClusterCommand {
  static override description = `Bring the schedule of backups on all control planes to what the inventory says, and nothing else.

The inventory is what counts: set cluster.etcd.snapshots.schedule there first. \`kcluster init\` does the same among all the rest.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --dry-run'];
  static override flags = nodeFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdBackupEnable);
    await this.withSession('etcd backup enable', flags, flags.json, async (session, reporter) => {
      const { schedule } = session.cluster.etcd.snapshots;
      if (schedule === undefined) {
        throw new ConfigurationError('the inventory has no cluster.etcd.snapshots.schedule', {
          remedy: `write one into ${flags.inventory}, such as schedule: "30 3 * * *"; kcluster init ends an earlier one`,
        });
      }
      const choices = { dryRun: flags['dry-run'], confirm: (shown: Plan) => confirmPlan(shown, reporter, flags) };
      const { plan, applied } = await runOffline(session, enableBackupWorkflow, choices, true);
      await reporter.end();
      if (flags.json) return;
      if (flags['dry-run']) showPlan(plan);
      else this.log(`${applied ? 'scheduled' : 'nothing to do'}: ${describeSchedule(schedule, new Date())}`);
    });
  }
}
