import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Header } from 'tar';

export type TarEntry =
  | { readonly type: 'File'; readonly path: string; readonly mode: number; readonly source: string }
  | { readonly type: 'File'; readonly path: string; readonly mode: number; readonly content: Buffer }
  | { readonly type: 'Directory'; readonly path: string; readonly mode: number }
  | { readonly type: 'SymbolicLink'; readonly path: string; readonly linkpath: string };

const blockBytes = 512;

function encodeHeader(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  const needsPax = new Header({
    path: entry.path,
    type: entry.type,
    mode: entry.type === 'SymbolicLink' ? 0o777 : entry.mode,
    ...(entry.type === 'SymbolicLink' ? { linkpath: entry.linkpath } : {}),
    size,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
  }).encode(block);
  if (needsPax) throw new RangeError(`${entry.path} does not fit a plain tar header`);
  return block;
}

async function* encodeEntry(entry: TarEntry): AsyncGenerator<Buffer> {
  if (entry.type !== 'File') {
    yield encodeHeader(entry, 0);
    return;
  }
  const size = 'content' in entry ? entry.content.length : (await stat(entry.source)).size;
  yield encodeHeader(entry, size);
  if ('content' in entry) yield entry.content;
  else yield* createReadStream(entry.source, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
  const rest = size % blockBytes;
  if (rest > 0) yield Buffer.alloc(blockBytes - rest);
}

async function* encodeTar(entries: readonly TarEntry[]): AsyncGenerator<Buffer> {
  for (const entry of entries) yield* encodeEntry(entry);
  yield Buffer.alloc(2 * blockBytes);
}

/** Writes entries in their order, owned by root and dated 1970, so that equal input gives equal bytes. */
export async function writeTar(path: string, entries: readonly TarEntry[], options: { readonly gzip: boolean }): Promise<void> {
  const bytes = Readable.from(encodeTar(entries), { objectMode: false });
  const target = createWriteStream(path);
  await (options.gzip ? pipeline(bytes, createGzip(), target) : pipeline(bytes, target));
}
