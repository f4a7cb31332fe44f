import { Args } from '@oclif/core';
import { runWorkflow } from '../../app/run-workflow.ts';
import { stageSteps } from '../../app/stage-steps.ts';
import { stageWorkflow } from '../../workflows/stage.ts';
import { checkNodeNames } from '../_shared/check-node-names.ts';
import { ClusterCommand } from '../_shared/cluster-command.ts';
import { runFlags } from '../_shared/run-flags.ts';
import { confirmPlan, showPlan } from '../_shared/show-plan.ts';

const { 'max-unavailable': _, ...flags } = runFlags;

export default class ArtifactsStage extends ClusterCommand {
  static override description = `Send binaries and images to the hosts ahead of time.

Starts nothing and changes nothing that runs: the init or join that follows finds on the hosts what takes longest to send.
What a host holds already is not sent again.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> worker-4 --yes'];
  static override args = { nodes: Args.string({ description: 'nodes to send to; default: all of the inventory' }) };
  static override strict = false;
  static override flags = flags;

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(ArtifactsStage);
    const names = argv.map(String);
    await this.withSession('artifacts stage', flags, flags.json, async (session, reporter) => {
      checkNodeNames(session.cluster, names);
      const { plan, applied } = await runWorkflow(session, stageWorkflow, {
        dryRun: flags['dry-run'],
        ignorePreflight: flags['ignore-preflight'],
        maxUnavailable: '1',
        makeSteps: stageSteps(names),
        confirm: (shown) => confirmPlan(shown, reporter, flags),
      });
      await reporter.end();
      if (flags.json) return;
      if (flags['dry-run']) showPlan(plan);
      else this.log(applied ? 'staged: the next init or join sends no binaries and no images' : 'nothing to do: the hosts hold everything');
    });
  }
}
