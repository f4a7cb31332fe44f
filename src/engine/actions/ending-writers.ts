import { restoredRecordPath, restoreMarkPath } from '../../cluster/restore.ts';
import { shellQuote } from '../../render/shell-quote.ts';
import type { Action, ActionKind } from '../action.ts';
import { hostPaths, verifiedPath } from '../host-paths.ts';
import { endNetwork } from './end-network.ts';

type ActionOf<K extends ActionKind> = Extract<Action, { kind: K }>;
type EndingKind =
  | 'unit-end'
  | 'pods-end'
  | 'containers-end'
  | 'network-end'
  | 'take-away'
  | 'set-aside'
  | 'user-end'
  | 'sysctl-back'
  | 'host-end';
type EndingWriters = { readonly [K in EndingKind]: (action: ActionOf<K>) => string };

const q = shellQuote;
const socket = '/run/containerd/containerd.sock';
const crictl = `${hostPaths.binaries}/crictl --runtime-endpoint unix://${socket} --timeout 30s`;
/** So many containers at once are told to stop; each has ten seconds before it is killed. */
const atOnce = 16;

/** A unit file that is gone already still may have a process, and a link that starts it at boot. */
const endUnit = (unit: string): string => `systemctl disable --no-reload -q ${q(unit)} 2>/dev/null
kc_load=$(systemctl show -p LoadState --value -- ${q(unit)})
[ "$kc_load" = not-found ] || systemctl stop ${q(unit)} || return
systemctl reset-failed -q ${q(unit)} 2>/dev/null || :`;

/** What does not end in time is killed once the runtime has stopped. */
const endPods = `{ [ -x ${hostPaths.binaries}/crictl ] && [ -S ${socket} ]; } || return 0
timeout 60 ${crictl} ps -q 2>/dev/null | timeout 120 xargs -r -n 1 -P ${atOnce} ${crictl} stop --timeout 10 >/dev/null 2>&1
for kc_verb in stopp 'rmp -f'; do
  # shellcheck disable=SC2086
  timeout 60 ${crictl} pods -q 2>/dev/null | timeout 180 xargs -r -n 1 -P ${atOnce} ${crictl} $kc_verb >/dev/null 2>&1
done
:`;

/** Scopes and shims are told from others by the names that the runtime gave them and by the program that they run; those of machines within this one are not ours. */
const endContainers = `for kc_scope in $(systemctl list-units --all --plain --no-legend 'cri-containerd-*.scope' | sed 's/ .*//'); do systemctl kill -s KILL "$kc_scope" 2>/dev/null; done
for kc_process in /proc/[0-9]*; do
  read -r kc_command 2>/dev/null <"$kc_process/comm" || continue
  [ "$kc_command" = containerd-shim ] || continue
  [ "$kc_process/ns/mnt" -ef /proc/self/ns/mnt ] || continue
  case $(readlink "$kc_process/exe" 2>/dev/null) in
    /opt/kcluster/containerd/*/containerd-shim-runc-v2*)
      kill -s KILL "\${kc_process#/proc/}" 2>/dev/null
      timeout 30 tail --pid="\${kc_process#/proc/}" -s 0.1 -f /dev/null ;;
  esac
done
systemctl stop kubepods.slice 2>/dev/null
# With cgroup v1 nobody else removes those that are empty.
for kc_group in /sys/fs/cgroup/kubepods.slice /sys/fs/cgroup/*/kubepods.slice; do [ -d "$kc_group" ] && find "$kc_group" -depth -type d -exec rmdir '{}' + 2>/dev/null; done
for kc_namespace in /run/netns/cni-*; do
  [ -e "$kc_namespace" ] || continue
  umount "$kc_namespace" 2>/dev/null
  rm -f "$kc_namespace" || return
done`;

/** Files that were cut off in the middle of being written lie beside their names. */
function takeFile(path: string): string {
  const directory = path.slice(0, path.lastIndexOf('/'));
  const name = path.slice(directory.length + 1);
  return `if [ -d ${q(path)} ] && [ ! -L ${q(path)} ]; then echo ${q(`${path} is a directory, not what was put there`)} >&2; return 1; fi
rm -f ${q(path)} ${q(`${directory}/.${name}.kcluster-`)}* || return`;
}

function takeBinary(path: string): string {
  const version = path.slice(0, path.lastIndexOf('/'));
  const component = version.slice(0, version.lastIndexOf('/'));
  return `${takeFile(path)}
rm -f ${q(verifiedPath(path))} || return
rmdir ${q(version)} ${q(component)} 2>/dev/null || :`;
}

/** Mount points at a directory or below it, deepest first. The kernel writes blanks in them as \040. */
const mountsBelow = `kc_mounts() { awk -v d="$1/" 'index($5 "/", d) == 1 { print $5 }' /proc/self/mountinfo | sort -r | sed 's/\\\\\\([0-7][0-7][0-7]\\)/\\\\0\\1/g'; }`;

/** What is mounted there belongs to somebody else: unless it is gone, nothing is removed. */
function takeData(path: string, was: string | undefined): string {
  const [mode = '', owner = ''] = was?.split(' ') ?? [];
  const end =
    was === undefined
      ? `[ "$(kc_mounts "$kc_data")" = "$kc_data" ] || rmdir "$kc_data" 2>/dev/null || :`
      : `chown ${q(owner)} "$kc_data" && chmod ${q(mode.padStart(5, '0'))} "$kc_data"`;
  return `${mountsBelow}
kc_data=${q(path)}
${was === undefined ? '[ -d "$kc_data" ] || return 0' : '[ -d "$kc_data" ] || mkdir -p "$kc_data" || return'}
if [ -L "$kc_data" ]; then printf '%s is a link, not the directory that was put there\\n' "$kc_data" >&2; return 1; fi
kc_mounts "$kc_data" | while IFS= read -r kc_mount; do
  kc_mount=$(printf %b "$kc_mount")
  [ "$kc_mount" = "$kc_data" ] || umount -- "$kc_mount"
done
kc_left=$(kc_mounts "$kc_data" | grep -vxF -- "$kc_data")
if [ -n "$kc_left" ]; then printf 'still mounted, so nothing of it was removed: %s\\n' "$kc_left" >&2; return 1; fi
find "$kc_data" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name 'kcluster-kept-*' -exec rm -rf --one-file-system -- '{}' + || return
${end}`;
}

/** A process that runs it keeps it, and so does a link to it. */
function returnIfUsed(path: string): string {
  return `kc_uses=$(find /proc/[0-9]*/exe -maxdepth 0 -lname ${q(path)} -print -quit 2>/dev/null)
[ -z "$kc_uses" ] || return 0
kc_uses=$(find ${hostPaths.binaries} /opt/cni/bin -maxdepth 1 -lname ${q(path)} -print -quit 2>/dev/null)
[ -z "$kc_uses" ] || return 0
`;
}

function takeAway({ of, path, was, unlessUsed }: ActionOf<'take-away'>): string {
  if (of === 'data') return takeData(path, was);
  if (of === 'directory') return `rmdir ${q(path)} 2>/dev/null || :`;
  if (of === 'binary') return `${unlessUsed === true ? returnIfUsed(path) : ''}${takeBinary(path)}`;
  // logind was told to read what the kubelet wrote there, and has to read again.
  const reload = path.startsWith('/etc/systemd/logind.conf.d/') ? '\nsystemctl kill -s HUP systemd-logind.service 2>/dev/null || :' : '';
  return `${takeFile(path)}${reload}`;
}

/** A rename where the file system allows it; a mount point stays where it is. */
function setAside({ path, to, within }: ActionOf<'set-aside'>): string {
  return `${mountsBelow}
[ -e ${q(`${path}/member`)} ] || return 0
if [ -e ${q(to)} ] || [ -e ${q(within)} ]; then echo ${q(`${to} is there already`)} >&2; return 1; fi
if kc_mounts ${q(path)} | grep -qxF -- ${q(path)}; then
  mkdir -m 0700 ${q(within)} && mv -T ${q(`${path}/member`)} ${q(`${within}/member`)}
else
  mv -T ${q(path)} ${q(to)}
fi`;
}

const endUser = (name: string): string => `if id -u ${q(name)} >/dev/null 2>&1; then userdel ${q(name)} || return; fi
if getent group ${q(name)} >/dev/null; then groupdel ${q(name)}; fi`;

/** A setting that is gone with its module, or is as it was, needs nothing. */
function sysctlBack({ key, value }: ActionOf<'sysctl-back'>): string {
  const path = q(`/proc/sys/${key.replaceAll('.', '/')}`);
  return `[ -e ${path} ] || return 0
[ "$(cat ${path})" = ${q(value)} ] || printf '%s\\n' ${q(value)} >${path}`;
}

/** Nothing but what runs write there: snapshots or whatever else lies in the directory stays, and the directory with it. */
const endHost = `rm -rf ${hostPaths.runtime} ${hostPaths.unitStamps} ${hostPaths.issueStamps} || return
rm -f ${hostPaths.joining} ${restoreMarkPath} ${restoredRecordPath} ${hostPaths.journal} ${hostPaths.lock}.holder ${hostPaths.lock} ${hostPaths.state}/.*.kcluster-* || return
rm -f ${hostPaths.manifest} && { rmdir ${hostPaths.state} 2>/dev/null || :; }`;

/** The sh texts of what a reset does; each finds its work done when it runs a second time. */
export const endingWriters: EndingWriters = {
  'unit-end': ({ unit }) => endUnit(unit),
  'pods-end': () => endPods,
  'containers-end': () => endContainers,
  'network-end': () => endNetwork,
  'take-away': takeAway,
  'set-aside': setAside,
  'user-end': ({ name }) => endUser(name),
  'sysctl-back': sysctlBack,
  'host-end': () => endHost,
};
