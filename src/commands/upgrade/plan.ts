import process from 'node:process';
import { Flags } from '@oclif/core';
import { planUpgrade } from '../../app/plan-upgrade.ts';
import { PreflightError } from '../../errors.ts';
import { describeUpgrade } from '../../ui/describe-upgrade.ts';
import { createPaint } from '../../ui/paint.ts';
import { standardOutput } from '../../ui/standard-output.ts';
import { ClusterCommand } from '../_shared/cluster-command.ts';
import { saveJson } from '../_shared/save-json.ts';
import { showPlan } from '../_shared/show-plan.ts';
import { choicesOfFlags, upgradeFlags } from '../_shared/upgrade-flags.ts';

export default class UpgradePlanCommand extends ClusterCommand {
  static override description = `Show what an upgrade would be, and what speaks against it.

Says where the way leads, what becomes what, and what is away when. Looks at every host and changes nothing. Without --to it is about the release of the inventory, else about the next one that there is.
With findings that are errors the exit code is 3. A saved plan holds no secrets; \`upgrade apply\` carries out exactly that plan, or refuses when a host moved since.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --to 1.37.1 --steps',
    '<%= config.bin %> <%= command.id %> --to 1.37.1 -o plan.json && <%= config.bin %> upgrade apply plan.json',
  ];
  static override flags = {
    ...upgradeFlags,
    output: Flags.string({ char: 'o', description: 'also save the plan', helpValue: 'FILE' }),
    steps: Flags.boolean({ description: 'show every step of the next hop, too' }),
    json: Flags.boolean({ description: 'print the plan as JSON' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(UpgradePlanCommand);
    const plan = await this.withSession('upgrade plan', flags, false, (session) => planUpgrade(session, choicesOfFlags(flags)));
    if (flags.output !== undefined) await saveJson(flags.output, plan);
    const { findings } = plan.plan;
    if (flags.json) this.log(JSON.stringify(plan, undefined, 2));
    else {
      const out = standardOutput(process.stdout);
      out.write(describeUpgrade(plan, findings, createPaint(out.colors)));
      if (flags.steps) showPlan({ ...plan.plan, findings: [] });
    }
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    if (errors === 0) return;
    throw new PreflightError(`${errors === 1 ? 'one finding speaks' : `${errors} findings speak`} against the upgrade`, {
      remedy: 'mend what each one says; or waive what is not mandatory by name with --ignore-preflight NAME',
    });
  }
}
