import { Flags } from '@oclif/core';
import { readStatus } from '../app/cluster-status.ts';
import type { NodeStatus } from '../cluster/node-status.ts';
import { stringifyYaml } from '../render/yaml.ts';
import { describeStatus } from '../ui/describe-status.ts';
import { formatError } from '../ui/print-error.ts';
import { ClusterCommand } from './_shared/cluster-command.ts';

export default class Status extends ClusterCommand {
  static override description = `Show every component of every node: its unit, health, release, restarts and certificate days.

Hosts that do not answer are shown as such; nodes that are declared down with what they miss by now. Where backups are scheduled, how old the newest one is; one that is missing or too old is not well. The exit code is 0 when everything is well, 5 when something is not.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> -o json'];
  static override flags = {
    output: Flags.string({ char: 'o', description: 'form of the output', options: ['table', 'json', 'yaml'], default: 'table' }),
  };
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags } = await this.parse(Status);
    const { nodes, backups } = await this.withSession('status', flags, false, async (session) => {
      const { failures, ...found } = await readStatus({ cluster: session.cluster, hosts: session.hosts, now: new Date() });
      for (const error of [...session.unreachable, ...failures]) this.logToStderr(formatError(error).trimEnd());
      return found;
    });
    if (flags.output === 'json') this.log(JSON.stringify({ nodes, backups }, undefined, 2));
    else if (flags.output === 'yaml') this.log(stringifyYaml(backups === undefined ? { nodes } : { nodes, backups }).trimEnd());
    else this.log(describeStatus(nodes, backups).trimEnd());
    if (!nodes.every(isWell) || backups?.problem !== undefined) process.exitCode = 5;
  }
}

/** A node that came back and was not brought up to date is not well, however well it looks. */
function isWell({ state, absence, components }: NodeStatus): boolean {
  return (
    (absence === undefined || state === 'declared down') &&
    ['Ready', '', 'declared down'].includes(state) &&
    components.every(({ unit, health }) => unit === 'active' && (health === 'ok' || health === ''))
  );
}
