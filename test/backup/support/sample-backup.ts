import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { Encrypter } from 'age-encryption';
import type { BackupManifest, BackupRecord } from '../../../src/backup/record.ts';

export const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

/** A database of this many pages, as etcd hands it out: its digest behind it. */
export function sampleSnapshot(pages = 40): Buffer {
  // Neither random nor all the same: compressible, and reproducible.
  const database = Buffer.from(Array.from({ length: pages * 512 }, (_, at) => (at * at + (at >> 7)) & 0xff));
  return Buffer.concat([database, createHash('sha256').update(database).digest()]);
}

export const sampleFiles: Readonly<Record<string, string>> = {
  'inventory.yaml': 'name: demo\n',
  'host/etc/kubernetes/encryption-config.yaml': 'kind: EncryptionConfiguration\n',
  'host/etc/kubernetes/pki/ca.crt': 'authority\n',
  'host/etc/kubernetes/pki/ca.key': 'key of the authority\n',
};

export interface Entry {
  readonly path: string;
  readonly content: Buffer;
  /** `0` is a plain file. */
  readonly type?: string;
}

/** One header and its content, as GNU tar writes them. */
export function tarEntry({ path, content, type = '0' }: Entry): Buffer {
  const header = Buffer.alloc(512);
  header.write(path, 0, 100, 'latin1');
  header.write('0000600\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('15160000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar  \0', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

export function tarOf(entries: readonly Entry[]): Buffer {
  const body = Buffer.concat(entries.map(tarEntry));
  return Buffer.concat([body, Buffer.alloc(1024 + ((10_240 - ((body.length + 1024) % 10_240)) % 10_240))]);
}

export function sampleManifest(snapshot: Buffer, files: Readonly<Record<string, string>> = sampleFiles): BackupManifest {
  return {
    apiVersion: 'kcluster/v1alpha1',
    kind: 'Backup',
    name: 'demo-20261126T150000Z-cp-1',
    cluster: 'demo',
    clusterId: sha256(files['host/etc/kubernetes/pki/ca.crt'] ?? ''),
    etcdClusterId: 'babc9795b64f03e3',
    takenAt: '2026-11-26T15:00:00Z',
    node: 'cp-1',
    member: 'cp-2',
    snapshot: { sizeBytes: snapshot.length, sha256: snapshot.subarray(-32).toString('hex'), hash: 1651506417, revision: 4, keys: 3 },
    versions: { kubernetes: '1.37.1', etcd: '3.7.3' },
    members: [{ name: 'cp-2', id: '628170c800dbcee', peerURLs: ['https://10.0.0.2:2380'] }],
    files: Object.entries(files).map(([path, text]) => ({ path, sizeBytes: Buffer.byteLength(text), sha256: sha256(text) })),
  };
}

export interface SampleOptions {
  readonly compression?: 'zstd' | 'gzip';
  readonly recipients?: readonly string[];
  readonly snapshot?: Buffer;
  readonly files?: Readonly<Record<string, string>>;
  /** Changes what is packed. */
  readonly entries?: (entries: readonly Entry[], manifest: BackupManifest) => readonly Entry[];
  /** Changes the tar. */
  readonly tar?: (tar: Buffer) => Buffer;
  readonly manifest?: (manifest: BackupManifest) => object;
}

export interface Sample extends AsyncDisposable {
  readonly directory: string;
  readonly archive: string;
  readonly recordFile: string;
  readonly record: BackupRecord;
  readonly snapshot: Buffer;
  readonly bytes: Buffer;
}

async function encrypt(bytes: Buffer, recipients: readonly string[]): Promise<Buffer> {
  if (recipients.length === 0) return bytes;
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return Buffer.from(await encrypter.encrypt(bytes));
}

/** As the program zstd does, and the library does not by itself. */
const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };

/** A backup in a directory of its own, as make-backup.sh leaves it. */
export async function sampleBackup(options: SampleOptions = {}): Promise<Sample> {
  const { compression = 'zstd', recipients = [], snapshot = sampleSnapshot(), entries = (all) => all, tar = (bytes) => bytes } = options;
  const directory = await mkdtemp(join(tmpdir(), 'kcluster-backup-'));
  const manifest = sampleManifest(snapshot, options.files);
  const shown = options.manifest?.(manifest) ?? manifest;
  const packed = entries(
    [
      { path: 'manifest.json', content: Buffer.from(JSON.stringify(shown)) },
      { path: 'snapshot.db', content: snapshot },
      ...Object.entries(options.files ?? sampleFiles).map(([path, text]) => ({ path, content: Buffer.from(text) })),
    ],
    manifest,
  );
  const plain = tar(tarOf(packed));
  const bytes = await encrypt(compression === 'zstd' ? zstdCompressSync(plain, checked) : gzipSync(plain), recipients);
  const file = `${manifest.name}.tar.${compression === 'zstd' ? 'zst' : 'gz'}${recipients.length === 0 ? '' : '.age'}`;
  const record: BackupRecord = {
    ...manifest,
    archive: { file, sizeBytes: bytes.length, sha256: sha256(bytes), compression, encryptedTo: [...recipients] },
  };
  const archive = join(directory, file);
  const recordFile = join(directory, `${manifest.name}.json`);
  await writeFile(archive, bytes);
  await writeFile(recordFile, JSON.stringify(record, undefined, 2));
  const dispose = () => rm(directory, { recursive: true, force: true });
  return { directory, archive, recordFile, record, snapshot, bytes, [Symbol.asyncDispose]: dispose };
}
