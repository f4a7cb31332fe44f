import { Flags } from '@oclif/core';
import { lookAtEtcd } from '../../app/look-at-etcd.ts';
import type { EtcdReport } from '../../cluster/etcd-report.ts';
import { exitCodes } from '../../errors.ts';
import { stringifyYaml } from '../../render/yaml.ts';
import { formatError } from '../../ui/print-error.ts';
import { ClusterCommand, type ConnectionFlags } from './cluster-command.ts';

/** What commands that tell of etcd share: hosts that are away hold nothing up, and what is wrong is the exit code. */
export abstract class EtcdReportCommand extends ClusterCommand {
  protected override readonly tolerant = true;

  protected async report(
    verb: string,
    flags: ConnectionFlags & { readonly output: string },
    describe: (report: EtcdReport, wide: boolean) => string,
  ): Promise<void> {
    const report = await this.withSession(verb, flags, false, async (session) => {
      const look = await lookAtEtcd(session);
      for (const error of [...session.unreachable, ...look.failures]) this.logToStderr(formatError(error).trimEnd());
      return look.report;
    });
    if (flags.output === 'json') this.log(JSON.stringify(report, undefined, 2));
    else if (flags.output === 'yaml') this.log(stringifyYaml(report).trimEnd());
    else this.log(describe(report, flags.output === 'wide').trimEnd());
    if (report.findings.some(({ severity }) => severity === 'error')) process.exitCode = exitCodes.stopped;
  }
}

/** @param more what `wide` adds */
export const reportFlags = (more: string) => ({
  output: Flags.string({
    char: 'o',
    description: `form of the output; wide adds ${more}`,
    options: ['table', 'wide', 'json', 'yaml'],
    default: 'table',
  }),
});
