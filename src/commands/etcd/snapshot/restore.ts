import { Args, Flags } from '@oclif/core';
import { openRestoreSource } from '../../../app/open-restore-source.ts';
import { runRestore } from '../../../app/run-restore.ts';
import { ConfigurationError } from '../../../errors.ts';
import { ClusterCommand } from '../../_shared/cluster-command.ts';
import { runFlags } from '../../_shared/run-flags.ts';
import { confirmPlan, showPlan } from '../../_shared/show-plan.ts';

const { 'max-unavailable': _, ...flags } = runFlags;

export default class EtcdSnapshotRestore extends ClusterCommand {
  static override description = `Make etcd anew from a backup, on every host of it.

Everything that takes long is done while the cluster still runs: the backup is read to its last byte, sent, judged again on each host, and made into
data beside the data in use. Then API servers and controllers stop, etcd stops, two directories change places, and everything starts
again above any revision that was seen before. The data that was in use is kept. Works on a cluster that runs, on one that lost its
quorum for good, and on new hosts. A run that was stopped anywhere is finished by running it again, or with --resume.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> prod-20261126T150000Z-cp1.tar.zst --dry-run',
    '<%= config.bin %> <%= command.id %> prod-20261126T150000Z-cp1.tar.zst.age --identity key.txt',
    '<%= config.bin %> <%= command.id %> --resume',
  ];
  static override args = { backup: Args.string({ description: 'archive of a backup, or its record' }) };
  static override flags = {
    ...flags,
    identity: Flags.string({ description: 'file with the private key of an encrypted backup', helpValue: 'FILE' }),
    resume: Flags.boolean({ description: 'go on with the restore that is under way, from what the hosts hold' }),
    adopt: Flags.boolean({ description: 'hosts that hold no cluster become the cluster of the backup' }),
  };

  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags, args } = await this.parse(EtcdSnapshotRestore);
    const { backup } = args;
    if ((backup === undefined) !== flags.resume) {
      throw new ConfigurationError(backup === undefined ? 'no backup is named' : 'a backup is named, and --resume is given', {
        remedy: 'name the backup to restore; or give --resume to finish the restore that is under way',
      });
    }
    await this.withSession('etcd snapshot restore', flags, flags.json, async (session, reporter) => {
      await using opened = backup === undefined ? undefined : await openRestoreSource(session, backup, flags.identity);
      const { plan, applied } = await runRestore(session, {
        dryRun: flags['dry-run'],
        ignorePreflight: flags['ignore-preflight'],
        adopt: flags.adopt,
        ...(opened === undefined ? {} : { source: opened.source }),
        confirm: (shown) => confirmPlan(shown, reporter, flags, 'Replace the data of etcd?'),
      });
      await reporter.end();
      if (flags.json) return;
      if (flags['dry-run']) showPlan(plan);
      else if (applied)
        this.log('restored: the cluster holds what the backup held; the data that was in use before lies in /var/lib/etcd/replaced-*');
    });
  }
}
