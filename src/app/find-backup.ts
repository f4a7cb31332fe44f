import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseRecord } from '../backup/record.ts';
import { writeBeside } from '../backup/write-beside.ts';
import { nodesWithRole } from '../cluster/cluster.ts';
import { snapshotsDirectory } from '../components/backup.ts';
import { ConfigurationError, RefusedError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { shellQuote } from '../render/shell-quote.ts';
import { makeDirectory } from './backup-directory.ts';
import type { Session } from './session.ts';

const namePattern = /^[A-Za-z0-9][A-Za-z0-9.-]*-\d{8}T\d{6}Z-[A-Za-z0-9.-]+$/;
const filePattern = /\.(json|tar\.(zst|gz)(\.age)?)$/;

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** Whether a backup was given by a file rather than by its name. */
export function isBackupFile(given: string): boolean {
  return given.includes('/') || filePattern.test(given) || !namePattern.test(given);
}

/** Path of a backup of this name in a directory of this machine: of its record, or of an archive without one. */
export async function findLocally(directory: string, name: string): Promise<string | undefined> {
  const record = path.join(directory, `${name}.json`);
  if (await exists(record)) return record;
  const files: readonly string[] = await readdir(directory).catch(() => []);
  const archive = files.find((file) => file.startsWith(`${name}.tar.`) && filePattern.test(file));
  return archive === undefined ? undefined : path.join(directory, archive);
}

async function recordOn(host: Host, name: string, signal: AbortSignal): Promise<string | undefined> {
  const { code, stdout } = await host.run(`cat -- ${shellQuote(`${snapshotsDirectory}/${name}.json`)}`, {
    title: 'read a record',
    signal,
  });
  return code === 0 ? stdout : undefined;
}

/** Brings a backup from the first control plane that has it; the caller removes the directory. */
async function fetchFrom(session: Session, host: Host, name: string, text: string, directory: string): Promise<string> {
  const record = parseRecord(text, `${name}.json`);
  if (record.name !== name)
    throw new RefusedError(`${name}.json is the record of ${record.name}`, { node: host.node, remedy: 'use another backup' });
  const { file, sizeBytes } = record.archive;
  const progress = (doneBytes: number): void =>
    session.emit({ type: 'progress', what: `fetch ${file}`, node: host.node, doneBytes, totalBytes: sizeBytes, atMs: session.elapsedMs() });
  // Its digest is looked at when it is read, with everything else.
  await host.download({ path: `${snapshotsDirectory}/${file}`, target: path.join(directory, file) }, progress, session.signal);
  const recordFile = path.join(directory, `${name}.json`);
  await writeBeside(recordFile, text);
  return recordFile;
}

export interface FoundBackup {
  /** Path of its record or archive. */
  readonly file: string;
  /** Node that it was fetched from; absent when it was here. */
  readonly node?: string;
}

/**
 * Finds a backup by its name, here or on a control plane, and lends it as a local file while `work` goes on.
 * @throws ConfigurationError when nobody has it
 */
export async function withBackup<T>(
  session: Session,
  directory: string,
  name: string,
  work: (found: FoundBackup) => Promise<T>,
): Promise<T> {
  const local = await findLocally(directory, name);
  if (local !== undefined) return work({ file: local });
  for (const node of nodesWithRole(session.cluster, 'control-plane')) {
    const host = session.hosts.get(node.name);
    const text = host === undefined ? undefined : await recordOn(host, name, session.signal);
    if (host === undefined || text === undefined) continue;
    return withScratchDirectory(session, async (scratch) =>
      work({ file: await fetchFrom(session, host, name, text, scratch), node: node.name }),
    );
  }
  throw new ConfigurationError(`there is no backup ${name} in ${directory}, nor on a control plane that answers`, {
    remedy: 'kcluster etcd snapshot list names them',
  });
}

/** A directory beside the other local state, so that what lies in it is as well guarded, and gone afterwards. */
export async function withScratchDirectory<T>({ state }: Pick<Session, 'state'>, work: (directory: string) => Promise<T>): Promise<T> {
  await makeDirectory(state.path('scratch'));
  const directory = await mkdtemp(state.path('scratch/backup-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
