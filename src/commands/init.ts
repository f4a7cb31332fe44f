import { writeOperatorKubeconfigs } from '../app/operator-kubeconfig.ts';
import { runWorkflow } from '../app/run-workflow.ts';
import { summarizeCluster } from '../ui/summarize-cluster.ts';
import { initWorkflow } from '../workflows/init.ts';
import { ClusterCommand } from './_shared/cluster-command.ts';
import { runFlags } from './_shared/run-flags.ts';
import { confirmPlan, showPlan } from './_shared/show-plan.ts';

export default class Init extends ClusterCommand {
  static override description = `Bring up the cluster of an inventory, or bring it back to what the inventory says.

Looks at every host, shows what would change, asks, and does it; a second run finds nothing to do.
A run that was stopped anywhere is finished by running it again.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -i production.yaml --dry-run',
    '<%= config.bin %> <%= command.id %> --yes --json | jq .',
  ];
  static override flags = runFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Init);
    await this.withSession('init', flags, flags.json, async (session, reporter) => {
      const { plan, applied } = await runWorkflow(session, initWorkflow, {
        dryRun: flags['dry-run'],
        ignorePreflight: flags['ignore-preflight'],
        maxUnavailable: flags['max-unavailable'],
        confirm: (shown) => confirmPlan(shown, reporter, flags),
      });
      await reporter.end();
      if (flags['dry-run']) {
        if (!flags.json) showPlan(plan);
        return;
      }
      const kubeconfigs = await writeOperatorKubeconfigs(session);
      if (!flags.json) this.log(summarizeCluster(session.cluster, kubeconfigs, applied));
    });
  }
}
