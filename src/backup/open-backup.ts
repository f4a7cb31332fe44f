import { access, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError, RefusedError } from '../errors.ts';
import { ArchiveSource } from './archive-source.ts';
import { DurableFile } from './durable-file.ts';
import { type ArchiveContent, type ReadOptions, readArchive } from './read-archive.ts';
import { readIdentities } from './read-identities.ts';
import { type BackupRecord, readRecord } from './record.ts';

export interface OpenOptions {
  /** File with private keys of age, for an encrypted archive. */
  readonly identityFile?: string | undefined;
  /** Puts the snapshot there in the same pass; appears when everything was found to be right. */
  readonly snapshotTo?: string | undefined;
  readonly onProgress?: ReadOptions['onProgress'];
  readonly signal?: AbortSignal | undefined;
}

/** A backup of which every byte was read and found to be right. */
export interface OpenedBackup {
  /** The one beside the archive; made from what was read where that is lost. */
  readonly record: BackupRecord;
  /** False: only the archive itself vouches for its content. */
  readonly hasRecord: boolean;
  /** Path of the archive. */
  readonly archive: string;
  /** Of the snapshot as a file, its own digest included. */
  readonly snapshotSha256: string;
  /** Everything but the snapshot, by its path in the archive: `inventory.yaml`, `host/etc/kubernetes/pki/ca.key` … Secrets are among it. */
  files(): ReadonlyMap<string, Buffer>;
}

const otherCopy = 'Use another copy of this backup, or another backup.';
const archivePattern = /^(.+)\.tar\.(zst|gz)(\.age)?$/;
const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

interface Located {
  readonly archive: string;
  readonly record: BackupRecord | undefined;
}

/** From the archive or its record to both. */
async function locate(file: string): Promise<Located> {
  if (file.endsWith('.json')) {
    const record = await readRecord(file);
    return { record, archive: join(dirname(file), record.archive.file) };
  }
  if (!(await exists(file))) throw new ConfigurationError(`there is no ${file}`, { remedy: 'name the archive of a backup, or its record' });
  const name = archivePattern.exec(basename(file))?.[1];
  const recordFile = name === undefined ? undefined : join(dirname(file), `${name}.json`);
  if (recordFile === undefined || !(await exists(recordFile))) return { record: undefined, archive: file };
  const record = await readRecord(recordFile);
  if (record.archive.file === basename(file)) return { record, archive: file };
  throw new RefusedError(`${basename(recordFile)} beside it is the record of ${record.archive.file}`, {
    remedy: `give the archive its name ${record.archive.file} back, or move the record away`,
  });
}

/** Seen before anything is unpacked: the usual damage is a file that was cut off. */
async function checkSize(archive: string, record: BackupRecord | undefined): Promise<void> {
  if (record === undefined) return;
  const found = await stat(archive).catch(() => undefined);
  if (found === undefined) throw new RefusedError(`${archive} is missing: only its record is there`, { remedy: otherCopy });
  if (found.size !== record.archive.sizeBytes)
    throw new RefusedError(`${basename(archive)} has ${found.size} bytes instead of ${record.archive.sizeBytes}: it is not whole`, {
      remedy: otherCopy,
    });
}

function checkAgainst(record: BackupRecord, content: ArchiveContent, title: string): void {
  const { archive, ...manifest } = record;
  if (content.sha256 !== archive.sha256)
    throw new RefusedError(`${title} is not the archive of its record: its sha256 differs`, { remedy: otherCopy });
  if (content.compression !== archive.compression || content.encrypted !== archive.encryptedTo.length > 0)
    throw new RefusedError(`the record of ${title} is damaged: it describes another archive`, { remedy: otherCopy });
  if (!isDeepStrictEqual(manifest, content.manifest))
    throw new RefusedError(`the record of ${title} is damaged: the manifest in the archive says something else`, { remedy: otherCopy });
}

/** A damaged header looks like that of another key: the digest tells which it is. */
async function explainBetter(error: unknown, archive: string, record: BackupRecord | undefined): Promise<RefusedError | undefined> {
  if (record === undefined || !(error instanceof ConfigurationError)) return undefined;
  await using source = await ArchiveSource.open(archive);
  if ((await source.digest()) === record.archive.sha256) return undefined;
  return new RefusedError(`${basename(archive)} is damaged: its sha256 is not that of its record`, { remedy: otherCopy, cause: error });
}

function recordOf({ manifest, compression, sizeBytes, sha256 }: ArchiveContent, archive: string): BackupRecord {
  return { ...manifest, archive: { file: basename(archive), sizeBytes, sha256, compression, encryptedTo: [] } };
}

/** One pass over a backup that was located, checked against its record where there is one. */
async function readLocated({ archive, record }: Located, options: Omit<ReadOptions, 'file' | 'title' | 'onSnapshot'>, snapshotTo?: string) {
  const title = basename(archive);
  await checkSize(archive, record);
  await using sink = snapshotTo === undefined ? undefined : await DurableFile.open(snapshotTo);
  const onSnapshot = sink === undefined ? undefined : (chunk: Buffer) => sink.write(chunk);
  const content = await readArchive({ ...options, file: archive, title, onSnapshot }).catch(async (error: unknown) => {
    throw (await explainBetter(error, archive, record)) ?? error;
  });
  if (record !== undefined) checkAgainst(record, content, title);
  await sink?.commit();
  return content;
}

/**
 * Reads a backup to its last byte, by its archive or its record. Memory stays the same whatever its size.
 * @throws RefusedError when anything about it is wrong, ConfigurationError when it or its key cannot be read, InterruptedError
 */
export async function openBackup(file: string, options: OpenOptions = {}): Promise<OpenedBackup> {
  const { identityFile, snapshotTo, onProgress, signal } = options;
  const identities = identityFile === undefined ? [] : await readIdentities(identityFile);
  const located = await locate(file);
  const content = await readLocated(located, { identities, onProgress, signal }, snapshotTo);
  return {
    record: located.record ?? recordOf(content, located.archive),
    hasRecord: located.record !== undefined,
    archive: located.archive,
    snapshotSha256: content.snapshotSha256,
    files: () => content.files,
  };
}
