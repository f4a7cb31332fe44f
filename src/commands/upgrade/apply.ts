import { readFile } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import { backupDirectory } from '../../app/backup-directory.ts';
import { openTarget } from '../../app/open-place.ts';
import { readUpgradePlan } from '../../app/read-plan.ts';
import { runUpgrade } from '../../app/run-upgrade.ts';
import { saveBackup } from '../../app/save-backup.ts';
import type { Session } from '../../app/session.ts';
import { ConfigurationError } from '../../errors.ts';
import { ClusterCommand } from '../_shared/cluster-command.ts';
import { runFlags } from '../_shared/run-flags.ts';
import { confirmPlan, showPlan } from '../_shared/show-plan.ts';
import { choicesOfFlags, choicesOfPlan, upgradeFlags } from '../_shared/upgrade-flags.ts';

export default class UpgradeApply extends ClusterCommand {
  static override description = `Bring the cluster to another release of Kubernetes, and its components along.

Looks, shows what would be done, asks, makes a backup, and sends everything big while all still runs. Then members of etcd follow one after the other, the leader last, API servers one at a time, controller managers and schedulers, and node by node what carries pods: drained, swapped, Ready, and taking pods again. A node whose gate does not open gets back what it had, and nothing else is touched.
A way over several minors is gone hop by hop. What was stopped anywhere goes on when it is run again. With a saved plan, its hop is carried out exactly, or refused with exit code 8 when something changed since.`;
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
    'no-backup': Flags.boolean({ description: 'make no backup first' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UpgradeApply);
    const saved = args.plan === undefined ? undefined : await readUpgradePlan(args.plan);
    if (saved !== undefined && flags.to !== undefined) {
      throw new ConfigurationError('a saved plan says where it leads', { remedy: 'leave out --to, or the plan' });
    }
    const choices = saved === undefined ? choicesOfFlags(flags) : choicesOfPlan(saved, flags);
    await this.withSession('upgrade apply', flags, flags.json, async (session, reporter) => {
      const results = await runUpgrade(session, {
        ...choices,
        dryRun: flags['dry-run'],
        confirm: (plan) => confirmPlan(plan, reporter, flags),
        backUp: () => (flags['no-backup'] ? Promise.resolve() : this.#backUp(session, flags.inventory)),
      });
      await reporter.end();
      if (flags.json) return;
      if (flags['dry-run']) for (const { plan } of results) showPlan(plan);
      else this.log(results.some(({ applied }) => applied) ? 'upgraded' : 'nothing to do');
    });
  }

  async #backUp(session: Session, inventory: string): Promise<void> {
    if (session.cluster.etcd.given !== undefined) return;
    await saveBackup(session, {
      to: openTarget(session, backupDirectory(session.state)),
      inventory: await readFile(inventory, 'utf8'),
      recipients: session.cluster.etcd.snapshots.encryptTo,
      keepOnHost: false,
    });
  }
}
