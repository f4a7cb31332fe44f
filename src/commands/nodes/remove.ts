import { Args } from '@oclif/core';
import { removeNode } from '../../app/remove-node.ts';
import { ClusterCommand } from '../_shared/cluster-command.ts';
import { leaveFlags } from '../_shared/leave-flags.ts';
import { confirmPlan, showPlan } from '../_shared/show-plan.ts';

export default class NodesRemove extends ClusterCommand {
  static override description = `Take a node out of the cluster, and reset its host.

The node is drained, the others are told, its member leaves etcd, its Node object is deleted, its host is reset. Refused where etcd
would lose its quorum. With --dead the host is not asked: what the cluster still holds of it is found by its name and its peer URL.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> worker-3',
    '<%= config.bin %> <%= command.id %> cp-2 --dry-run',
    '<%= config.bin %> <%= command.id %> worker-7 --dead',
  ];
  static override args = { node: Args.string({ description: 'name of the node', required: true }) };
  static override flags = leaveFlags;
  /** Other hosts that are away must not keep a node from leaving. */
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodesRemove);
    const work: Parameters<typeof this.withSession<void>>[3] = async (session, reporter) => {
      const { plan, applied } = await removeNode(
        session,
        { node: args.node, isDead: flags.dead, drain: { timeoutSeconds: flags['drain-timeout'], force: flags.force } },
        {
          dryRun: flags['dry-run'],
          ignorePreflight: flags['ignore-preflight'],
          maxUnavailable: flags['max-unavailable'],
          confirm: (shown) => confirmPlan(shown, reporter, flags),
        },
      );
      await reporter.end();
      if (flags.json) return;
      if (flags['dry-run']) showPlan(plan);
      else
        this.log(
          applied ? `${args.node} is out of the cluster; take it out of the inventory too, or join brings it back` : 'nothing to do',
        );
    };
    await this.withSession('nodes remove', flags, flags.json, work, flags.dead ? [args.node] : []);
  }
}
