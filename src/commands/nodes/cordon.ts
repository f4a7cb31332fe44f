import { runOnNodes } from '../../app/run-on-nodes.ts';
import { cordonWorkflow } from '../../workflows/nodes.ts';
import { NodeCommand, nodeArgs, nodeFlags } from '../_shared/node-command.ts';

export default class NodesCordon extends NodeCommand {
  static override description = `Let nodes take no new pods; those that run there stay.

Asked through any control-plane host that answers: the nodes themselves may be away.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> worker-1',
    '<%= config.bin %> <%= command.id %> worker-1 worker-2 --yes',
  ];
  static override args = nodeArgs;
  static override flags = nodeFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodesCordon);
    const names = [...new Set(args.node)];
    await this.runVerb('nodes cordon', flags, `${names.join(', ')}: cordoned`, (session, choices) =>
      runOnNodes(session, { workflow: cordonWorkflow(names, true), nodes: names }, choices),
    );
  }
}
