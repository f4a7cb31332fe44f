import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Decrypter } from 'age-encryption';
import { ConfigurationError, RefusedError } from '../errors.ts';
import type { ArchiveSource } from './archive-source.ts';

/** Small, so that little waits to be collected. */
const outputBytes = 64 * 1024;
const ageMagic = 'age-encryption.org/';

export type Compression = 'zstd' | 'gzip';

export interface Unpacked {
  readonly compression: Compression;
  readonly encrypted: boolean;
  /** The tar. Errors of every layer arrive here; destroy it when it is not read to its end. */
  readonly chunks: Readable;
}

async function decrypt(source: ArchiveSource, file: string, identities: readonly string[]): Promise<AsyncIterable<Buffer>> {
  if (identities.length === 0)
    throw new ConfigurationError(`${file} is encrypted`, { remedy: 'give the file with its private key: --identity FILE' });
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  const encrypted = Readable.toWeb(Readable.from(source.chunks())) as unknown as ReadableStream<Uint8Array>;
  const plain = await decrypter.decrypt(encrypted).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (/no identity matched/.test(why))
      throw new ConfigurationError(`none of the given private keys opens ${file}`, { remedy: 'give the key that belongs to it', cause });
    throw new RefusedError(`${file} cannot be decrypted: ${why}`, { remedy: 'Use another copy of this backup.', cause });
  });
  return Readable.fromWeb(plain as unknown as WebStream<Uint8Array>);
}

/** Chunks again with their beginning, by which the compression is known. */
async function peek(chunks: AsyncIterable<Buffer>, bytes: number): Promise<{ head: Buffer; all: AsyncGenerator<Buffer> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < bytes) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  }
  return { head, all: all() };
}

function compressionOf(head: Buffer): Compression | undefined {
  if (head.subarray(0, 4).toString('hex') === '28b52ffd') return 'zstd';
  return head.subarray(0, 2).toString('hex') === '1f8b' ? 'gzip' : undefined;
}

/** Recognizes what an archive is by its first bytes, whatever its name. @throws RefusedError, ConfigurationError */
export async function unpackStream(source: ArchiveSource, file: string, identities: readonly string[]): Promise<Unpacked> {
  const encrypted = (await source.head(ageMagic.length)).toString('latin1') === ageMagic;
  const { head, all } = await peek(encrypted ? await decrypt(source, file, identities) : source.chunks(), 4);
  const compression = compressionOf(head);
  if (compression === undefined)
    throw new RefusedError(`${file} is no backup: it is neither zstd nor gzip nor age`, { remedy: 'Use another copy of this backup.' });
  const engine = compression === 'zstd' ? createZstdDecompress({ chunkSize: outputBytes }) : createGunzip({ chunkSize: outputBytes });
  const input = Readable.from(all);
  // `pipe` keeps an error to itself.
  input.on('error', (error) => engine.destroy(error));
  engine.on('close', () => input.destroy());
  return { compression, encrypted, chunks: input.pipe(engine) };
}
