import { readFile } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import { backupDirectory } from '../../../app/backup-directory.ts';
import { openTarget } from '../../../app/open-place.ts';
import { saveBackup } from '../../../app/save-backup.ts';
import { formatBytes, formatCount } from '../../../ui/format.ts';
import { ClusterCommand } from '../../_shared/cluster-command.ts';
import { runFlags } from '../../_shared/run-flags.ts';

export default class EtcdSnapshotSave extends ClusterCommand {
  static override description = `Make a backup of the cluster now, and bring it here, or to an object store or another machine.

A backup is a snapshot of etcd with everything that it takes to use it: authorities, keys of service accounts and of encryption at rest, and the inventory. A control plane makes it from a healthy member of etcd, a follower where there is one, and nothing in the cluster changes. It holds the keys of the cluster: guard it as such, or encrypt it.

With --to URL it goes through this machine. A bucket or machine that cluster.etcd.snapshots.copyTo names is reached with what is said there; any other with the usual AWS_* variables or ~/.aws, or with your SSH agent, keys and ~/.ssh/config.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --to /mnt/backups --encrypt-to age1…',
    '<%= config.bin %> <%= command.id %> --to s3://backups/lab',
    '<%= config.bin %> <%= command.id %> --to ssh://backup@nas.example.com/srv/etcd',
  ];
  static override flags = {
    to: Flags.string({
      description:
        'where it goes: a directory, ssh://user@host[:port]/path or s3://bucket[/prefix]; default: backups/ in .kcluster/ beside the inventory',
      helpValue: 'DIR|URL',
    }),
    'encrypt-to': Flags.string({
      description: 'public key of age that can open it; may be given several times',
      helpValue: 'KEY',
      multiple: true,
    }),
    'keep-on-host': Flags.boolean({ description: 'leave a copy on the host that made it' }),
    json: runFlags.json,
  };
  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdSnapshotSave);
    await this.withSession('etcd snapshot save', flags, flags.json, async (session, reporter) => {
      const { record, archive } = await saveBackup(session, {
        to: openTarget(session, flags.to ?? backupDirectory(session.state)),
        inventory: await readFile(flags.inventory, 'utf8'),
        recipients: flags['encrypt-to'] ?? session.cluster.etcd.snapshots.encryptTo,
        keepOnHost: flags['keep-on-host'],
      });
      await reporter.end();
      if (flags.json) return;
      const { revision, keys } = record.snapshot;
      this.log(`saved ${archive}`);
      this.log(`revision ${revision}, ${formatCount(keys, 'key')}, ${formatBytes(record.archive.sizeBytes)}, taken from ${record.member}`);
    });
  }
}
