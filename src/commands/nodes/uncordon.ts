import { runOnNodes } from '../../app/run-on-nodes.ts';
import { cordonWorkflow } from '../../workflows/nodes.ts';
import { NodeCommand, nodeArgs, nodeFlags } from '../_shared/node-command.ts';

export default class NodesUncordon extends NodeCommand {
  static override description = `Let nodes take pods again, after \`nodes cordon\` or \`nodes drain\`.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> worker-1',
    '<%= config.bin %> <%= command.id %> worker-1 worker-2 --yes',
  ];
  static override args = nodeArgs;
  static override flags = nodeFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodesUncordon);
    const names = [...new Set(args.node)];
    await this.runVerb('nodes uncordon', flags, `${names.join(', ')}: schedulable again`, (session, choices) =>
      runOnNodes(session, { workflow: cordonWorkflow(names, false), nodes: names }, choices),
    );
  }
}
