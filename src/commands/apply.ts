import { Args } from '@oclif/core';
import { joinSteps } from '../app/join-steps.ts';
import { writeOperatorKubeconfigs } from '../app/operator-kubeconfig.ts';
import { readPlan } from '../app/read-plan.ts';
import { runWorkflow } from '../app/run-workflow.ts';
import { summarizeCluster } from '../ui/summarize-cluster.ts';
import { initWorkflow, joinWorkflow } from '../workflows/init.ts';
import { ClusterCommand } from './_shared/cluster-command.ts';
import { runFlags } from './_shared/run-flags.ts';
import { confirmPlan } from './_shared/show-plan.ts';

export default class Apply extends ClusterCommand {
  static override description = `Carry out a saved plan, exactly that one.

Looks again first: when a host, the inventory or the plan changed since it was saved, nothing is done and the exit code is 8.`;
  static override examples = ['<%= config.bin %> <%= command.id %> plan.json', '<%= config.bin %> <%= command.id %> plan.json --yes'];
  static override args = { plan: Args.string({ description: 'file written by kcluster plan -o', required: true }) };
  static override flags = { yes: runFlags.yes, json: runFlags.json, 'ignore-preflight': runFlags['ignore-preflight'] };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Apply);
    const reviewed = await readPlan(args.plan);
    await this.withSession('apply', flags, flags.json, async (session, reporter) => {
      const joins = reviewed.workflow === 'join';
      const { applied } = await runWorkflow(session, joins ? joinWorkflow : initWorkflow, {
        dryRun: false,
        ...(joins ? { makeSteps: joinSteps(reviewed.joining ?? []) } : {}),
        ignorePreflight: [...reviewed.findings.map((finding) => finding.id), ...flags['ignore-preflight']],
        maxUnavailable: reviewed.maxUnavailable,
        reviewed,
        confirm: (plan) => confirmPlan(plan, reporter, flags),
      });
      await reporter.end();
      const kubeconfigs = await writeOperatorKubeconfigs(session);
      if (!flags.json) this.log(summarizeCluster(session.cluster, kubeconfigs, applied));
    });
  }
}
