import { Header } from 'tar';
import { z } from 'zod';
import { ConfigurationError } from '../../errors.ts';
import { tarBlockBytes, tarPadding } from '../tar-header.ts';
import type { BundleFile } from './bundle-file.ts';
import { type BundleIndex, bundleIndexSchema } from './bundle-index.ts';
import { encodeHead, indexHeader, indexName, maxIndexBytes, nameOf } from './bundle-layout.ts';

const compressions: Readonly<Record<string, string>> = { '28b52ffd': 'zstd', '1f8b': 'gzip' };

function foreign(path: string, head: Buffer): ConfigurationError {
  const hex = head.subarray(0, 4).toString('hex');
  const compression = Object.entries(compressions).find(([magic]) => hex.startsWith(magic))?.[1];
  if (compression === undefined)
    return new ConfigurationError(`${path} is no bundle of artifacts`, { remedy: 'Name a file that kcluster artifacts bundle wrote.' });
  return new ConfigurationError(`${path} is compressed with ${compression}`, {
    remedy: `Unpack it first: ${compression} -dc ${path} | kcluster artifacts import /dev/stdin.`,
  });
}

/** Undefined for what is no header: its numbers may be beyond all bounds. */
function parseHeader(block: Buffer): Header | undefined {
  try {
    const header = new Header(block);
    return header.cksumValid ? header : undefined;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** Size of the index, which every bundle begins with. @throws ConfigurationError for any other file */
async function readIndexSize(file: BundleFile): Promise<number> {
  const block = await file.some(tarBlockBytes);
  const header = block.length === tarBlockBytes ? parseHeader(block) : undefined;
  if (header?.path !== indexName || header.type !== 'File') throw foreign(file.path, block);
  const { size = 0 } = header;
  if (size > maxIndexBytes) throw file.damaged(`its index has ${size} bytes, more than ${maxIndexBytes}`);
  if (!block.equals(indexHeader(size))) throw file.damaged('its first block is not as it was written');
  return size;
}

function parseText(file: BundleFile, text: Buffer): BundleIndex {
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw file.damaged(`${indexName} is not JSON`, cause);
  }
  const { kind } = z.looseObject({ kind: z.unknown() }).safeParse(value).data ?? {};
  if (kind !== 'ArtifactBundle') throw foreign(file.path, text);
  const result = bundleIndexSchema.safeParse(value);
  if (result.success) return result.data;
  throw file.damaged(`${indexName} is damaged, or of another release of kcluster: ${z.prettifyError(result.error)}`, result.error);
}

function encodeExpected(file: BundleFile, text: Buffer, index: BundleIndex): { readonly sums: Buffer } {
  try {
    return encodeHead(text, index);
  } catch (cause) {
    throw file.damaged(`${indexName} names what has no place in a bundle`, cause);
  }
}

/** What stands before the artifacts, checked against its own digests. @throws ConfigurationError for another file, ArtifactError for a damaged one */
export async function readBundleIndex(file: BundleFile): Promise<BundleIndex> {
  const sizeBytes = await readIndexSize(file);
  const text = await file.exactly(sizeBytes, indexName);
  await file.expect(tarPadding(sizeBytes), indexName);
  const index = parseText(file, text);
  const names = index.artifacts.map(nameOf);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw file.damaged(`${indexName} names ${twice} twice`);
  await file.expect(encodeExpected(file, text, index).sums, 'SHA256SUMS');
  return index;
}
