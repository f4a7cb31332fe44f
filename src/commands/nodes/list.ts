import { Flags } from '@oclif/core';
import { readNodes } from '../../app/list-nodes.ts';
import { stringifyYaml } from '../../render/yaml.ts';
import { describeNodes } from '../../ui/describe-nodes.ts';
import { formatError } from '../../ui/print-error.ts';
import { ClusterCommand } from '../_shared/cluster-command.ts';

export default class NodesList extends ClusterCommand {
  static override description = `List the nodes of the inventory and of the cluster side by side.

Hosts that do not answer are shown as such; so are nodes that have not joined, and nodes of the cluster that the inventory lacks.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> -o wide'];
  static override flags = {
    output: Flags.string({
      char: 'o',
      description: 'form of the output; wide adds age and number of pods',
      options: ['table', 'wide', 'json', 'yaml'],
      default: 'table',
    }),
  };
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags } = await this.parse(NodesList);
    const { output } = flags;
    const nodes = await this.withSession('nodes list', flags, false, async (session) => {
      const { nodes: found, failures } = await readNodes(session.cluster, session.hosts, output !== 'table');
      for (const error of [...session.unreachable, ...failures]) this.logToStderr(formatError(error).trimEnd());
      return found;
    });
    if (output === 'json') this.log(JSON.stringify({ nodes }, undefined, 2));
    else if (output === 'yaml') this.log(stringifyYaml({ nodes }).trimEnd());
    else this.log(describeNodes(nodes, output === 'wide', new Date()).trimEnd());
  }
}
