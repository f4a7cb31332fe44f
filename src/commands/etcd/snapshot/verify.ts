import { Args, Flags } from '@oclif/core';
import { type FoundBackup, isBackupFile, withBackup } from '../../../app/find-backup.ts';
import type { Session } from '../../../app/session.ts';
import { type Verified, verifyByDrill, verifyFile } from '../../../app/verify-backup.ts';
import { describeDrill } from '../../../ui/describe-backup-list.ts';
import { formatBytes, formatCount } from '../../../ui/format.ts';
import { ClusterCommand } from '../../_shared/cluster-command.ts';
import { inFlag } from '../../_shared/in-flag.ts';
import { withReporter } from '../../_shared/with-reporter.ts';

export default class EtcdSnapshotVerify extends ClusterCommand {
  static override description = `Read a backup to its last byte; with --drill also restore it, beside everything that runs.

The drill restores the snapshot on one host into a directory of its own. An etcd that joins nothing serves it on a socket; its objects are counted, and one Secret is decrypted with the key in the backup. Then all of it is removed. The cluster is not touched. The exit code is 8 when anything about the backup is wrong.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo-20261126T150000Z-cp-1 --drill',
    '<%= config.bin %> <%= command.id %> /mnt/backups/demo-20261126T150000Z-cp-1.tar.zst.age --identity key.txt',
  ];
  static override args = {
    backup: Args.string({ description: 'file of a backup, its name as etcd snapshot list shows it, or its URL', required: true }),
  };
  static override flags = {
    identity: Flags.string({
      description: 'file with the private key of an encrypted backup; it stays on this machine',
      helpValue: 'FILE',
    }),
    drill: Flags.boolean({ description: 'restore it on a host, in a directory of its own' }),
    on: Flags.string({ description: 'node for the drill; default: the first that runs etcd', helpValue: 'NODE', dependsOn: ['drill'] }),
    in: inFlag,
    output: Flags.string({ char: 'o', description: 'form of the output', options: ['table', 'json'], default: 'table' }),
  };
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(EtcdSnapshotVerify);
    const choices = { identityFile: flags.identity };
    const verified = await (async (): Promise<Verified> => {
      // Without a cluster, too: everything that is asked is in the file.
      if (isBackupFile(args.backup) && !flags.drill)
        return { backup: await withReporter((teller) => verifyFile(teller, { file: args.backup }, choices)) };
      return this.withSession('etcd snapshot verify', flags, false, (session) => {
        const check = async (found: FoundBackup): Promise<Verified> =>
          flags.drill ? verifyByDrill(session, found, choices, flags.on) : { backup: await verifyFile(session, found, choices) };
        return this.#find(session, args.backup, flags.in, check);
      });
    })();
    this.#show(verified, flags.output);
  }

  #find(session: Session, given: string, place: string | undefined, check: (found: FoundBackup) => Promise<Verified>): Promise<Verified> {
    if (isBackupFile(given)) return check({ file: given });
    return withBackup(session, given, place, check);
  }

  #show({ backup: { record, hasRecord }, drill }: Verified, output: string): void {
    if (output === 'json') {
      this.log(JSON.stringify({ record, hasRecord, ...(drill === undefined ? {} : { drill }) }, undefined, 2));
      return;
    }
    const { name, takenAt, snapshot, archive } = record;
    if (!hasRecord) this.logToStderr('its record is not beside it: the archive was checked by what is in it alone');
    if (drill !== undefined) this.log(describeDrill(drill).trimEnd());
    this.log(
      `${name} is whole: taken ${takenAt}, revision ${snapshot.revision}, ${formatCount(snapshot.keys, 'key')}, ${formatBytes(archive.sizeBytes)}`,
    );
  }
}
