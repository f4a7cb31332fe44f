import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { PreflightError } from '../errors.ts';
import { runLocal } from './run-local.ts';

export type LabCapability = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Whether this machine and user can have lab hosts at all; missing packages do not count. */
export function canRunLab(): LabCapability {
  if (process.platform !== 'linux') return { ok: false, reason: `lab hosts need Linux, this is ${process.platform}` };
  if (process.getuid?.() !== 0)
    return { ok: false, reason: 'lab hosts need root: they are made of mounts, cgroups and network namespaces' };
  return { ok: true };
}

/** @throws PreflightError */
export function requireLabMachine(): void {
  const capability = canRunLab();
  if (!capability.ok) throw new PreflightError(capability.reason, { remedy: 'Run it as root on a Linux machine, or use vagrant/.' });
}

/** Program -> Debian package that brings it. */
const tools = {
  mmdebstrap: 'mmdebstrap',
  'systemd-nspawn': 'systemd-container',
  ip: 'iproute2',
  mount: 'mount',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  'ssh-keygen': 'openssh-client',
  ssh: 'openssh-client',
} as const;

/** Packages whose program is not in PATH. */
export async function missingPackages(path: string = process.env.PATH ?? ''): Promise<readonly string[]> {
  const missing = new Set<string>();
  for (const [tool, name] of Object.entries(tools)) if (!(await isInPath(tool, path))) missing.add(name);
  return [...missing].sort();
}

async function isInPath(tool: string, path: string): Promise<boolean> {
  const looks = path.split(delimiter).map((directory) => access(join(directory, tool), constants.X_OK));
  return (await Promise.allSettled(looks)).some((look) => look.status === 'fulfilled');
}

export interface PrerequisiteOptions {
  readonly install: boolean;
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Sees to the programs a lab needs. @throws PreflightError that names the missing packages */
export async function ensurePrerequisites(options: PrerequisiteOptions): Promise<void> {
  const missing = await missingPackages();
  if (missing.length > 0 && !options.install) {
    throw new PreflightError(`lab hosts need packages that are not installed: ${missing.join(', ')}`, {
      remedy: `Run the command again with --install, or: apt-get install ${missing.join(' ')}`,
    });
  }
  if (missing.length > 0) await installPackages(missing, options);
  await raiseInotifyLimit(options.report);
}

async function installPackages(packages: readonly string[], options: PrerequisiteOptions): Promise<void> {
  const { signal } = options;
  options.report(`installing ${packages.join(', ')}`);
  if (!(await isInPath('apt-get', process.env.PATH ?? ''))) {
    throw new PreflightError('packages can only be installed with apt-get, which is not here', {
      remedy: `Install these programs by other means: ${Object.keys(tools).join(', ')}.`,
    });
  }
  await runLocal(['apt-get', 'update', '--quiet'], { signal });
  const command = ['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', ...packages];
  await runLocal(['env', 'DEBIAN_FRONTEND=noninteractive', ...command], { signal });
}

/** Instances one machine needs for a handful of hosts, each with systemd, containerd and a kubelet. */
const wantedInotifyInstances = 1024;

async function raiseInotifyLimit(report: (line: string) => void): Promise<void> {
  const path = '/proc/sys/fs/inotify/max_user_instances';
  const now = Number(await readFile(path, 'utf8'));
  if (now >= wantedInotifyInstances) return;
  await writeFile(path, String(wantedInotifyInstances));
  report(`fs.inotify.max_user_instances raised from ${now} to ${wantedInotifyInstances}, until this machine reboots`);
}
