import { Args } from '@oclif/core';
import { joinSteps } from '../app/join-steps.ts';
import { runWorkflow } from '../app/run-workflow.ts';
import { joinWorkflow } from '../workflows/init.ts';
import { checkNodeNames } from './_shared/check-node-names.ts';
import { ClusterCommand } from './_shared/cluster-command.ts';
import { runFlags } from './_shared/run-flags.ts';
import { confirmPlan, showPlan } from './_shared/show-plan.ts';

export default class Join extends ClusterCommand {
  static override description = `Let nodes join the cluster that are in the inventory and not yet part of it.

Workers join side by side; members of etcd one at a time, as learners that vote once they have caught up. Other nodes are touched
only where something must change because of the new ones, such as their balancers and routes. A node that stopped half-way joins by running it again.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> worker-4 worker-5 --dry-run'];
  static override args = { nodes: Args.string({ description: 'nodes that shall join; default: all that are not part of the cluster' }) };
  static override strict = false;
  static override flags = runFlags;

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Join);
    const names = argv.map(String);
    await this.withSession('join', flags, flags.json, async (session, reporter) => {
      checkNodeNames(session.cluster, names);
      const { plan, applied } = await runWorkflow(session, joinWorkflow, {
        dryRun: flags['dry-run'],
        ignorePreflight: flags['ignore-preflight'],
        maxUnavailable: flags['max-unavailable'],
        makeSteps: joinSteps(names),
        confirm: (shown) => confirmPlan(shown, reporter, flags),
      });
      await reporter.end();
      if (flags.json) return;
      if (flags['dry-run']) showPlan(plan);
      else
        this.log(
          applied ? 'joined; kcluster status shows every component' : 'nothing to do: every node of the inventory is part of the cluster',
        );
    });
  }
}
