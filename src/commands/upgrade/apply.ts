import { Args, Flags } from '@oclif/core';
import { followRelease } from '../../app/follow-release.ts';
import { readUpgradePlan } from '../../app/read-plan.ts';
import { runUpgrade } from '../../app/run-upgrade.ts';
import { type ComponentName, componentNames } from '../../cluster/cluster.ts';
import { ConfigurationError } from '../../errors.ts';
import { confirm } from '../../ui/confirm.ts';
import { backUp } from '../_shared/back-up.ts';
import { ClusterCommand } from '../_shared/cluster-command.ts';
import { runFlags } from '../_shared/run-flags.ts';
import { confirmPlan, showPlan } from '../_shared/show-plan.ts';
import { summarizeUpgrade } from '../_shared/summarize-upgrade.ts';
import { choicesOfFlags, choicesOfPlan, keepInventoryFlag, upgradeFlags } from '../_shared/upgrade-flags.ts';

/** Components with a release that can be chosen by itself. */
const changeable = componentNames.filter((name) => name !== 'pause' && name !== 'age');

export default class UpgradeApply extends ClusterCommand {
  static override description = `Bring the cluster to another release of Kubernetes, and its components along.

Looks, shows what would be done, asks, makes a backup, and sends everything big while all still runs. Then members of etcd follow one after the other, the leader last, API servers one at a time, controller managers and schedulers, and node by node what carries pods: drained, swapped, Ready, and taking pods again. A node whose gate does not open gets back what it had, and nothing else is touched.
A way over several minors is gone hop by hop. What was stopped anywhere goes on when it is run again. At the end of the way the inventory names the release. With a saved plan, its hop is carried out exactly, or refused with exit code 8 when something changed since.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --to 1.37.1',
    '<%= config.bin %> <%= command.id %> plan.json --yes',
    '<%= config.bin %> <%= command.id %> --dry-run',
  ];
  static override args = { plan: Args.string({ description: 'file written by kcluster upgrade plan -o' }) };
  static override flags = {
    ...upgradeFlags,
    'dry-run': runFlags['dry-run'],
    yes: runFlags.yes,
    json: runFlags.json,
    only: Flags.string({
      description: 'change this component alone, to what belongs to the target; may be given several times',
      options: changeable,
      multiple: true,
    }),
    'pause-after-first': Flags.boolean({ description: 'stop once the first node was taken; run again to go on' }),
    'confirm-each': Flags.boolean({ description: 'ask before each node' }),
    'keep-inventory': keepInventoryFlag,
    'no-backup': Flags.boolean({ description: 'make no backup first' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UpgradeApply);
    const saved = args.plan === undefined ? undefined : await readUpgradePlan(args.plan);
    if (saved !== undefined && flags.to !== undefined) {
      throw new ConfigurationError('a saved plan says where it leads', { remedy: 'leave out --to, or the plan' });
    }
    const choices = saved === undefined ? choicesOfFlags(flags) : choicesOfPlan(saved, flags);
    this.plain = flags['confirm-each'];
    await this.withSession('upgrade apply', flags, flags.json, async (session, reporter) => {
      const { results, arrived } = await runUpgrade(session, {
        ...choices,
        dryRun: flags['dry-run'],
        pauseAfterFirst: flags['pause-after-first'],
        ...(flags.only === undefined ? {} : { only: new Set(flags.only as readonly ComponentName[]) }),
        ...(flags['confirm-each'] ? { confirmNode: (node: string) => confirm(`Go on with ${node}?`) } : {}),
        confirm: (plan) => confirmPlan(plan, reporter, flags),
        backUp: () => (flags['no-backup'] ? Promise.resolve() : backUp(session, flags.inventory)),
      });
      const follows = arrived !== undefined && !flags['keep-inventory'];
      if (follows) await followRelease(session, flags.inventory, { release: arrived, direction: 'forward' });
      await reporter.end();
      if (flags.json) return;
      if (flags['dry-run']) for (const { plan } of results) showPlan(plan);
      else this.log(summarizeUpgrade(results, { pauses: flags['pause-after-first'], follows }));
    });
  }
}
