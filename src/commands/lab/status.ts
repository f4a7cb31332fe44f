import { Command, Flags } from '@oclif/core';
import { labStatus } from '../../lab/lab-status.ts';
import { stringifyYaml } from '../../render/yaml.ts';
import { standardOutput } from '../../ui/standard-output.ts';
import { renderTable } from '../../ui/table.ts';

export default class LabStatus extends Command {
  static override description = 'Show the labs of this machine and the state of their hosts.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --name demo -o json'];
  static override flags = {
    name: Flags.string({ description: 'show this lab only' }),
    output: Flags.string({
      char: 'o',
      description: 'form of the answer',
      options: ['table', 'wide', 'json', 'yaml'] as const,
      default: 'table',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LabStatus);
    const labs = await labStatus(flags.name);
    if (flags.output === 'json') return this.log(JSON.stringify(labs, null, 2));
    if (flags.output === 'yaml') return this.log(stringifyYaml(labs).trimEnd());
    if (labs.length === 0) return this.log('there is no lab');
    const wide = flags.output === 'wide';
    const rows = labs.flatMap((lab) =>
      lab.hosts.map((host) => [lab.name, host.name, host.address, host.roles.join(','), host.state, lab.phase, lab.inventory]),
    );
    const headings = ['LAB', 'HOST', 'ADDRESS', 'ROLES', 'STATE', ...(wide ? ['LAB PHASE', 'INVENTORY'] : [])];
    standardOutput().write(renderTable(headings, rows));
  }
}
