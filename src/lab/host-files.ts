import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabHost } from './lab.ts';
import { runLocal } from './run-local.ts';

/** Makes the hierarchies writable that systemd-nspawn mounts read-only on a cgroup v1 machine; on version 2 it finds none. */
const cgroupUnit = `[Unit]
Description=Writable cgroup version 1 hierarchies
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -ec 'grep " cgroup ro," /proc/mounts | while read -r _ target _; do mount -o remount,rw "$target" || mount -o remount,bind,rw "$target"; done'
`;

/** No trailing resolver on loopback: CoreDNS would take it for a loop. Nothing answers at the operator's end, and says so at once. */
function resolverFile(address: string): string {
  return `nameserver ${address.replace(/\.\d+$/, '.1')}\n`;
}

/** Gives a host its identity: name, machine id, host key, who may log in. @param root its root directory, mounted */
export async function writeHostFiles(root: string, host: LabHost, authorizedKey: string): Promise<void> {
  await writeFile(join(root, 'etc/hostname'), `${host.name}\n`);
  await writeFile(join(root, 'etc/hosts'), `127.0.0.1 localhost\n127.0.1.1 ${host.name}\n::1 localhost ip6-localhost\n`);
  await writeFile(join(root, 'etc/resolv.conf'), resolverFile(host.address));
  await writeFile(join(root, 'etc/machine-id'), `${randomBytes(16).toString('hex')}\n`, { mode: 0o444 });
  await writeCgroupUnit(root);
  await makeKey(join(root, 'etc/ssh/ssh_host_ed25519_key'), `root@${host.name}`);
  for (const home of ['root', 'home/admin']) await authorize(join(root, home), authorizedKey);
}

async function writeCgroupUnit(root: string): Promise<void> {
  const units = join(root, 'etc/systemd/system');
  await mkdir(join(units, 'sysinit.target.wants'), { recursive: true });
  await writeFile(join(units, 'lab-cgroups.service'), cgroupUnit);
  await symlink('../lab-cgroups.service', join(units, 'sysinit.target.wants/lab-cgroups.service'));
}

async function authorize(home: string, authorizedKey: string): Promise<void> {
  const { uid, gid } = await stat(home);
  const directory = join(home, '.ssh');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'authorized_keys'), `${authorizedKey}\n`, { mode: 0o600 });
  for (const path of [directory, join(directory, 'authorized_keys')]) await chown(path, uid, gid);
}

/** Makes an ed25519 key pair in OpenSSH's form: `path` and `path.pub`. */
export async function makeKey(path: string, comment: string): Promise<void> {
  await runLocal(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
}

/** `ssh-ed25519 AAAA…`, without the comment. */
export async function readPublicKey(path: string): Promise<string> {
  const [type = '', key = ''] = (await readFile(`${path}.pub`, 'utf8')).trim().split(' ');
  return `${type} ${key}`;
}
