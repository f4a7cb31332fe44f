import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { hardwareAddress, keeperScript } from '../../src/lab/keeper-script.ts';
import type { LabMachine } from '../../src/lab/state.ts';

const machine: LabMachine = {
  name: 'demo-w1',
  address: '10.101.7.21',
  roles: ['worker'],
  cgroups: ['/sys/fs/cgroup/cpu,cpuacct/kcluster-lab-demo-w1', '/sys/fs/cgroup/memory/kcluster-lab-demo-w1'],
};
const paths = { fabric: '/state/a lab/fabric', root: '/state/a lab/root', disk: '/state/a lab/disk', netns: '/state/a lab/netns' };
const script = keeperScript(machine, paths);

describe('the keeper of a lab host', () => {
  test('is a script that sh can read', () => {
    const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('does nothing until it is told to: without a line it ends at once', () => {
    const { status } = spawnSync('sh', ['-c', script], { input: '', encoding: 'utf8' });
    expect(status).toBe(1);
    expect(script.indexOf('read -r _ || exit 1')).toBeLessThan(script.indexOf('cgroup.procs'));
  });

  test('joins the host’s cgroups before it boots', () => {
    for (const cgroup of machine.cgroups) expect(script).toContain(cgroup);
    expect(script.indexOf('keeper/cgroup.procs')).toBeLessThan(script.indexOf('systemd-nspawn'));
  });

  test('quotes paths with spaces in every argument', () => {
    expect(script).toContain("'--directory=/state/a lab/root'");
    expect(script).toContain("'--bind=/state/a lab/disk/kubelet:/var/lib/kubelet'");
  });

  test.each(['/var/lib/containerd', '/var/lib/kubelet', '/var/lib/etcd', '/opt'])('%s is on a real disk', (directory) => {
    expect(script).toMatch(new RegExp(`--bind=[^']*:${directory}'`));
  });

  test('gives the host its address and the way to the operator', () => {
    expect(script).toContain('ip address add 10.101.7.21/24 dev eth0');
    expect(script).toContain('ip route add default via 10.101.7.1\n');
  });

  test('boots again after a reboot from inside, and only then', () => {
    expect(script).toContain('[ "$status" -eq 133 ] || exit "$status"');
  });
});

describe('the hardware address', () => {
  test('follows from the address', () => {
    expect(hardwareAddress('10.101.7.21')).toBe('02:6b:0a:65:07:15');
  });

  test('is locally administered and not a group’s', () => {
    const first = Number.parseInt(hardwareAddress('10.101.255.201').slice(0, 2), 16);
    expect(first & 3).toBe(2);
  });
});
