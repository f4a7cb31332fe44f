import { runWorkflow } from '../../../app/run-workflow.ts';
import { describeSchedule } from '../../../backup/describe-schedule.ts';
import { ConfigurationError } from '../../../errors.ts';
import { enableBackupWorkflow } from '../../../workflows/backup.ts';
import { ClusterCommand } from '../../_shared/cluster-command.ts';
import { runFlags } from '../../_shared/run-flags.ts';
import { confirmPlan, showPlan } from '../../_shared/show-plan.ts';

const { 'max-unavailable': _, ...flags } = runFlags;

export default class EtcdBackupEnable extends ClusterCommand {
  static override description = `Bring the schedule of backups on all control planes to what the inventory says, and nothing else.

The inventory is what counts: set cluster.etcd.snapshots.schedule there first. \`kcluster init\` does the same among all the rest.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --dry-run'];
  static override flags = flags;

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdBackupEnable);
    await this.withSession('etcd backup enable', flags, flags.json, async (session, reporter) => {
      const { schedule } = session.cluster.etcd.snapshots;
      if (schedule === undefined) {
        throw new ConfigurationError('the inventory has no cluster.etcd.snapshots.schedule', {
          remedy: `write one into ${flags.inventory}, such as schedule: "30 3 * * *"; kcluster init ends an earlier one`,
        });
      }
      const { plan, applied } = await runWorkflow(session, enableBackupWorkflow, {
        dryRun: flags['dry-run'],
        ignorePreflight: flags['ignore-preflight'],
        maxUnavailable: '1',
        confirm: (shown) => confirmPlan(shown, reporter, flags),
      });
      await reporter.end();
      if (flags.json) return;
      if (flags['dry-run']) showPlan(plan);
      else this.log(`${applied ? 'scheduled' : 'nothing to do'}: ${describeSchedule(schedule, new Date())}`);
    });
  }
}
