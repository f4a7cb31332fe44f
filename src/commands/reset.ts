import { Args, Flags } from '@oclif/core';
import { runReset } from '../app/run-reset.ts';
import { resetQuestion } from '../ui/reset-question.ts';
import { ClusterCommand } from './_shared/cluster-command.ts';
import { runFlags } from './_shared/run-flags.ts';
import { confirmPlan, showPlan } from './_shared/show-plan.ts';

export default class Reset extends ClusterCommand {
  static override description = `Take away from hosts what kcluster put there, and nothing else.

Without NODE all nodes of the inventory are reset, which ends the cluster. Each host lists what is kcluster's; a host that
belongs to another cluster is refused, and so is a single node whose etcd member the cluster still counts on.
Packages of the distribution stay and are named. A run that was stopped anywhere is finished by running it again.`;
  static override strict = false;
  static override args = { node: Args.string({ description: 'nodes to reset; none: all of the inventory', name: 'NODE' }) };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> worker-3 worker-4',
    '<%= config.bin %> <%= command.id %> --keep-etcd-data',
  ];
  static override flags = {
    'dry-run': runFlags['dry-run'],
    yes: runFlags.yes,
    json: runFlags.json,
    'keep-etcd-data': Flags.boolean({ description: 'set the data of etcd aside on its hosts instead of removing it' }),
  };

  /** Hosts that are not reset may be away. */
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Reset);
    const keepsEtcdData = flags['keep-etcd-data'];
    await this.withSession('reset', flags, flags.json, async (session, reporter) => {
      const cluster = session.cluster.name;
      const { plan, applied } = await runReset(session, {
        nodes: argv.map(String),
        keepEtcdData: keepsEtcdData,
        dryRun: flags['dry-run'],
        confirm: (shown, ends) => confirmPlan(shown, reporter, flags, resetQuestion({ cluster, nodes: shown.nodes, ends, keepsEtcdData })),
      });
      await reporter.end();
      if (flags.json) return;
      if (plan.steps.length === 0) this.log('nothing to do: nothing of kcluster is on these hosts');
      else if (flags['dry-run']) showPlan(plan);
      else if (applied) this.log(`reset: ${plan.nodes.join(', ')}`);
    });
  }
}
