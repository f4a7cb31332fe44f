import type { Cluster } from '../cluster/cluster.ts';
import { formatVersion, parseVersion, type Version } from '../cluster/version.ts';
import { authorityTable, encryptionConfigPath } from '../components/authorities.ts';
import type { SecretName } from '../engine/secret-name.ts';
import { readEncryptionSecrets } from '../render/read-encryption-config.ts';

/** What is known of a backup once all of it was checked. */
export interface BackupSeen {
  readonly name: string;
  readonly cluster: string;
  /** sha256 of the cluster authority's certificate. */
  readonly clusterId: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Small files by their path in the archive. */
  readonly files: ReadonlyMap<string, Buffer>;
}

export interface RestoreQuestion {
  readonly cluster: Cluster;
  /** Releases that the inventory asks for. */
  readonly versions: Readonly<Record<'etcd' | 'kubernetes', string>>;
  readonly backup: BackupSeen;
  /** sha256 of the secrets of this cluster, as hosts and the operator hold them. */
  readonly secrets: ReadonlyMap<SecretName, string>;
  /** What is used to read Secrets now; undefined: nothing yet. */
  readonly encryption: string | undefined;
  /** Another cluster's identity is taken over, where there is none. */
  readonly adopt: boolean;
}

interface Objection {
  readonly message: string;
  readonly remedy: string;
}

/** Where a file of a control plane lies in the archive. */
const inArchive = (path: string): string => `host${path}`;

/** Secrets in a backup by name; a table decides which files they are. */
export function secretsOfBackup({ files }: Pick<BackupSeen, 'files'>): ReadonlyMap<SecretName, string> {
  return new Map(
    authorityTable.flatMap(({ secret, path }) => {
      const content = files.get(inArchive(path));
      return content === undefined ? [] : [[secret, content.toString('utf8')] as const];
    }),
  );
}

function judgeIdentity({ backup, secrets, adopt }: RestoreQuestion): readonly Objection[] {
  const own = secrets.get('ca.crt');
  if (own === backup.clusterId) return [];
  if (own !== undefined) {
    return [
      {
        message: `${backup.name} is of another cluster (${backup.cluster}, authority ${backup.clusterId.slice(0, 12)}; this one is ${own.slice(0, 12)})`,
        remedy:
          'choose a backup of this cluster; another one is only restored on hosts that hold no cluster, with a state directory of its own',
      },
    ];
  }
  if (adopt) return [];
  return [
    {
      message: 'neither the hosts nor this machine know the authority of the backup',
      remedy: `run again with --adopt if these hosts shall become cluster ${backup.cluster}`,
    },
  ];
}

function judgeEncryption({ backup, encryption }: RestoreQuestion): readonly Objection[] {
  const text = backup.files.get(inArchive(encryptionConfigPath))?.toString('utf8');
  const wanted = text === undefined ? [] : readEncryptionSecrets(text);
  if (wanted.length === 0) {
    return [
      {
        message: `${backup.name} holds no key of encryption at rest: its Secrets could not be read`,
        remedy: `take another backup; one of the same time and cluster may hold ${inArchive(encryptionConfigPath)}`,
      },
    ];
  }
  const known = encryption === undefined ? wanted : readEncryptionSecrets(encryption);
  if (wanted.every((key) => known.includes(key))) return [];
  return [
    {
      message: 'Secrets in the backup were encrypted with a key that this cluster no longer has',
      remedy: `add the key of ${inArchive(encryptionConfigPath)} in the backup to ${encryptionConfigPath} of every control plane, as the last one, and run again`,
    },
  ];
}

const isNewerMinor = (a: Version, b: Version): boolean => a.major > b.major || (a.major === b.major && a.minor > b.minor);

function judgeVersions({ backup, versions }: RestoreQuestion): readonly Objection[] {
  return (['etcd', 'kubernetes'] as const).flatMap((name): readonly Objection[] => {
    const [was, is] = [parseVersion(backup.versions[name] ?? ''), parseVersion(versions[name])];
    if (was === undefined || is === undefined || !isNewerMinor(was, is)) return [];
    const message = `${backup.name} was made with ${name} ${formatVersion(was)}, the inventory asks for ${formatVersion(is)}: an older one does not read its data`;
    return [{ message, remedy: `set the version of ${name} in the inventory to ${was.major}.${was.minor} or newer` }];
  });
}

/** What speaks against restoring a backup here. Pure. */
export function judgeRestore(question: RestoreQuestion): readonly Objection[] {
  const { cluster, backup } = question;
  if (cluster.etcd.given !== undefined) {
    return [
      {
        message: 'the etcd of this cluster is run by others: kcluster cannot replace its data',
        remedy: `let its owner restore the snapshot.db of ${backup.name} with etcdutl snapshot restore --bump-revision 1000000000 --mark-compacted, then restart all API servers`,
      },
    ];
  }
  return [...judgeIdentity(question), ...judgeEncryption(question), ...judgeVersions(question)];
}
