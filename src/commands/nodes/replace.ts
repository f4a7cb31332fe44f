import { Args } from '@oclif/core';
import { joinSteps } from '../../app/join-steps.ts';
import { removeNode } from '../../app/remove-node.ts';
import { type RunChoices, runWorkflow } from '../../app/run-workflow.ts';
import type { Session } from '../../app/session.ts';
import { ConfigurationError } from '../../errors.ts';
import { joinWorkflow } from '../../workflows/init.ts';
import { checkNodeNames } from '../_shared/check-node-names.ts';
import { ClusterCommand } from '../_shared/cluster-command.ts';
import { leaveFlags } from '../_shared/leave-flags.ts';
import { confirmPlan, showPlan } from '../_shared/show-plan.ts';

export default class NodesReplace extends ClusterCommand {
  static override description = `Let a new node take the place of an old one; also of the node that was initialised first.

Both are in the inventory. The new one joins before the old one leaves; with --dead the old one leaves first, because a larger etcd
without it would bear less. Each half is a plan of its own that is shown and confirmed; a run that stopped goes on by running it again.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> cp-1 cp-4',
    '<%= config.bin %> <%= command.id %> worker-2 worker-9 --dead',
  ];
  static override args = {
    old: Args.string({ description: 'node that leaves', required: true }),
    new: Args.string({ description: 'node that takes its place', required: true }),
  };
  static override flags = leaveFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodesReplace);
    if (args.old === args.new) throw new ConfigurationError('a node cannot replace itself', { remedy: 'name two nodes' });
    const work: Parameters<typeof this.withSession<void>>[3] = async (session, reporter) => {
      checkNodeNames(session.cluster, [args.new]);
      const choices: RunChoices = {
        dryRun: flags['dry-run'],
        ignorePreflight: flags['ignore-preflight'],
        maxUnavailable: flags['max-unavailable'],
        confirm: (shown) => confirmPlan(shown, reporter, flags),
      };
      const join = (): ReturnType<typeof removeNode> =>
        runWorkflow(session, joinWorkflow, { ...choices, makeSteps: joinSteps([args.new]) });
      const leave = (): ReturnType<typeof removeNode> => this.#leave(session, args.old, flags, choices);
      for (const half of flags.dead ? [leave, join] : [join, leave]) {
        const { plan } = await half();
        await reporter.end();
        if (flags['dry-run'] && !flags.json) showPlan(plan);
      }
      if (!flags.json && !flags['dry-run'])
        this.log(`${args.new} has taken the place of ${args.old}; take ${args.old} out of the inventory`);
    };
    await this.withSession('nodes replace', flags, flags.json, work, flags.dead ? [args.old] : []);
  }

  #leave(session: Session, node: string, flags: { dead: boolean; force: boolean; 'drain-timeout': number }, choices: RunChoices) {
    const drain = { timeoutSeconds: flags['drain-timeout'], force: flags.force };
    return removeNode(session, { node, isDead: flags.dead, drain }, choices);
  }
}
