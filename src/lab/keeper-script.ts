import { shellQuote } from '../render/shell-quote.ts';
import type { LabMachine } from './state.ts';

export interface KeeperPaths {
  readonly fabric: string;
  readonly root: string;
  readonly disk: string;
  readonly netns: string;
}

/** Directories of a host that overlayfs cannot hold, as containerd puts an overlay into them. @see boundDirectories */
export const boundDirectories = {
  containerd: '/var/lib/containerd',
  kubelet: '/var/lib/kubelet',
  etcd: '/var/lib/etcd',
  opt: '/opt',
} as const;

/** Status with which systemd-nspawn --keep-unit asks to be started again: a reboot from inside. */
const rebootStatus = 133;

/**
 * The shell script that keeps one lab host running: fresh network, empty cgroups, boot; again after a reboot from inside.
 * It waits for a line on standard input first, so that the starter can write its process id down before anything happens.
 */
export function keeperScript(machine: LabMachine, paths: KeeperPaths): string {
  const cgroups = machine.cgroups.map(shellQuote).join(' ');
  const fabric = shellQuote(paths.fabric);
  const netns = shellQuote(paths.netns);
  const [subnet = '', octet = ''] = splitAddress(machine.address);
  const port = `host${octet}`;
  return `# Keeps the lab host ${machine.name} running. Written by kcluster lab.
set -u
read -r _ || exit 1
exec </dev/null
for cgroup in ${cgroups}; do
  echo 0 >"$cgroup/keeper/cgroup.procs" || exit 1
done

network() {
  if nsenter --net=${fabric} ip link show ${port} >/dev/null 2>&1; then
    nsenter --net=${fabric} ip link delete ${port}
  fi
  if mountpoint -q ${netns}; then umount ${netns} || return 1; fi
  unshare --net=${netns} true || return 1
  nsenter --net=${fabric} ip link add ${port} type veth peer name eth0 address ${hardwareAddress(machine.address)} netns ${netns} || return 1
  nsenter --net=${fabric} ip link set ${port} master lab up || return 1
  nsenter --net=${netns} sh -eu <<'END'
ip link set lo up
ip link set eth0 up
ip address add ${machine.address}/24 dev eth0
ip route add default via ${subnet}.1
END
}

machine() (
  for cgroup in ${cgroups}; do
    # Made anew: what an earlier boot enabled for its children would keep processes out of it.
    find "$cgroup/machine" -depth -type d -exec rmdir {} +
    mkdir -p "$cgroup/machine" && echo 0 >"$cgroup/machine/cgroup.procs" || exit 1
  done
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes SYSTEMD_NSPAWN_LOCK=no
  exec nsenter --net=${netns} systemd-nspawn ${nspawnArguments(machine, paths).map(shellQuote).join(' ')}
)

while :; do
  network || exit 1
  machine
  status=$?
  [ "$status" -eq ${rebootStatus} ] || exit "$status"
done
`;
}

function nspawnArguments(machine: LabMachine, paths: KeeperPaths): readonly string[] {
  return [
    '--quiet',
    '--boot',
    '--register=no',
    '--keep-unit',
    `--machine=${machine.name}`,
    `--directory=${paths.root}`,
    `--network-namespace-path=${paths.netns}`,
    '--capability=all',
    '--system-call-filter=@keyring bpf',
    '--resolv-conf=off',
    '--link-journal=no',
    '--bind=/dev/kmsg',
    ...Object.entries(boundDirectories).map(([name, target]) => `--bind=${paths.disk}/${name}:${target}`),
  ];
}

function splitAddress(address: string): readonly [string, string] {
  const dot = address.lastIndexOf('.');
  return [address.slice(0, dot), address.slice(dot + 1)];
}

/** The same after every boot: neighbours that remember it still reach the host. Locally administered. */
export function hardwareAddress(address: string): string {
  return ['02', '6b', ...address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'))].join(':');
}
