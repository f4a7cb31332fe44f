import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { DurableFile } from '../backup/durable-file.ts';
import { compareVersions, formatVersion, type Version } from '../cluster/version.ts';
import { asKclusterError } from '../engine/failures.ts';
import { ConfigurationError } from '../errors.ts';
import { nameRelease } from '../inventory/name-release.ts';
import type { Session } from './session.ts';

const byteOrderMark = '\uFEFF';

/** @throws KclusterError, or what the system says, with the file as it was */
async function rewrite(file: string, wasSha256: string, release: string): Promise<void> {
  // Not the link to it, which other things may go by.
  const path = await realpath(file);
  const before = await stat(path);
  if (!before.isFile()) throw new ConfigurationError('it is no file');
  const bytes = await readFile(path);
  if (createHash('sha256').update(bytes).digest('hex') !== wasSha256) throw new ConfigurationError('it was changed meanwhile');
  const text = bytes.toString('utf8');
  const mark = text.startsWith(byteOrderMark) ? byteOrderMark : '';
  const named = nameRelease(text.slice(mark.length), release);
  if (named === undefined) throw new ConfigurationError('it does not say its release as one value');
  await using after = await DurableFile.open(path);
  await after.takeAfter(before);
  await after.write(Buffer.from(`${mark}${named}`));
  await after.commit();
}

export interface Arrival {
  /** Where the whole cluster is now. */
  readonly release: Version;
  /** An upgrade leaves an inventory alone that is ahead of it, a way back one that is behind. */
  readonly direction: 'forward' | 'back';
}

/** Of a session: the inventory as it was read. */
export interface InventoryRead extends Pick<Session, 'inventorySha256' | 'emit'> {
  readonly cluster: Pick<Session['cluster'], 'kubernetesVersion'>;
}

/**
 * Lets the inventory name the release that the cluster has come to, so that the next `init` finds what it wants; one value, and nothing
 * else. Says what became of it, and what is left to do where the file cannot be written: the cluster is there all the same.
 */
export async function followRelease(read: InventoryRead, file: string, { release, direction }: Arrival): Promise<void> {
  const { cluster, inventorySha256, emit } = read;
  const [old, now] = [formatVersion(cluster.kubernetesVersion), formatVersion(release)];
  const ahead = compareVersions(release, cluster.kubernetesVersion);
  if (direction === 'forward' ? ahead <= 0 : ahead >= 0) return;
  try {
    await rewrite(file, inventorySha256, now);
    emit({ type: 'notice', level: 'info', text: `${file} names ${now} now, in place of ${old}` });
  } catch (error) {
    const { message } = asKclusterError(error);
    const text = `${file} still names ${old}: ${message}; write kubernetesVersion: "${now}" below cluster: kcluster init goes by what stands there`;
    emit({ type: 'notice', level: 'warning', text });
  }
}
