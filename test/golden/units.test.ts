import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadInventory } from '../../src/inventory/load-inventory.ts';
import { renderInventory } from './render-inventory.ts';

const run = promisify(execFile);
const inventories = fileURLToPath(new URL('../../inventories/', import.meta.url));
const targets = ['basic', 'multi-user', 'network', 'network-online', 'shutdown', 'sysinit', 'time-sync'];

/** Distinct units of all example inventories: text -> name. */
async function distinctUnits(): Promise<readonly (readonly [text: string, name: string])[]> {
  const names = (await readdir(inventories)).filter((name) => name.endsWith('.yaml'));
  const clusters = await Promise.all(names.map((name) => loadInventory(join(inventories, name))));
  const files = clusters.flatMap((cluster) => [...renderInventory(cluster)]);
  const units = files.filter(([path]) => path.includes('/etc/systemd/system/')).map(([path, text]) => [text, basename(path)] as const);
  return [...new Map(units)];
}

function hasSystemdAnalyze(): boolean {
  try {
    return Number(/systemd (\d+)/.exec(execFileSync('systemd-analyze', ['--version'], { encoding: 'utf8' }))?.[1]) >= 250;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

describe.runIf(hasSystemdAnalyze())('systemd accepts', async () => {
  const units = await distinctUnits();
  let root = '';

  const put = async (path: string, text: string, mode = 0o644) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode });
  };
  const verify = (name: string) =>
    run('systemd-analyze', ['verify', `--root=${root}`, '--man=no', '--recursive-errors=no', `/etc/systemd/system/${name}`]);

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'kcluster-units-'));
    for (const target of targets) await put(`usr/lib/systemd/system/${target}.target`, '[Unit]\nDescription=stub\n');
    const programs = units.flatMap(([text]) => [...text.matchAll(/^Exec\w+=(\S+)/gm)].map((match) => match[1] ?? ''));
    for (const program of programs) await put(program, '#!/bin/sh\n', 0o755);
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  test.each(units.map(([text, name], index) => [index, name, text] as const))('%i %s', async (_, name, text) => {
    await put(`etc/systemd/system/${name}`, text);
    const { stderr } = await verify(name);
    expect(stderr).toBe('');
  });

  test('and would notice a setting that does not exist', async () => {
    await put('etc/systemd/system/broken.service', '[Service]\nExecStart=/bin/sh\nNoSuchSetting=1\n');
    await expect(verify('broken.service')).rejects.toThrow(/NoSuchSetting/);
  });
});
