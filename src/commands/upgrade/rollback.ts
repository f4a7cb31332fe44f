import { Flags } from '@oclif/core';
import { followRelease } from '../../app/follow-release.ts';
import { runRollback } from '../../app/run-upgrade.ts';
import { backUp } from '../_shared/back-up.ts';
import { ClusterCommand } from '../_shared/cluster-command.ts';
import { runFlags } from '../_shared/run-flags.ts';
import { confirmPlan, showPlan } from '../_shared/show-plan.ts';
import { choicesOfFlags, keepInventoryFlag, upgradeFlags } from '../_shared/upgrade-flags.ts';
import { versionFlag } from '../_shared/version-flag.ts';

export default class UpgradeRollback extends ClusterCommand {
  static override description = `Take an upgrade back: every part that is new becomes again what the others still are.

Nodes go back first, then controller managers and schedulers, API servers, and etcd, with the same drains, gates and copies as on the way there. Past the point of no return it is refused with exit code 8: once no API server of the older minor is left, only the backup that was made before leads back. Members of etcd that are all new stay new.
With --to the cluster goes back to an older patch. An inventory that names a newer release names this one at the end.`;
  static override examples = ['<%= config.bin %> <%= command.id %> --dry-run', '<%= config.bin %> <%= command.id %> --to 1.36.3'];
  static override flags = {
    ...upgradeFlags,
    to: versionFlag({ description: 'release to go back to; default: that of the parts that are not new yet' }),
    'dry-run': runFlags['dry-run'],
    yes: runFlags.yes,
    json: runFlags.json,
    'keep-inventory': keepInventoryFlag,
    'no-backup': Flags.boolean({ description: 'make no backup first' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(UpgradeRollback);
    await this.withSession('upgrade rollback', flags, flags.json, async (session, reporter) => {
      const { results, arrived } = await runRollback(session, {
        ...choicesOfFlags(flags),
        dryRun: flags['dry-run'],
        confirm: (shown) => confirmPlan(shown, reporter, flags),
        backUp: () => (flags['no-backup'] ? Promise.resolve() : backUp(session, flags.inventory)),
      });
      if (arrived !== undefined && !flags['keep-inventory']) {
        await followRelease(session, flags.inventory, { release: arrived, direction: 'back' });
      }
      await reporter.end();
      if (flags.json) return;
      if (flags['dry-run']) for (const { plan } of results) showPlan(plan);
      else this.log(results.some(({ applied }) => applied) ? 'taken back' : 'nothing to do');
    });
  }
}
