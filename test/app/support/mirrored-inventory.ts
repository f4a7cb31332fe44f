import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import type { Version } from '../../../src/cluster/version.ts';
import { loadInventory } from '../../../src/inventory/load-inventory.ts';
import { fillMirror } from './tiny-mirror.ts';

const inventories = path.resolve(import.meta.dirname, '../../../inventories');

/** Examples that are also fixtures. */
export const inventoryNames = readdirSync(inventories).filter((name) => name.endsWith('.yaml'));

export function readInventory(name: string): Promise<Cluster> {
  return loadInventory(path.join(inventories, name));
}

/** For the tests of a file: an artifact cache and a mirror of their own; gives what reads an inventory that uses it. */
export function useMirror(): (name: string, kubernetesVersion?: Version) => Promise<Cluster> {
  const place = mkdtempSync(path.join(tmpdir(), 'kcluster-app-'));
  const mirror = path.join(place, 'mirror');
  beforeAll(() => {
    vi.stubEnv('XDG_CACHE_HOME', path.join(place, 'cache'));
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(place, { recursive: true });
  });
  return async (name, kubernetesVersion) => {
    const read = await readInventory(name);
    const cluster = kubernetesVersion === undefined ? read : { ...read, kubernetesVersion };
    const mirrored: Cluster = { ...cluster, artifacts: { ...cluster.artifacts, mirror, trust: 'mirror' } };
    await fillMirror(mirrored, mirror);
    return mirrored;
  };
}
