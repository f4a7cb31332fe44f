import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Cluster } from '../cluster/cluster.ts';
import { ConfigurationError } from '../errors.ts';
import { parseInventory } from './parse-inventory.ts';
import { maxInventoryBytes } from './scan-limits.ts';

const reasons: Readonly<Record<string, readonly [fact: string, remedy: string]>> = {
  ENOENT: ['there is no such file', 'Name the inventory with -i FILE, or write one with `kcluster inventory new`.'],
  ENOTDIR: ['there is no such file', 'Name the inventory with -i FILE, or write one with `kcluster inventory new`.'],
  EACCES: ['the file cannot be read: permission denied', 'Let your user read it.'],
  EPERM: ['the file cannot be read: permission denied', 'Let your user read it.'],
  EISDIR: ['this is a directory', 'Name a file in it with -i FILE.'],
};

function unreadable(path: string, cause: unknown): ConfigurationError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const [fact, remedy] = reasons[code] ?? [`the file cannot be read (${code || String(cause)})`, 'Name the inventory with -i FILE.'];
  return new ConfigurationError(`${path}: ${fact}`, { remedy, cause });
}

/** Never reads more than the limit and one byte, whatever the file claims to be. */
async function readBounded(file: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(maxInventoryBytes + 1);
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function decode(path: string, bytes: Buffer): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new ConfigurationError(`${path}: the file is UTF-16`, { remedy: 'Save it as UTF-8.' });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ConfigurationError(`${path}: the file is not UTF-8 text`, { remedy: 'Save it as UTF-8.', cause });
  }
}

/** The text of an inventory file. @throws ConfigurationError when it cannot be read, or is no text of at most 1 MiB */
export async function readInventory(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    await using file = await open(path, constants.O_RDONLY);
    bytes = await readBounded(file);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (bytes.length > maxInventoryBytes) {
    throw new ConfigurationError(`${path}: the file is larger than ${maxInventoryBytes} bytes`, {
      remedy: 'Name the inventory, not an artifact, with -i FILE.',
    });
  }
  return decode(path, bytes);
}

/** Resolves local paths in an inventory: `~` is the home directory, others are relative to the inventory's directory. */
export function pathResolver(inventoryPath: string): (path: string) => string {
  const folder = dirname(resolve(inventoryPath));
  return (path) => (path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : resolve(folder, path));
}

/** The cluster in an inventory file, local paths made absolute. @throws ConfigurationError that lists every error */
export async function loadInventory(path: string): Promise<Cluster> {
  return parseInventory(await readInventory(path), path, { resolvePath: pathResolver(path) });
}
