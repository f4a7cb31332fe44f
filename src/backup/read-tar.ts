import { ByteReader } from './byte-reader.ts';

const blockBytes = 512;

export interface TarEntry {
  readonly path: string;
  readonly sizeBytes: number;
  /** Must be read to its end before the next entry is asked for. */
  readonly content: AsyncIterable<Buffer>;
}

function text(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? length : end).toString('latin1');
}

/** Octal digits, or for more than 8 GiB a big-endian number behind a byte 0x80. */
function sizeOf(header: Buffer): number {
  if (header[124] === 0x80) return Number(header.readBigUInt64BE(128));
  const digits = text(header, 124, 12).trim();
  if (!/^[0-7]{1,11}$/.test(digits)) throw new RangeError('it holds a header without a size');
  return Number.parseInt(digits, 8);
}

function checkHeader(header: Buffer): void {
  const told = Number.parseInt(text(header, 148, 8).trim(), 8);
  const spaces = 8 * 0x20;
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0 : byte), spaces);
  if (told !== sum) throw new RangeError('it holds a header with a wrong sum');
  if (text(header, 257, 5) !== 'ustar') throw new RangeError('it holds a header of another format');
  // Plain files only: links, devices and long names are nothing that a backup has.
  if (text(header, 156, 1) !== '0') throw new RangeError(`it holds ${text(header, 0, 100)}, which is no plain file`);
}

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);

/** Behind the entries there are zeros, and nothing else. */
async function checkEnd(reader: ByteReader): Promise<void> {
  if (!isZero(await reader.exactly(blockBytes))) throw new RangeError('it does not end where its entries do');
  for (let part = await reader.some(blockBytes); part !== undefined; part = await reader.some(blockBytes)) {
    if (!isZero(part)) throw new RangeError('something follows behind its end');
  }
}

/** Reads an archive as `tar --format=gnu` writes plain files with short names; everything else is refused. @throws RangeError that says why */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(chunks);
  for (let header = await reader.exactly(blockBytes); !isZero(header); header = await reader.exactly(blockBytes)) {
    checkHeader(header);
    const sizeBytes = sizeOf(header);
    yield { path: text(header, 0, 100), sizeBytes, content: reader.pieces(sizeBytes) };
    const padding = (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
    if (!isZero(await reader.exactly(padding))) throw new RangeError('something lies between its entries');
  }
  await checkEnd(reader);
}
