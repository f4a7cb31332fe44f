import { Args, Flags } from '@oclif/core';
import { isBackupFile, withBackup } from '../../../app/find-backup.ts';
import { openRestoreSource } from '../../../app/open-restore-source.ts';
import { pruneReplaced } from '../../../app/prune-replaced.ts';
import { type RestoreChoices, runRestore } from '../../../app/run-restore.ts';
import type { RunResult } from '../../../app/run-workflow.ts';
import type { Session } from '../../../app/session.ts';
import type { RestoreDifference } from '../../../cluster/restore-difference.ts';
import { ConfigurationError } from '../../../errors.ts';
import { describeDifferences } from '../../../ui/describe-differences.ts';
import { ClusterCommand } from '../../_shared/cluster-command.ts';
import { inFlag } from '../../_shared/in-flag.ts';
import { runFlags } from '../../_shared/run-flags.ts';
import { confirmPlan, showPlan } from '../../_shared/show-plan.ts';

const { 'max-unavailable': _, ...flags } = runFlags;
const done = {
  restore: 'restored: the data that was in use before lies in /var/lib/etcd/replaced-* until --prune removes it',
  prune: 'removed what earlier restores put aside',
} as const;

/** One of three, and only one. @throws ConfigurationError */
function refuseMixture(backup: string | undefined, { resume = false, prune = false }: Partial<Record<'resume' | 'prune', boolean>>): void {
  const words = [backup !== undefined && 'a backup', resume && '--resume', prune && '--prune'].filter((word) => word !== false);
  if (words.length === 1) return;
  throw new ConfigurationError(words.length === 0 ? 'no backup is named' : `${words.join(' and ')} do not go together`, {
    remedy: 'name the backup to restore; or give --resume to finish a restore that is under way, or --prune to remove replaced data',
  });
}

export default class EtcdSnapshotRestore extends ClusterCommand {
  static override description = `Make etcd anew from a backup, on every host of it.

First it says what would change, by resource, which hosts stop, and for about how long the API is away. Everything that takes long is done while the cluster runs: the backup is read to its last byte, sent, judged again on each host, and made into data beside the data in use. Then API servers and controllers stop, etcd stops, two directories change places, and everything starts again, above any revision that was seen before. At the end the rest of the cluster is brought to the inventory, as by init.

It works on a cluster that runs, on one that lost its quorum for good, and on new hosts. The data that was in use is kept on its hosts until --prune removes it. A run that was stopped anywhere is finished by running it again, or with --resume; nothing else begins until then.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo-20261126T150000Z-cp-1 --dry-run',
    '<%= config.bin %> <%= command.id %> /mnt/backups/demo-20261126T150000Z-cp-1.tar.zst.age --identity key.txt',
    '<%= config.bin %> <%= command.id %> --resume',
    '<%= config.bin %> <%= command.id %> --prune',
  ];
  static override args = { backup: Args.string({ description: 'file of a backup, its name as etcd snapshot list shows it, or its URL' }) };
  static override flags = {
    ...flags,
    identity: Flags.string({
      description: 'file with the private key of an encrypted backup; it stays on this machine',
      helpValue: 'FILE',
    }),
    in: inFlag,
    adopt: Flags.boolean({ description: 'hosts that hold no cluster become the cluster of the backup' }),
    resume: Flags.boolean({ description: 'go on with the restore that is under way, from what the hosts hold', exclusive: ['prune'] }),
    prune: Flags.boolean({ description: 'remove the data that earlier restores put aside' }),
  };
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags, args } = await this.parse(EtcdSnapshotRestore);
    refuseMixture(args.backup, flags);
    const before = { text: '' };
    await this.withSession('etcd snapshot restore', flags, flags.json, async (session, reporter) => {
      const question = flags.prune ? 'Remove this for good?' : 'Replace the data of etcd?';
      const confirm = (shown: RunResult['plan']): Promise<void> => confirmPlan(shown, reporter, flags, question, before.text);
      const onCompared = (differences: readonly RestoreDifference[] | undefined): void => {
        before.text = describeDifferences(differences);
        if (flags.json) session.emit({ type: 'notice', level: 'info', text: before.text });
      };
      const isRead = flags['dry-run'] || !flags.yes;
      const choices = { dryRun: flags['dry-run'], ignorePreflight: flags['ignore-preflight'], adopt: flags.adopt, confirm };
      const result = flags.prune
        ? await pruneReplaced(session, choices)
        : await this.#restore(session, args.backup, flags, { ...choices, ...(isRead ? { onCompared } : {}) });
      await reporter.end();
      if (!flags.json) this.#tell(result, flags, before.text);
    });
  }

  #tell({ plan, applied }: RunResult, flags: { readonly 'dry-run': boolean; readonly prune: boolean }, preface: string): void {
    if (flags['dry-run']) showPlan(plan, preface);
    else this.log(applied ? done[flags.prune ? 'prune' : 'restore'] : 'nothing to do');
  }

  async #restore(
    session: Session,
    backup: string | undefined,
    { identity, in: place }: { readonly identity: string | undefined; readonly in: string | undefined },
    choices: RestoreChoices,
  ): Promise<RunResult> {
    if (backup === undefined) return runRestore(session, choices);
    const from = async (file: string): Promise<RunResult> => {
      await using opened = await openRestoreSource(session, file, identity);
      return await runRestore(session, { ...choices, source: opened.source });
    };
    if (isBackupFile(backup)) return from(backup);
    return withBackup(session, backup, place, ({ file }) => from(file));
  }
}
