import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hashFile } from '../src/artifacts/hash-file.ts';
import { imageMirrorPath } from '../src/artifacts/mirror-path.ts';
import { moduleDirectory } from './build-programs.ts';
import { writeImage } from './image-file.ts';
import type { ChecksumStyle, Product } from './products.ts';
import { type TarEntry, writeTar } from './tar-file.ts';

type Programs = ReadonlyMap<string, string>;

/** Path of the product's download, relative to the mirror. */
export function productPath(product: Product, arch: string): string {
  return product.packing.kind === 'image' ? imageMirrorPath(product.packing.reference, arch) : product.packing.path;
}

function checksumStyle(product: Product): ChecksumStyle {
  return product.packing.kind === 'image' ? { style: 'bare' } : product.packing.checksum;
}

function checksumPath(path: string, style: ChecksumStyle): string {
  return join(dirname(path), style.file ?? `${basename(path)}.sha256`);
}

/** Every file the product puts into the mirror, relative to it. */
export function productOutputs(product: Product, arch: string): readonly string[] {
  const path = productPath(product, arch);
  return [path, checksumPath(path, checksumStyle(product))];
}

async function readLines(path: string): Promise<readonly string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.new`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

/** A named checksum file may list other files of its folder: their lines stay. */
async function writeChecksum(path: string, digest: string, style: ChecksumStyle): Promise<void> {
  const target = checksumPath(path, style);
  if (style.style === 'bare') return replaceFile(target, digest);
  const others = (await readLines(target)).filter((line) => !line.endsWith(`  ${basename(path)}`));
  const lines = [...others, `${digest}  ${basename(path)}`].toSorted((a, b) => a.slice(66).localeCompare(b.slice(66)));
  return replaceFile(target, `${lines.join('\n')}\n`);
}

function programEntries(programs: Programs, prefix: string): readonly TarEntry[] {
  return [...programs].map(([name, source]) => ({ type: 'File', path: `${prefix}${name}`, mode: 0o755, source }));
}

async function folderEntries(directory: string, name: string): Promise<readonly TarEntry[]> {
  const found = await readdir(join(directory, name), { recursive: true, withFileTypes: true });
  return found
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name))
    .toSorted()
    .map((source) => ({ type: 'File', path: source.slice(directory.length + 1), mode: 0o644, source }));
}

async function packTo(path: string, product: Product, programs: Programs, arch: string): Promise<void> {
  const { packing } = product;
  if (packing.kind === 'image') {
    return writeImage(path, { reference: packing.reference, arch, entries: programEntries(programs, ''), entrypoint: packing.entrypoint });
  }
  if (packing.kind === 'archive') {
    const extra = packing.moduleFolder;
    const folder = extra === undefined ? [] : await folderEntries(await moduleDirectory(product, extra.module), extra.folder);
    return writeTar(path, [...programEntries(programs, packing.prefix), ...folder], { gzip: true });
  }
  const [source] = programs.values();
  if (source === undefined) throw new RangeError(`${product.name} has no program`);
  await chmod(source, 0o755);
  await rename(source, path);
}

/** Puts a file that `write` makes into the mirror with its checksum; a kill leaves the old one or the new one. */
export async function publish(
  directory: string,
  path: string,
  style: ChecksumStyle,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const target = join(directory, path);
  await mkdir(dirname(target), { recursive: true });
  const temporary = join(directory, '.work', `${basename(path)}.${process.pid}`);
  await mkdir(dirname(temporary), { recursive: true });
  try {
    await write(temporary);
    const digest = await hashFile(temporary);
    await rename(temporary, target);
    await writeChecksum(target, digest, style);
  } finally {
    await rm(temporary, { force: true });
  }
}

export async function packProduct(product: Product, programs: Programs, directory: string, arch: string): Promise<void> {
  await publish(directory, productPath(product, arch), checksumStyle(product), (temporary) => packTo(temporary, product, programs, arch));
}
