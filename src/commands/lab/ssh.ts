import { Args, Command, Flags } from '@oclif/core';
import { labSsh } from '../../lab/lab-ssh.ts';

export default class LabSsh extends Command {
  static override description = `Log in to a lab host, or run a command there, with the system's ssh client.

Uses the lab's key and its pinned host keys, nothing of your own SSH configuration. The exit code is the command's.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo-cp1',
    '<%= config.bin %> <%= command.id %> demo-w1 -- journalctl -u kubelet --no-pager',
    '<%= config.bin %> <%= command.id %> cp1 --name demo --user admin -- sudo id',
  ];
  static override usage = '<%= command.id %> NODE [--name NAME] [--user USER] [-- COMMAND...]';
  static override strict = false;
  static override args = {
    node: Args.string({ description: 'host; with --name also its short form, for example cp1', required: true, ignoreStdin: true }),
  };
  static override flags = {
    name: Flags.string({ description: 'name of the lab; found by the host when absent' }),
    user: Flags.string({ description: 'user to log in as', options: ['root', 'admin'] as const, default: 'root' }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(LabSsh);
    const command = argv.slice(1).map(String);
    const lab = flags.name === undefined ? {} : { lab: flags.name };
    this.exit(await labSsh({ host: args.node, user: flags.user, command, ...lab }));
  }
}
