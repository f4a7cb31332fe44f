import { writeFile } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import { runWorkflow } from '../app/run-workflow.ts';
import { ConfigurationError, DriftFound, UnconfirmedError } from '../errors.ts';
import { initWorkflow } from '../workflows/init.ts';
import { ClusterCommand } from './_shared/cluster-command.ts';
import { runFlags } from './_shared/run-flags.ts';
import { showPlan } from './_shared/show-plan.ts';

export default class PlanCommand extends ClusterCommand {
  static override description = `Show what would be done, and save it for review.

A saved plan holds no secrets. \`apply\` carries out exactly that plan, or refuses when a host moved since.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -o plan.json && <%= config.bin %> apply plan.json',
    '<%= config.bin %> <%= command.id %> --detailed-exitcode',
  ];
  static override flags = {
    output: Flags.string({ char: 'o', description: 'also save the plan', helpValue: 'FILE' }),
    'detailed-exitcode': Flags.boolean({ description: 'exit 10 when something is to do' }),
    json: Flags.boolean({ description: 'print the plan as JSON' }),
    'max-unavailable': runFlags['max-unavailable'],
    'ignore-preflight': runFlags['ignore-preflight'],
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(PlanCommand);
    const { plan } = await this.withSession('plan', flags, false, (session) =>
      runWorkflow(session, initWorkflow, {
        dryRun: true,
        ignorePreflight: flags['ignore-preflight'],
        maxUnavailable: flags['max-unavailable'],
        confirm: () => Promise.reject(new UnconfirmedError('a plan changes nothing')),
      }),
    );
    if (flags.output !== undefined) await this.#save(flags.output, `${JSON.stringify(plan, undefined, 2)}\n`);
    if (flags.json) this.log(JSON.stringify(plan, undefined, 2));
    else showPlan(plan);
    if (flags['detailed-exitcode'] && plan.steps.length > 0)
      throw new DriftFound('the hosts differ from the inventory', { remedy: 'kcluster init brings them back' });
  }

  async #save(file: string, text: string): Promise<void> {
    try {
      await writeFile(file, text, { mode: 0o600 });
    } catch (cause) {
      throw new ConfigurationError(`${file} cannot be written`, { remedy: 'Choose another file with -o FILE.', cause });
    }
  }
}
