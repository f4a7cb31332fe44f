import { Command, Flags } from '@oclif/core';
import { labDown } from '../../lab/lab-down.ts';

export default class LabDown extends Command {
  static override description = `Take a lab down and everything it has on this machine: processes, mounts, interfaces, cgroups, files.

Works on half-made labs of killed runs too. The base system stays in the cache for the next lab.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --name big'];
  static override flags = {
    name: Flags.string({ description: 'name of the lab', default: 'demo' }),
    json: Flags.boolean({ description: 'print the result as JSON', default: false }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LabDown);
    const removed = await labDown(flags.name, (line) => (flags.json ? this.logToStderr(line) : this.log(line)));
    if (flags.json) this.log(JSON.stringify({ name: flags.name, removed }, null, 2));
  }
}
