import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { encodeTarHeader, tarBlockBytes, tarPadding } from '../src/artifacts/tar-header.ts';

export type TarEntry =
  | { readonly type: 'File'; readonly path: string; readonly mode: number; readonly source: string }
  | { readonly type: 'File'; readonly path: string; readonly mode: number; readonly content: Buffer }
  | { readonly type: 'Directory'; readonly path: string; readonly mode: number }
  | { readonly type: 'SymbolicLink'; readonly path: string; readonly linkpath: string };

async function* encodeEntry(entry: TarEntry): AsyncGenerator<Buffer> {
  if (entry.type !== 'File') {
    const mode = entry.type === 'SymbolicLink' ? 0o777 : entry.mode;
    yield encodeTarHeader({ mode, sizeBytes: 0, ...entry });
    return;
  }
  const size = 'content' in entry ? entry.content.length : (await stat(entry.source)).size;
  yield encodeTarHeader({ path: entry.path, type: 'File', mode: entry.mode, sizeBytes: size });
  if ('content' in entry) yield entry.content;
  else yield* createReadStream(entry.source, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
  const padding = tarPadding(size);
  if (padding.length > 0) yield padding;
}

async function* encodeTar(entries: readonly TarEntry[]): AsyncGenerator<Buffer> {
  for (const entry of entries) yield* encodeEntry(entry);
  yield Buffer.alloc(2 * tarBlockBytes);
}

/** Writes entries in their order, owned by root and dated 1970, so that equal input gives equal bytes. */
export async function writeTar(path: string, entries: readonly TarEntry[], options: { readonly gzip: boolean }): Promise<void> {
  const bytes = Readable.from(encodeTar(entries), { objectMode: false });
  const target = createWriteStream(path);
  await (options.gzip ? pipeline(bytes, createGzip(), target) : pipeline(bytes, target));
}
