import { Flags } from '@oclif/core';
import { checkHosts } from '../app/check-hosts.ts';
import { checkPaths } from '../app/check-paths.ts';
import { PreflightError } from '../errors.ts';
import { describeFindings } from '../ui/describe-findings.ts';
import { describePaths } from '../ui/describe-paths.ts';
import { ClusterCommand } from './_shared/cluster-command.ts';
import { runFlags } from './_shared/run-flags.ts';

export default class Preflight extends ClusterCommand {
  static override description = `Ask every host whether it can carry its part, and try every path between hosts; change nothing.

Where no component listens yet, a listener is opened for some seconds. The table shows who reaches whom: rows connect, columns are connected to.
Each check has a name. An error ends with exit code 3; --ignore-preflight NAME, or preflight.ignore in the inventory, makes a warning of it.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --ignore-preflight Swap -o json'];
  static override flags = {
    output: Flags.string({ char: 'o', description: 'form of the output', options: ['table', 'json'], default: 'table' }),
    'ignore-preflight': runFlags['ignore-preflight'],
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Preflight);
    const waived = flags['ignore-preflight'];
    const { findings, paths, addresses } = await this.withSession('preflight', flags, false, async (session) => {
      const hosts = await checkHosts(session, waived);
      const between = await checkPaths(session, hosts.look, { waived });
      const nodes = session.cluster.nodes.map(({ name, internalAddress }) => [name, internalAddress] as const);
      return { findings: [...hosts.findings, ...between.findings], paths: between.paths, addresses: new Map(nodes) };
    });
    if (flags.output === 'json') this.log(JSON.stringify({ findings, paths }, undefined, 2));
    else
      this.log(
        [describePaths(paths, addresses), describeFindings(findings)]
          .filter((part) => part !== '')
          .join('\n')
          .trimEnd(),
      );
    const errors = findings.filter((finding) => finding.severity === 'error').length;
    if (errors === 0) return;
    throw new PreflightError(errors === 1 ? 'one check failed' : `${errors} checks failed`, {
      remedy: 'mend what each one says, or waive it by name',
    });
  }
}
