import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { listDirectory } from '../backup/list-directory.ts';
import { expired } from '../backup/retention.ts';
import type { StoredBackup } from '../cluster/backup-status.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { snapshotsDirectory } from '../components/backup.ts';
import { collectFailures } from '../engine/failures.ts';
import { ConfigurationError, StoppedError } from '../errors.ts';
import { shellQuote } from '../render/shell-quote.ts';
import { backupDirectory } from './backup-directory.ts';
import { readBackupHosts } from './read-backup-hosts.ts';
import type { Session } from './session.ts';

/** Something that the inventory keeps no longer, in one place. */
export interface Expired {
  /** Node, or directory of this machine. */
  readonly place: string;
  readonly backup: StoredBackup;
}

function expiredIn(place: string, backups: readonly StoredBackup[], cluster: Cluster, now: Date): readonly Expired[] {
  const known = backups.map(({ name, takenAt, verified }) => ({ name, takenAt: new Date(takenAt), verified }));
  const byName = new Map(backups.map((backup) => [backup.name, backup]));
  return expired(known, cluster.etcd.snapshots.keep, now).flatMap((name) => {
    const backup = byName.get(name);
    return backup === undefined ? [] : [{ place, backup }];
  });
}

async function listLocal(directory: string, isNamed: boolean, cluster: Cluster): Promise<readonly StoredBackup[]> {
  try {
    return await listDirectory(directory, cluster.name);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === '') throw cause;
    if (code === 'ENOENT' && !isNamed) return [];
    throw new ConfigurationError(`${directory} cannot be read (${code})`, { remedy: 'name a directory that holds backups', cause });
  }
}

/**
 * What would go on every control plane that answers, and in a directory of this machine.
 *
 * @param named absent: the usual directory, which need not be there
 * @throws KclusterError when a host cannot be asked
 */
export async function findExpired(session: Session, named: string | undefined, now: Date): Promise<readonly Expired[]> {
  const { cluster, hosts, signal } = session;
  const directory = path.resolve(named ?? backupDirectory(session.state));
  const { hosts: found, failures } = await readBackupHosts(cluster, hosts, signal);
  if (failures.length > 0) throw collectFailures(failures, 'no answer');
  const local = expiredIn(directory, await listLocal(directory, named !== undefined, cluster), cluster, now);
  return [...found.flatMap(({ node, backups }) => expiredIn(node, backups, cluster, now)), ...local];
}

/** The record first: what is left of a run that was killed is no backup any more. */
async function deleteOnHost(session: Session, node: string, names: readonly string[]): Promise<void> {
  const lines = names.map(shellQuote).map((name) => `rm -f -- ${name}.json && rm -f -- ${name}.tar.* ${name}.checked || exit`);
  const script = `cd ${snapshotsDirectory} || exit\n${lines.join('\n')}`;
  const result = await session.hosts.get(node)?.run(script, { title: 'delete old backups', signal: session.signal });
  if (result?.code === 0) return;
  throw new StoppedError(`old backups in ${snapshotsDirectory} cannot be deleted`, {
    node,
    output: result?.stderr ?? '',
    remedy: 'look at that directory, and run again',
  });
}

async function deleteHere(directory: string, name: string): Promise<void> {
  await rm(path.join(directory, `${name}.json`), { force: true });
  const archives = (await readdir(directory)).filter((file) => file.startsWith(`${name}.tar.`) || file === `${name}.checked`);
  for (const file of archives) await rm(path.join(directory, file), { force: true });
}

export async function deleteExpired(session: Session, all: readonly Expired[]): Promise<void> {
  const places = Map.groupBy(all, ({ place }) => place);
  for (const [place, mine] of places) {
    const names = mine.map(({ backup }) => backup.name);
    if (session.hosts.has(place)) await deleteOnHost(session, place, names);
    else for (const name of names) await deleteHere(place, name);
  }
}
