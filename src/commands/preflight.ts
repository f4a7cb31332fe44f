import { Flags } from '@oclif/core';
import { checkHosts } from '../app/check-hosts.ts';
import { PreflightError } from '../errors.ts';
import { describeFindings } from '../ui/describe-findings.ts';
import { ClusterCommand } from './_shared/cluster-command.ts';
import { runFlags } from './_shared/run-flags.ts';

export default class Preflight extends ClusterCommand {
  static override description = `Ask every host whether it can carry its part of the cluster; change nothing.

Each check has a name. An error ends with exit code 3; --ignore-preflight NAME, or preflight.ignore in the inventory, makes a warning of it.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --ignore-preflight Swap -o json'];
  static override flags = {
    output: Flags.string({ char: 'o', description: 'form of the output', options: ['table', 'json'], default: 'table' }),
    'ignore-preflight': runFlags['ignore-preflight'],
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Preflight);
    const findings = await this.withSession('preflight', flags, false, (session) => checkHosts(session, flags['ignore-preflight']));
    this.log(flags.output === 'json' ? JSON.stringify({ findings }, undefined, 2) : describeFindings(findings).trimEnd());
    const errors = findings.filter((finding) => finding.severity === 'error').length;
    if (errors === 0) return;
    throw new PreflightError(errors === 1 ? 'one check failed' : `${errors} checks failed`, {
      remedy: 'mend what each one says, or waive it by name',
    });
  }
}
