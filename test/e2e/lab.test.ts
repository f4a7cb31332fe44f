import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LockedError, RefusedError } from '../../src/errors.ts';
import { linkName } from '../../src/lab/lab.ts';
import { labDown } from '../../src/lab/lab-down.ts';
import { labPowerOff, labReboot } from '../../src/lab/lab-power.ts';
import { sshArguments } from '../../src/lab/lab-ssh.ts';
import { labStatus } from '../../src/lab/lab-status.ts';
import { labUp } from '../../src/lab/lab-up.ts';
import { readMounts } from '../../src/lab/mounts.ts';
import { linkExists } from '../../src/lab/network.ts';
import { labPaths, labsDirectory, machinePaths } from '../../src/lab/paths.ts';
import { canRunLab } from '../../src/lab/prerequisites.ts';
import { readLabState, requireLabState, requireMachine } from '../../src/lab/state.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';

const run = promisify(execFile);
const quiet = () => undefined;
const small = { controlPlanes: 1, workers: 1, etcd: 0, install: true, report: quiet };

/** Everything this machine holds of a lab: mounts, interface, cgroups, processes, files. */
async function tracesOf(name: string): Promise<readonly string[]> {
  const mine = (text: string) => text.includes(`/lab/${name}/`) || text.includes(`lab-${name}-`) || text.includes(`=${name}-`);
  const mounts = (await readMounts()).map((mount) => mount.target).filter(mine);
  const link = (await linkExists(linkName(name))) ? [linkName(name)] : [];
  // Cgroups of others may go while find looks, which it counts as a failure.
  const { stdout: cgroups } = await run('sh', ['-c', `find /sys/fs/cgroup -type d -name 'kcluster-lab-${name}-*' 2>/dev/null || true`]);
  const processes = (await commandLines()).filter(mine);
  const files = (await readdir(labsDirectory())).filter((entry) => entry === name || entry.startsWith(`${name}.`));
  const runtime = (await readdir('/run/systemd/nspawn/propagate')).filter((entry) => entry.startsWith(`${name}-`));
  return [...mounts, ...link, ...cgroups.split('\n').filter((line) => line !== ''), ...processes, ...files, ...runtime];
}

async function commandLines(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  // A process may end while it is looked at.
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}

async function ssh(lab: string, host: string, command: string, user = 'root'): Promise<string> {
  const machine = requireMachine(await requireLabState(lab), host);
  const { stdout } = await run('ssh', [...sshArguments(lab, machine, { user, command: [command] })]);
  return stdout.trim();
}

async function hostStates(lab: string): Promise<readonly string[]> {
  return (await labStatus(lab)).flatMap((status) => status.hosts.map((host) => `${host.name} ${host.state}`));
}

/** A process of its own that makes the lab, to be killed. */
function startLabUp(name: string, environment: NodeJS.ProcessEnv = {}): ChildProcess {
  const options = { name, controlPlanes: 1, workers: 1, etcd: 0, install: false };
  const source = `const { labUp } = await import(${JSON.stringify(new URL('../../src/lab/lab-up.ts', import.meta.url).href)});
    await labUp({ ...${JSON.stringify(options)}, report: () => undefined });`;
  return spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio: 'ignore', env: { ...process.env, ...environment } });
}

const capability = canRunLab();

describe.skipIf(!capability.ok)('lab hosts', () => {
  beforeAll(async () => {
    for (const name of ['lt-e2e', 'lt-two', 'lt-kill']) await labDown(name, quiet);
    await labUp({ ...small, name: 'lt-e2e' });
  });
  afterAll(async () => {
    for (const name of ['lt-e2e', 'lt-two', 'lt-kill']) await labDown(name, quiet);
  });

  test('boot and run systemd without a failed unit', async () => {
    for (const host of ['lt-e2e-cp1', 'lt-e2e-w1']) {
      expect(await ssh('lt-e2e', host, 'systemctl is-system-running --wait')).toBe('running');
      expect(await ssh('lt-e2e', host, 'hostname')).toBe(host);
    }
  });

  test('answer only under their pinned host keys', async () => {
    const machine = requireMachine(await requireLabState('lt-e2e'), 'lt-e2e-w1');
    const words = sshArguments('lt-e2e', machine, { user: 'root', command: ['true'] });
    const foreign = words.map((word) => word.replace(/^UserKnownHostsFile=.*/, 'UserKnownHostsFile=/dev/null'));
    await expect(run('ssh', [...foreign])).rejects.toMatchObject({ code: 255 });
  });

  test('admin becomes root without a password', async () => {
    expect(await ssh('lt-e2e', 'lt-e2e-w1', 'id -un; sudo -n id -un', 'admin')).toBe('admin\nroot');
  });

  test('reach each other and the operator; loopback resolves nothing', async () => {
    const { machines, subnet } = await requireLabState('lt-e2e');
    for (const address of [`${subnet}.1`, ...machines.map((machine) => machine.address)]) {
      expect(await ssh('lt-e2e', 'lt-e2e-cp1', `ping -c 1 -W 2 ${address} >/dev/null && echo yes`)).toBe('yes');
    }
    expect(await ssh('lt-e2e', 'lt-e2e-cp1', 'cat /etc/resolv.conf')).not.toContain('127.');
  });

  test('have identities of their own', async () => {
    for (const file of ['/etc/machine-id', '/etc/ssh/ssh_host_ed25519_key.pub', '/proc/sys/kernel/random/boot_id']) {
      expect(await ssh('lt-e2e', 'lt-e2e-cp1', `cat ${file}`)).not.toBe(await ssh('lt-e2e', 'lt-e2e-w1', `cat ${file}`));
    }
  });

  test('can do what a node must: cgroups, overlays, interfaces, packet filters, forwarding', async () => {
    const script = `set -e
      for tree in $(awk '$3 ~ /^cgroup/ { print $2 }' /proc/mounts); do mkdir "$tree/probe"; rmdir "$tree/probe"; done
      cd /var/lib/containerd && mkdir -p t/l t/u t/w t/m && mount -t overlay overlay -o lowerdir=t/l,upperdir=t/u,workdir=t/w t/m && umount t/m && rm -r t
      ip link add probe type bridge && ip link delete probe
      nft add table inet probe && nft delete table inet probe
      iptables -t nat -N PROBE && iptables -t nat -X PROBE
      sysctl -q -w net.ipv4.ip_forward=1
      test -r /dev/kmsg
      ls /sys/class/net | tr '\\n' ' '`;
    expect(await ssh('lt-e2e', 'lt-e2e-w1', script)).toBe('eth0 lo');
  });

  test('do not see each other’s cgroups', async () => {
    await ssh('lt-e2e', 'lt-e2e-cp1', 'mkdir /sys/fs/cgroup/pids/kubepods-probe 2>/dev/null || mkdir /sys/fs/cgroup/kubepods-probe');
    expect(await ssh('lt-e2e', 'lt-e2e-w1', 'find /sys/fs/cgroup -name kubepods-probe')).toBe('');
  });

  test('are found again by a second up, which changes nothing', async () => {
    const before = await requireLabState('lt-e2e');
    const lines: string[] = [];
    const { inventory, hosts } = await labUp({ ...small, name: 'lt-e2e', report: (line) => lines.push(line) });
    expect(lines).toEqual(['lab lt-e2e is up already: control planes 1, workers 1, etcd 0']);
    expect(await requireLabState('lt-e2e')).toEqual(before);
    expect(hosts.map((host) => host.name)).toEqual(['lt-e2e-cp1', 'lt-e2e-w1']);
    await access(inventory);
  });

  test('another shape under the same name is refused', async () => {
    await expect(labUp({ ...small, name: 'lt-e2e', workers: 3 })).rejects.toThrow(RefusedError);
  });

  test('the inventory is rewritten when another version is asked for', async () => {
    const { inventory } = await labUp({ ...small, name: 'lt-e2e', kubernetesVersion: 'v1.36.5' });
    expect(await readFile(inventory, 'utf8')).toContain('kubernetesVersion: 1.36.5');
  });

  test('a power cycle keeps disk and address and loses everything else', async () => {
    await ssh('lt-e2e', 'lt-e2e-w1', 'echo kept | tee /root/disk /var/lib/etcd/disk /tmp/gone; ip link add gone type bridge; sync');
    const before = await ssh('lt-e2e', 'lt-e2e-w1', 'cat /proc/sys/kernel/random/boot_id');
    await labReboot('lt-e2e', 'lt-e2e-w1', { report: quiet });
    expect(await ssh('lt-e2e', 'lt-e2e-w1', 'cat /root/disk /var/lib/etcd/disk')).toBe('kept\nkept');
    expect(await ssh('lt-e2e', 'lt-e2e-w1', 'cat /tmp/gone 2>&1 | grep -c No; ls /sys/class/net | tr "\\n" " "')).toBe('1\neth0 lo');
    expect(await ssh('lt-e2e', 'lt-e2e-w1', 'cat /proc/sys/kernel/random/boot_id')).not.toBe(before);
    expect(await hostStates('lt-e2e')).toEqual(['lt-e2e-cp1 running', 'lt-e2e-w1 running']);
  });

  test('a reboot from inside comes back by itself, with writable cgroups', async () => {
    const before = await ssh('lt-e2e', 'lt-e2e-w1', 'cat /proc/sys/kernel/random/boot_id');
    // The connection may break before ssh has its exit status.
    await ssh('lt-e2e', 'lt-e2e-w1', 'systemctl reboot').catch(() => '');
    const bootId = () => ssh('lt-e2e', 'lt-e2e-w1', 'cat /proc/sys/kernel/random/boot_id').catch(() => before);
    await waitUntil('the host has booted again', async () => (await bootId()) !== before, { timeoutMs: 60_000 });
    expect(await ssh('lt-e2e', 'lt-e2e-w1', 'systemctl is-system-running --wait; grep -c " cgroup ro," /proc/mounts || true')).toBe(
      'running\n0',
    );
    expect(await ssh('lt-e2e', 'lt-e2e-w1', 'cat /root/disk')).toBe('kept');
  });

  test('a host without power is shown as stopped, stays so when another reboots, and is booted by the next up', async () => {
    await labPowerOff('lt-e2e', 'lt-e2e-w1');
    await labReboot('lt-e2e', 'lt-e2e-cp1', { report: quiet });
    expect(await hostStates('lt-e2e')).toEqual(['lt-e2e-cp1 running', 'lt-e2e-w1 stopped']);
    await labUp({ ...small, name: 'lt-e2e' });
    expect(await hostStates('lt-e2e')).toEqual(['lt-e2e-cp1 running', 'lt-e2e-w1 running']);
    expect(await ssh('lt-e2e', 'lt-e2e-w1', 'cat /root/disk')).toBe('kept');
  });

  test('two labs live side by side, and one goes without the other', async () => {
    await labUp({ ...small, name: 'lt-two', workers: 0 });
    const [one, two] = [await requireLabState('lt-e2e'), await requireLabState('lt-two')];
    expect(two.subnet).not.toBe(one.subnet);
    expect(await ssh('lt-two', 'lt-two-cp1', 'hostname')).toBe('lt-two-cp1');
    expect(await labDown('lt-two', quiet)).toBe(true);
    expect(await tracesOf('lt-two')).toEqual([]);
    expect(await ssh('lt-e2e', 'lt-e2e-cp1', 'hostname')).toBe('lt-e2e-cp1');
  });

  const moments = [
    ['its plan is written down', async (name: string) => (await readLabState(name)) !== undefined],
    [
      'a root is mounted',
      async (name: string) => (await readMounts()).some(({ target }) => target === machinePaths(name, `${name}-w1`).root),
    ],
    ['its network is there', async (name: string) => linkExists(linkName(name))],
    ['its keepers are started', async (name: string) => (await readLabState(name))?.machines.every(({ keeper }) => keeper !== undefined)],
    ['a host writes to its console', async (name: string) => (await readFile(machinePaths(name, `${name}-w1`).console, 'utf8')).length > 0],
  ] as const;

  test.each(moments)('killed once %s, down leaves nothing', async (_, reached) => {
    const child = startLabUp('lt-kill');
    const closed = once(child, 'close');
    const asked = () => reached('lt-kill').then(Boolean, () => false);
    await waitUntil('the moment has come', asked, { timeoutMs: 60_000, intervalMs: 1 });
    child.kill('SIGKILL');
    await closed;
    expect(await tracesOf('lt-kill')).not.toEqual([]);
    await labDown('lt-kill', quiet);
    expect(await tracesOf('lt-kill')).toEqual([]);
  });

  test('killed while the base system is built, the build ends with it and down removes its remains', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'kcluster-lab-cache-'));
    const builds = join(cache, 'kcluster', 'lab');
    try {
      const child = startLabUp('lt-kill', { XDG_CACHE_HOME: cache });
      const closed = once(child, 'close');
      const partial = async () => join(builds, (await readdir(builds))[0] ?? 'none', 'etc');
      const building = () =>
        partial()
          .then(access)
          .then(
            () => true,
            () => false,
          );
      await waitUntil('the build has begun', building, { timeoutMs: 60_000, intervalMs: 5 });
      child.kill('SIGKILL');
      await closed;
      const ended = async () => (await commandLines()).every((line) => !line.includes(builds));
      await waitUntil('the build has ended', ended, { timeoutMs: 60_000 });
      expect(await readdir(builds)).not.toEqual([]);
      vi.stubEnv('XDG_CACHE_HOME', cache);
      await labDown('lt-kill', quiet);
      expect(await readdir(builds)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      await rm(cache, { recursive: true, force: true });
    }
  });

  test('killed half-way, the next up makes it anew', async () => {
    const child = startLabUp('lt-kill');
    const closed = once(child, 'close');
    await waitUntil('its network is there', () => linkExists(linkName('lt-kill')), { timeoutMs: 60_000, intervalMs: 1 });
    await expect(labDown('lt-kill', quiet)).rejects.toThrow(LockedError);
    child.kill('SIGKILL');
    await closed;
    await labUp({ ...small, name: 'lt-kill' });
    expect(await hostStates('lt-kill')).toEqual(['lt-kill-cp1 running', 'lt-kill-w1 running']);
  });

  test('an interrupted up leaves nothing', async () => {
    await labDown('lt-kill', quiet);
    const controller = new AbortController();
    const making = labUp({ ...small, name: 'lt-kill', signal: controller.signal }).catch((error: unknown) => error);
    await waitUntil('its network is there', () => linkExists(linkName('lt-kill')), { timeoutMs: 60_000, intervalMs: 1 });
    controller.abort();
    expect(await making).toMatchObject({ exitCode: 130 });
    expect(await tracesOf('lt-kill')).toEqual([]);
  });

  test('hosts survive the process that made them', async () => {
    const child = startLabUp('lt-kill');
    await once(child, 'close');
    expect(await hostStates('lt-kill')).toEqual(['lt-kill-cp1 running', 'lt-kill-w1 running']);
  });

  test('down leaves nothing, and a second down says so', async () => {
    expect(await tracesOf('lt-e2e')).not.toEqual([]);
    expect(await labDown('lt-e2e', quiet)).toBe(true);
    expect(await tracesOf('lt-e2e')).toEqual([]);
    expect(await labDown('lt-e2e', quiet)).toBe(false);
    await expect(access(join(labPaths('lt-e2e').directory))).rejects.toThrow('ENOENT');
  });
});
