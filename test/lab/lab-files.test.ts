import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseInventory } from '../../src/inventory/parse-inventory.ts';
import { planHosts } from '../../src/lab/lab.ts';
import { hasInventory, writeLabFiles } from '../../src/lab/lab-files.ts';
import { labPaths, machinePaths } from '../../src/lab/paths.ts';
import type { LabState } from '../../src/lab/state.ts';

const keys: Record<string, string> = {
  'demo-cp1': 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIObnBqxi3lnCY9qbdq12NGHDF6JG6+C8/z+MKjtDCjVr',
  'demo-w1': 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE+GD+Gcq1pZoGK5+X8c92gxNTdxAsXQMQ0aP/xtehKE',
};
const shape = { controlPlanes: 1, workers: 1, etcd: 0 };
const machines = planHosts('demo', '10.101.7', shape).map((host) => ({ ...host, cgroups: [] }));
const state: LabState = { version: 1, name: 'demo', phase: 'building', shape, base: '/b', subnet: '10.101.7', link: 'kl-0', machines };

describe.runIf(process.platform === 'linux')('what the operator works with', () => {
  let home = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kcluster-lab-files-'));
    vi.stubEnv('XDG_STATE_HOME', home);
    for (const { name } of machines) {
      const directory = join(machinePaths('demo', name).root, 'etc/ssh');
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'ssh_host_ed25519_key.pub'), `${keys[name]} root@${name}\n`);
    }
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true, force: true });
  });

  test('the inventory names key, address and pinned host key of every host', async () => {
    expect(await hasInventory('demo')).toBe(false);
    const path = await writeLabFiles(state, { kubernetesVersion: '1.37.1', mirror: '/srv/mirror' });
    expect(path).toBe(join(home, 'kcluster/lab/demo/inventory.yaml'));
    expect(await hasInventory('demo')).toBe(true);
    const { nodes } = parseInventory(await readFile(path, 'utf8'), path, { resolvePath: (file) => file });
    expect(nodes.map((node) => [node.address, node.ssh.hostKey])).toEqual([
      ['10.101.7.11', keys['demo-cp1']],
      ['10.101.7.21', keys['demo-w1']],
    ]);
    for (const node of nodes) expect(node.ssh.identityFile).toBe(labPaths('demo').identity);
  });

  test('known_hosts has a line for each host, by name and by address', async () => {
    await writeLabFiles(state, { kubernetesVersion: '1.37.1' });
    expect(await readFile(labPaths('demo').knownHosts, 'utf8')).toBe(
      `demo-cp1,10.101.7.11 ${keys['demo-cp1']}\ndemo-w1,10.101.7.21 ${keys['demo-w1']}\n`,
    );
  });

  test('files written again replace the old ones and are the owner’s', async () => {
    const path = await writeLabFiles(state, { kubernetesVersion: '1.36.5' });
    await writeLabFiles(state, { kubernetesVersion: '1.37.1' });
    const text = await readFile(path, 'utf8');
    expect(text).toContain('1.37.1');
    expect(text).not.toContain('1.36.5');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('a host without a key is an error that names the file', async () => {
    const missing = join(machinePaths('demo', 'demo-w1').root, 'etc/ssh/ssh_host_ed25519_key.pub');
    await rm(missing);
    await expect(writeLabFiles(state, { kubernetesVersion: '1.37.1' })).rejects.toThrow(missing);
    expect(await hasInventory('demo')).toBe(false);
  });
});
