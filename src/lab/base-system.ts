import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InternalError } from '../errors.ts';
import { baseSystemsDirectory } from './paths.ts';
import { identifyProcess, isGone } from './process-identity.ts';
import { runLocal } from './run-local.ts';

const release = 'bookworm';

/** A plain server with sshd, plus what a Kubernetes node's preflight would install first. */
const packages = [
  ...['systemd', 'systemd-sysv', 'dbus', 'openssh-server', 'sudo', 'cron', 'procps', 'rsync', 'ca-certificates', 'curl'],
  ...['iproute2', 'iputils-ping', 'iptables', 'nftables', 'ipset', 'conntrack', 'socat', 'ethtool', 'kmod', 'zstd', 'haproxy'],
];

/** Each host gets an identity of its own, so the base has none; `admin` is for clusters installed with become: sudo. */
const hooks = [
  'rm -f "$1"/etc/ssh/ssh_host_*',
  ': > "$1/etc/machine-id"',
  // As after an installation by kcluster: the program, without its own service.
  'chroot "$1" systemctl disable haproxy.service',
  'chroot "$1" useradd --create-home --shell /bin/bash admin',
  'echo "admin ALL=(ALL) NOPASSWD: ALL" > "$1/etc/sudoers.d/admin" && chmod 0440 "$1/etc/sudoers.d/admin"',
];

function mmdebstrapArguments(directory: string): readonly string[] {
  const customize = hooks.map((hook) => `--customize-hook=${hook}`);
  return ['mmdebstrap', '--quiet', '--variant=minbase', `--include=${packages.join(',')}`, ...customize, release, directory];
}

/** Changes when the recipe changes. */
export function baseSystemName(): string {
  const recipe = JSON.stringify(mmdebstrapArguments(''));
  return `base-${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`;
}

export interface BaseSystemOptions {
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Directory of the base system; built when it is not there. @throws StoppedError */
export async function ensureBaseSystem(options: BaseSystemOptions): Promise<string> {
  const parent = baseSystemsDirectory();
  const directory = join(parent, baseSystemName());
  await removeAbandonedBuilds();
  if (await exists(directory)) return directory;
  const self = identifyProcess(process.pid);
  if (self === undefined) throw new InternalError('this process is not in /proc');
  const partial = `${directory}.partial-${self.pid}-${self.startTicks}-${randomBytes(4).toString('hex')}`;
  options.report(`building the base system (Debian ${release}), about half a minute, once`);
  await mkdir(parent, { recursive: true });
  const started = performance.now();
  try {
    await runLocal([...dieTogether, ...mmdebstrapArguments(partial)], { signal: options.signal, stopWith: 'SIGKILL' });
    await moveIntoPlace(partial, directory);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  options.report(`the base system was built in ${Math.round((performance.now() - started) / 1000)} s`);
  return directory;
}

/** The build, its children and its mounts end with this process, however it ends. */
const dieTogether = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Another process may have been faster; its result is as good. */
async function moveIntoPlace(partial: string, directory: string): Promise<void> {
  try {
    await rename(partial, directory);
  } catch (error) {
    if (!(await exists(directory))) throw error;
  }
}

/** Removes what builds left that were killed. */
export async function removeAbandonedBuilds(): Promise<void> {
  for (const entry of await listBaseSystems()) {
    const match = /^base-[0-9a-f]+\.partial-(\d+)-(\d+)-[0-9a-f]+$/.exec(entry);
    if (match === null || identifyProcess(Number(match[1]))?.startTicks === Number(match[2])) continue;
    await rm(join(baseSystemsDirectory(), entry), { recursive: true, force: true });
  }
}

async function listBaseSystems(): Promise<readonly string[]> {
  try {
    return await readdir(baseSystemsDirectory());
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
