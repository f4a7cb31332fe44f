import { mkdir, mkdtemp, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readPublicKey, writeHostFiles } from '../../src/lab/host-files.ts';
import type { LabHost } from '../../src/lab/lab.ts';
import { missingPackages } from '../../src/lab/prerequisites.ts';

const host: LabHost = { name: 'demo-w1', address: '10.101.7.21', roles: ['worker'] };
const authorized = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIObnBqxi3lnCY9qbdq12NGHDF6JG6+C8/z+MKjtDCjVr';

describe.skipIf((await missingPackages()).includes('openssh-client'))('the files that make a host itself', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'kcluster-lab-root-'));
    for (const directory of ['etc/ssh', 'etc/systemd/system', 'root', 'home/admin'])
      await mkdir(join(root, directory), { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
  const read = (path: string) => readFile(join(root, path), 'utf8');

  test('name, and a resolver that is not on loopback', async () => {
    await writeHostFiles(root, host, authorized);
    expect(await read('etc/hostname')).toBe('demo-w1\n');
    expect(await read('etc/hosts')).toContain('127.0.1.1 demo-w1\n');
    expect(await read('etc/resolv.conf')).toBe('nameserver 10.101.7.1\n');
  });

  test('a machine id as machine-id(5) wants it, another one each time', async () => {
    await writeHostFiles(root, host, authorized);
    const first = await read('etc/machine-id');
    expect(first).toMatch(/^[0-9a-f]{32}\n$/);
    await rm(root, { recursive: true });
    for (const directory of ['etc/ssh', 'etc/systemd/system', 'root', 'home/admin'])
      await mkdir(join(root, directory), { recursive: true });
    await writeHostFiles(root, host, authorized);
    expect(await read('etc/machine-id')).not.toBe(first);
  });

  test('a host key only root can read, whose public half is pinned without its comment', async () => {
    await writeHostFiles(root, host, authorized);
    const key = join(root, 'etc/ssh/ssh_host_ed25519_key');
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect(await read('etc/ssh/ssh_host_ed25519_key.pub')).toContain('root@demo-w1');
    expect(await readPublicKey(key)).toMatch(/^ssh-ed25519 [A-Za-z0-9+/=]+$/);
  });

  test.each(['root', 'home/admin'])('%s lets the lab’s key in, with modes sshd accepts, also when .ssh is there already', async (home) => {
    await mkdir(join(root, home, '.ssh'), { mode: 0o700 });
    await writeHostFiles(root, host, authorized);
    expect(await read(`${home}/.ssh/authorized_keys`)).toBe(`${authorized}\n`);
    expect((await stat(join(root, home, '.ssh'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, home, '.ssh/authorized_keys'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, home, '.ssh/authorized_keys'))).uid).toBe((await stat(join(root, home))).uid);
  });

  test('the unit for cgroup version 1 runs before everything else', async () => {
    await writeHostFiles(root, host, authorized);
    expect(await readlink(join(root, 'etc/systemd/system/sysinit.target.wants/lab-cgroups.service'))).toBe('../lab-cgroups.service');
    expect(await read('etc/systemd/system/lab-cgroups.service')).toContain('Before=sysinit.target');
  });
});
