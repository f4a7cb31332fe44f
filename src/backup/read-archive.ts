import { createHash } from 'node:crypto';
import { InterruptedError, KclusterError, RefusedError } from '../errors.ts';
import { ArchiveSource } from './archive-source.ts';
import { readTar, type TarEntry } from './read-tar.ts';
import { type BackupManifest, parseManifest } from './record.ts';
import { type Compression, unpackStream } from './unpack-stream.ts';

/** make-backup.sh keeps to the same bounds. */
const maxFileBytes = 1024 * 1024;
const maxFiles = 1000;
const digestBytes = 32;

export interface ReadOptions {
  readonly file: string;
  /** For messages. */
  readonly title: string;
  readonly identities: readonly string[];
  /** Called with what has been read of the archive, and its size. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Takes the snapshot as it comes by, before it is known to be whole. */
  readonly onSnapshot?: ((chunk: Buffer) => Promise<void>) | undefined;
}

/** What a pass over an archive found, each file checked against the archive's own manifest. */
export interface ArchiveContent {
  readonly manifest: BackupManifest;
  readonly files: ReadonlyMap<string, Buffer>;
  /** Of the snapshot as a file: the database and the digest behind it. */
  readonly snapshotSha256: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly compression: Compression;
  readonly encrypted: boolean;
}

async function collect(entry: TarEntry): Promise<Buffer> {
  if (entry.sizeBytes > maxFileBytes) throw new RangeError(`${entry.path} in it is larger than ${maxFileBytes} bytes`);
  const parts: Buffer[] = [];
  for await (const part of entry.content) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

/** A database of etcd with its digest behind it: both must be what the manifest says. @returns sha256 of the two together */
async function checkSnapshot(entry: TarEntry, { snapshot }: BackupManifest, { onSnapshot, signal }: ReadOptions): Promise<string> {
  if (entry.sizeBytes !== snapshot.sizeBytes)
    throw new RangeError(`the snapshot in it has ${entry.sizeBytes} bytes instead of ${snapshot.sizeBytes}`);
  if (entry.sizeBytes % 512 !== digestBytes) throw new RangeError('the snapshot in it carries no digest');
  const hash = createHash('sha256');
  let last: Buffer = Buffer.alloc(0);
  for await (const part of entry.content) {
    if (signal?.aborted === true) throw new InterruptedError('reading the backup was stopped');
    // Whatever the last bytes are, they are the digest: all before them belong to the database.
    const end = Buffer.concat([last, part.subarray(-digestBytes)]);
    const isShort = part.length < digestBytes;
    hash.update(isShort ? end.subarray(0, -digestBytes) : last);
    if (!isShort) hash.update(part.subarray(0, -digestBytes));
    last = end.subarray(-digestBytes);
    await onSnapshot?.(part);
  }
  const whole = hash.copy().update(last).digest('hex');
  const sha256 = hash.digest('hex');
  if (last.toString('hex') !== sha256) throw new RangeError('the snapshot in it is not what etcd wrote: its digest differs');
  if (snapshot.sha256 !== sha256) throw new RangeError('the snapshot in it is another one than its manifest says');
  return whole;
}

function checkFile({ path }: TarEntry, content: Buffer, { files }: BackupManifest): void {
  const listed = files.find((file) => file.path === path);
  if (listed === undefined) throw new RangeError(`${path} in it is not in its manifest`);
  const sha256 = createHash('sha256').update(content).digest('hex');
  if (content.length !== listed.sizeBytes || sha256 !== listed.sha256) throw new RangeError(`${path} in it is not what its manifest says`);
}

/** What the manifest lists is there, and belongs to the cluster that it names. */
function checkWhole(manifest: BackupManifest, seen: ReadonlySet<string>, files: ReadonlyMap<string, Buffer>): void {
  for (const path of ['snapshot.db', ...manifest.files.map((file) => file.path)])
    if (!seen.has(path)) throw new RangeError(`it lacks ${path}`);
  const authority = files.get('host/etc/kubernetes/pki/ca.crt');
  const clusterId = authority === undefined ? '' : createHash('sha256').update(authority).digest('hex');
  if (clusterId !== manifest.clusterId) throw new RangeError('the certificate authority in it is not that of its cluster');
}

async function readEntries(
  chunks: AsyncIterable<Buffer>,
  options: ReadOptions,
): Promise<Pick<ArchiveContent, 'manifest' | 'files' | 'snapshotSha256'>> {
  let manifest: BackupManifest | undefined;
  let snapshotSha256 = '';
  const files = new Map<string, Buffer>();
  const seen = new Set<string>();
  for await (const entry of readTar(chunks)) {
    if (seen.has(entry.path)) throw new RangeError(`it holds ${entry.path} twice`);
    seen.add(entry.path);
    if (manifest === undefined) {
      if (entry.path !== 'manifest.json') throw new RangeError('it does not begin with a manifest');
      manifest = parseManifest((await collect(entry)).toString('utf8'), options.title);
      if (manifest.files.length > maxFiles) throw new RangeError(`it holds more than ${maxFiles} files`);
    } else if (entry.path === 'snapshot.db') {
      snapshotSha256 = await checkSnapshot(entry, manifest, options);
    } else {
      const content = await collect(entry);
      checkFile(entry, content, manifest);
      files.set(entry.path, content);
    }
  }
  if (manifest === undefined) throw new RangeError('it holds nothing');
  checkWhole(manifest, seen, files);
  return { manifest, files, snapshotSha256 };
}

/** Reads an archive once, from the first byte to the last. @throws RefusedError that says what is wrong, ConfigurationError, InterruptedError */
export async function readArchive(options: ReadOptions): Promise<ArchiveContent> {
  const { file, title, identities, onProgress } = options;
  const total = { bytes: 0 };
  await using source = await ArchiveSource.open(file, (doneBytes) => onProgress?.(doneBytes, total.bytes));
  total.bytes = source.sizeBytes;
  if (source.sizeBytes === 0) throw new RefusedError(`${title} is empty: 0 bytes`, { remedy: 'Use another backup.' });
  try {
    const { chunks, compression, encrypted } = await unpackStream(source, title, identities);
    try {
      const entries = await readEntries(chunks, options);
      return { ...entries, compression, encrypted, sizeBytes: source.sizeBytes, sha256: await source.digest() };
    } finally {
      chunks.destroy();
    }
  } catch (cause) {
    if (cause instanceof KclusterError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RefusedError(`${title} is damaged: ${why}`, { remedy: 'Use another copy of this backup, or another backup.', cause });
  }
}
