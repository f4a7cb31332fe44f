import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { loadInventory, pathResolver, readInventory } from '../../src/inventory/load-inventory.ts';
import { inventoryText } from './sample.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kcluster-inventory-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(content: string | Uint8Array): string {
  const path = join(folder, 'inventory.yaml');
  writeFileSync(path, content);
  return path;
}

async function failureOf(path: string): Promise<ConfigurationError> {
  const error: unknown = await loadInventory(path).then(
    () => undefined,
    (reason) => reason,
  );
  if (error instanceof ConfigurationError) return error;
  throw new Error(`not refused: ${String(error)}`);
}

test('a file gives a cluster with absolute paths', async () => {
  const path = write(
    inventoryText({
      cluster: { artifacts: { mirror: '../mirror' }, ssh: { identityFile: '~/.ssh/id' } },
      nodes: [{}, { ssh: { identityFile: 'keys/one' } }, { ssh: { identityFile: '/etc/key' } }],
    }),
  );
  const cluster = await loadInventory(path);
  expect(cluster.artifacts.mirror).toBe(join(folder, '..', 'mirror'));
  expect(cluster.nodes.map((node) => node.ssh.identityFile)).toEqual([join(homedir(), '.ssh/id'), join(folder, 'keys/one'), '/etc/key']);
});

test.each([
  ['~', homedir()],
  ['~/a', join(homedir(), 'a')],
  ['~other/a', '/x/~other/a'],
  ['a', '/x/a'],
  ['./a/../b', '/x/b'],
  ['/a', '/a'],
])('pathResolver: %s is %s', (path, absolute) => {
  expect(pathResolver('/x/inventory.yaml')(path)).toBe(absolute);
});

describe('what cannot be read', () => {
  test('nothing there', async () => {
    const failure = await failureOf(join(folder, 'missing.yaml'));
    expect(failure.message).toBe(`${join(folder, 'missing.yaml')}: there is no such file`);
    expect(failure.details.remedy).toContain('kcluster inventory new');
  });

  test('a file in the way', async () => {
    expect((await failureOf(join(write('x'), 'inventory.yaml'))).message).toContain('there is no such file');
  });

  test('a directory', async () => {
    expect((await failureOf(folder)).message).toBe(`${folder}: this is a directory`);
  });

  test('a loop of links is said with its code', async () => {
    const { symlinkSync } = await import('node:fs');
    symlinkSync('loop', join(folder, 'loop'));
    expect((await failureOf(join(folder, 'loop'))).message).toContain('the file cannot be read (ELOOP)');
  });

  test.each([
    ['UTF-16', Buffer.from(`\uFEFF${inventoryText()}`, 'utf16le'), 'the file is UTF-16'],
    ['a binary', Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xc0]), 'the file is not UTF-8 text'],
    ['NUL bytes', 'a: \0', 'NUL byte'],
    ['nothing in it', '', 'the inventory is empty'],
    ['50 MB', Buffer.alloc(50_000_000, 'a'), 'the file is larger than 1048576 bytes'],
  ])('%s', async (_title, content, message) => {
    expect((await failureOf(write(content))).message).toContain(message);
  });

  test('a device that never ends', async () => {
    expect((await failureOf('/dev/zero')).message).toBe('/dev/zero: the file is larger than 1048576 bytes');
  });
});

test('a byte order mark is no part of the text', async () => {
  expect(await readInventory(write('\uFEFFa: é'))).toBe('a: é');
});
