import { Flags } from '@oclif/core';
import { drainNodes } from '../../app/drain-nodes.ts';
import { drainTimeoutFlag } from '../_shared/drain-timeout.ts';
import { NodeCommand, nodeArgs, nodeFlags } from '../_shared/node-command.ts';

export default class NodesDrain extends NodeCommand {
  static override description = `Cordon nodes and evict their pods, one node after the other.

Shows first what that means: pods that are lost, data that is lost, workloads that are away for a while, budgets that hold it up.
Pods are evicted through the API, so PodDisruptionBudgets are kept. When the time is over the nodes stay cordoned, and the exit code is 5.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> worker-1',
    '<%= config.bin %> <%= command.id %> worker-1 worker-2 --drain-timeout 15m --yes',
    '<%= config.bin %> <%= command.id %> worker-1 --dry-run',
  ];
  static override args = nodeArgs;
  static override flags = {
    'drain-timeout': drainTimeoutFlag('one node'),
    force: Flags.boolean({ description: 'also delete pods that no controller makes again' }),
    ...nodeFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodesDrain);
    const options = { timeoutSeconds: flags['drain-timeout'], force: flags.force };
    await this.runVerb('nodes drain', flags, `${[...new Set(args.node)].join(', ')}: drained and cordoned`, (session, choices) =>
      drainNodes(session, args.node, options, choices),
    );
  }
}
