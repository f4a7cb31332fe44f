import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadInventory } from '../../src/inventory/load-inventory.ts';
import { renderInventory } from './render-inventory.ts';

const golden = fileURLToPath(new URL('.', import.meta.url));
const inventories = fileURLToPath(new URL('../../inventories/', import.meta.url));
const names = (await readdir(inventories)).filter((name) => name.endsWith('.yaml')).map((name) => basename(name, '.yaml'));

async function readTree(root: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(paths.map(async (path) => [path.slice(root.length + 1), await readFile(path, 'utf8')] as const)));
}

async function writeTree(root: string, files: ReadonlyMap<string, string>): Promise<void> {
  await rm(root, { recursive: true, force: true });
  for (const [path, text] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** `UPDATE_GOLDEN=1` writes what is rendered now; review it with git. */
describe.each(names)('%s', (name) => {
  test('puts exactly these bytes on hosts', async () => {
    const rendered = renderInventory(await loadInventory(join(inventories, `${name}.yaml`)));
    const root = join(golden, name);
    if (process.env.UPDATE_GOLDEN === '1') await writeTree(root, rendered);
    const kept = await readTree(root);
    expect([...kept.keys()].sort()).toEqual([...rendered.keys()].sort());
    for (const [path, text] of rendered) expect(kept.get(path), `${name}/${path}; UPDATE_GOLDEN=1 accepts it`).toBe(text);
  });
});

test('keeps no files of inventories that are gone', async () => {
  const folders = (await readdir(golden, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(folders.sort()).toEqual([...names].sort());
});
