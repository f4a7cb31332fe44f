import { readFile } from 'node:fs/promises';
import type { BackupTarget, Cluster } from '../cluster/cluster.ts';
import { placeOf } from '../components/backup.ts';
import type { BackupSecretName } from '../engine/secret-name.ts';
import { ConfigurationError } from '../errors.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'this is a directory',
};

function isEncryptedKey(text: string): boolean {
  if (/^Proc-Type:.*ENCRYPTED|BEGIN ENCRYPTED PRIVATE KEY/m.test(text)) return true;
  const body = /BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(text)?.[1];
  if (body === undefined) return false;
  // openssh-key-v1, a zero byte, then the name of the cipher with its length before it.
  const bytes = Buffer.from(body, 'base64');
  return bytes.subarray(19, 19 + bytes.readUInt32BE(15)).toString('latin1') !== 'none';
}

/** What is wrong with a private key for hosts, or undefined. */
export function judgeIdentity(text: string): string | undefined {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+-----END [A-Z ]*PRIVATE KEY-----/.test(text)) return 'is no private key';
  return isEncryptedKey(text) ? 'has a passphrase, which nobody types when a timer fires; make a key of its own for backups' : undefined;
}

/** What is wrong with a file of S3 credentials, or undefined. */
export function judgeCredentials(text: string): string | undefined {
  const fields = ['aws_access_key_id', 'aws_secret_access_key'];
  const isThere = (field: string): boolean => new RegExp(`^[ \\t]*${field}[ \\t]*=[ \\t]*[A-Za-z0-9/+=._-]+[ \\t]*$`, 'm').test(text);
  const missing = fields.filter((field) => !isThere(field));
  return missing.length === 0 ? undefined : `has no line "${missing[0]} = …"`;
}

async function readSecret(target: Exclude<BackupTarget, { kind: 'directory' }>, index: number): Promise<string> {
  const [field, path, judge] =
    target.kind === 'ssh'
      ? (['identityFile', target.identityFile, judgeIdentity] as const)
      : (['credentialsFile', target.credentialsFile, judgeCredentials] as const);
  const subject = `cluster.etcd.snapshots.copyTo[${index}].${field}: ${path}`;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === '') throw cause;
    const remedy = `put it there: hosts need it to reach ${placeOf(target)}`;
    throw new ConfigurationError(`${subject} cannot be read: ${reasons[code] ?? code}`, { remedy, cause });
  }
  const fact = judge(text);
  if (fact === undefined) return text;
  throw new ConfigurationError(`${subject} ${fact}`, { remedy: `correct the file with which hosts reach ${placeOf(target)}` });
}

/**
 * What scheduled backups take along and need: the inventory's text, and the operator's files for their targets.
 * @throws ConfigurationError that names the field and the file
 */
export async function readGivenBackup({ etcd }: Cluster, inventory: string): Promise<ReadonlyMap<BackupSecretName, string>> {
  const { schedule, copyTo } = etcd.snapshots;
  const given = new Map<BackupSecretName, string>();
  if (schedule === undefined) return given;
  given.set('backup-inventory', inventory);
  for (const [index, target] of copyTo.entries()) {
    if (target.kind !== 'directory') given.set(`backup-target-${index}`, await readSecret(target, index));
  }
  return given;
}
