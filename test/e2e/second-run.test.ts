import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runKcluster } from './support/run-kcluster.ts';
import { describeOnLab, kcluster, onHost, shared } from './support/shared-cluster.ts';

const managed = '/etc /opt/kcluster /opt/cni /var/lib/kcluster /var/lib/kubelet/config.yaml /var/lib/kubelet/pki /var/lib/kube-proxy';

/** Everything by which a change would show: mtimes of files, start times of units. */
async function fingerprint(node: string): Promise<string> {
  return onHost(
    node,
    `find ${managed} -xdev \\( -type f -o -type l \\) -printf '%p %T@ %m %u:%g\\n' 2>/dev/null | grep -v /var/lib/kcluster/lock | sort
systemctl show -p Id -p ExecMainStartTimestampMonotonic -p ActiveEnterTimestampMonotonic etcd kube-apiserver kube-controller-manager kube-scheduler containerd kubelet kube-proxy kcluster-balancer kcluster-network`,
  );
}

describeOnLab('a second run', () => {
  test('finds nothing to do, changes no file and restarts no unit', async () => {
    const before = await Promise.all(shared.nodes.map(fingerprint));
    const { code, stdout } = await kcluster('init', '--yes');
    expect(stdout).toContain('nothing to do');
    expect(code).toBe(0);
    expect(await Promise.all(shared.nodes.map(fingerprint))).toEqual(before);
  });

  test('costs one round trip a host', async () => {
    const { stderr } = await kcluster('init', '--yes', '--verbose');
    for (const node of shared.nodes) expect(stderr).toContain(`${node}: 1 round trip`);
  });

  test('works from a machine that has only the inventory: the hosts give everything back', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'kcluster-other-'));
    try {
      const inventory = path.join(directory, 'inventory.yaml');
      await copyFile(shared.inventory, inventory);
      const { code, stdout } = await runKcluster(['init', '--yes', '-i', inventory]);
      expect(stdout).toContain('nothing to do');
      expect(code).toBe(0);
      const keyIn = (state: string): Promise<string> => readFile(path.join(state, 'pki/ca.key'), 'utf8');
      expect(await keyIn(path.join(directory, '.kcluster', shared.name))).toBe(await keyIn(shared.stateDirectory));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
