import { shellQuote } from '../../render/shell-quote.ts';
import type { Action, ActionKind, Expected } from '../action.ts';
import { hostPaths, issueStampPath, unitStampPath, verifiedPath } from '../host-paths.ts';
import { imageArchivePath } from '../kinds/artifact.ts';
import { fieldManager } from '../kinds/kube-object.ts';
import { endingWriters } from './ending-writers.ts';
import { writeCompact, writeDefrag, writeDisarm, writeMoveLeader } from './etcd-care.ts';
import { writeAddMember, writePromote, writeRemoveMember } from './etcd-membership.ts';
import { feed } from './feed.ts';
import { writeKeep } from './keep.ts';
import { nodeWriters } from './kube-node.ts';
import type { Material } from './material.ts';
import { writeHalt, writeRestoreStage, writeRestoreSwitch } from './restore.ts';
import { temporaryKubectl as kubectl, withKubeconfig } from './with-kubeconfig.ts';

type ActionOf<K extends ActionKind> = Extract<Action, { kind: K }>;
type Writers = { readonly [K in ActionKind]: (action: ActionOf<K>, material: Material) => string };

const q = shellQuote;
/** Five digits or more: with fewer, chmod leaves the set-id bits of directories as they were. */
const octal = (mode: number): string => `0${mode.toString(8).padStart(4, '0')}`;

function expectedText(expected: Expected): string {
  if (expected === 'absent') return 'absent';
  return 'sha256' in expected ? expected.sha256 : `-> ${expected.target}`;
}

function put(path: string, text: string, mode: number, owner: string, group: string): string {
  return feed(text, `kc_put ${q(path)} ${octal(mode)} ${q(owner)} ${q(group)}`);
}

const installers = {
  apt: 'DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends',
  dnf: 'dnf -q -y install',
  zypper: 'zypper -q -n install --no-recommends',
} as const;

function writeInstall({ manager, names }: ActionOf<'packages'>): string {
  const install = `${installers[manager]} -- ${names.map(q).join(' ')}`;
  return manager === 'apt' ? `${install} || { apt-get -q update && ${install}; }` : install;
}

/** A unit that is there already belongs to somebody and is left alone; a new one is masked while its package is installed, then disabled. */
function writePackages(action: ActionOf<'packages'>): string {
  const { services = [] } = action;
  if (services.length === 0) return writeInstall(action);
  return `(
set -- ${services.map(q).join(' ')}
for kc_unit; do
  shift
  systemctl cat -- "$kc_unit" >/dev/null 2>&1 || set -- "$@" "$kc_unit"
done
[ "$#" = 0 ] || systemctl mask --runtime -q -- "$@" || exit
kc_leave_off() {
  [ "$#" = 0 ] && return
  systemctl unmask --runtime -q -- "$@"
  for kc_unit; do if systemctl cat -- "$kc_unit" >/dev/null 2>&1; then systemctl disable -q -- "$kc_unit"; fi; done
}
trap 'kc_leave_off "$@"; exit 143' HUP INT PIPE TERM
kc_status=0
{ ${writeInstall(action)}; } || kc_status=$?
kc_leave_off "$@"
exit "$kc_status"
)`;
}

function writeUnit({ unit, op, inputs }: ActionOf<'unit'>): string {
  if (op === 'enable' || op === 'disable') return `systemctl ${op} --no-reload -q ${q(unit)}`;
  if (op === 'stop') return `systemctl stop ${q(unit)}`;
  const words = [...inputs].sort().map(q).join(' ');
  const clear = `systemctl reset-failed -q ${q(unit)} 2>/dev/null\n`;
  const runs = {
    start: `${clear}systemctl start --no-block ${q(unit)}`,
    restart: `${clear}kc_restart ${q(unit)}`,
    // Waited for: its status says whether the process took what it was given.
    reload: `systemctl reload ${q(unit)}`,
  };
  const run = runs[op];
  // Stamped first under another name: what counts is what the process was started with.
  const stamp = unitStampPath(unit);
  return `kc_stamp ${q(`${stamp}.next`)} ${words} && { ${run}; } && mv -fT ${q(`${stamp}.next`)} ${q(stamp)}`;
}

function recordVerified(path: string, sha256: string): string {
  return `printf '%s %s\\n' ${sha256} "$(stat -c '%s %Y' -- ${q(path)})" | kc_put ${q(verifiedPath(path))} 0644 root root`;
}

/** An archive that the runtime does not take is sent anew by the next run. */
function writeImport({ sha256 }: ActionOf<'image'>): string {
  const archive = imageArchivePath(sha256);
  return `${hostPaths.binaries}/ctr -n k8s.io images import ${q(archive)} >/dev/null || { rm -f ${q(verifiedPath(archive))}; return 1; }
rm -f ${q(verifiedPath(archive))} ${q(archive)}`;
}

function writeIssue({ entry }: ActionOf<'issue'>, material: Material): string {
  const parts = material.issued(entry.request.id);
  const writes = entry.files.map(({ path, part, mode, owner, group }) => put(path, parts[part], mode, owner, group));
  const paths = entry.files.map(({ path }) => q(path)).join(' ');
  return [...writes, `kc_stamp ${q(issueStampPath(entry))} ${paths}`].join('\n');
}

/** Node objects are made by kubelets: they are waited for, not made. */
function writeKubeApply({ objects }: ActionOf<'kube-apply'>, material: Material): string {
  const nodes = objects.filter((object) => object.kind === 'Node').map((object) => q(`node/${(object.metadata as { name: string }).name}`));
  const wait =
    nodes.length === 0 ? '' : `${kubectl.replace('20s', '0')} wait --for=create --timeout=60s ${nodes.join(' ')} >/dev/null || return\n`;
  const apply = `${kubectl} apply --server-side --force-conflicts --field-manager=${fieldManager} -f - >/dev/null`;
  return withKubeconfig(material, `${wait}${feed(`${objects.map((object) => JSON.stringify(object)).join('\n')}\n`, apply)}`);
}

const writers: Writers = {
  file: ({ path, content, mode, owner, group, expected }, material) => {
    const text = 'text' in content ? content.text : material.secret(content.secret);
    return `kc_unmoved ${q(path)} ${q(expectedText(expected))}\n${put(path, text, mode, owner, group)}`;
  },
  attributes: ({ path, mode, owner, group }) => `chown -h ${q(`${owner}:${group}`)} ${q(path)} && chmod ${octal(mode)} ${q(path)}`,
  directory: ({ path, mode, owner, group }) =>
    `mkdir -p ${q(path)} && chown ${q(`${owner}:${group}`)} ${q(path)} && chmod ${octal(mode)} ${q(path)}`,
  link: ({ path, target, expected }) => `kc_unmoved ${q(path)} ${q(expectedText(expected))}\nkc_link ${q(path)} ${q(target)}`,
  remove: ({ path, expected }) => `kc_unmoved ${q(path)} ${q(expectedText(expected))}\nrm -f ${q(path)}`,
  user: ({ name, home }) =>
    `id -u ${q(name)} >/dev/null 2>&1 && return 0
{ getent group ${q(name)} >/dev/null || groupadd --system ${q(name)}; } && useradd --system --gid ${q(name)} --home-dir ${q(home)} --no-create-home --shell /usr/sbin/nologin ${q(name)}`,
  packages: writePackages,
  module: ({ name }) => `modprobe ${q(name)}`,
  sysctl: ({ key, value }) => `printf '%s\\n' ${q(value)} >${q(`/proc/sys/${key.replaceAll('.', '/')}`)}`,
  binary: ({ path, sha256 }) => recordVerified(path, sha256),
  image: writeImport,
  'image-archive': ({ sha256 }) => recordVerified(imageArchivePath(sha256), sha256),
  issue: writeIssue,
  'daemon-reload': () => 'systemctl daemon-reload',
  unit: writeUnit,
  keep: writeKeep,
  ...endingWriters,
  'kube-apply': writeKubeApply,
  ...nodeWriters,
  'etcd-add-member': writeAddMember,
  'etcd-promote': writePromote,
  'etcd-remove-member': writeRemoveMember,
  'etcd-move-leader': writeMoveLeader,
  'etcd-compact': writeCompact,
  'etcd-defrag': writeDefrag,
  'etcd-disarm': writeDisarm,
  snapshot: ({ path, sha256 }) => recordVerified(path, sha256),
  'restore-stage': writeRestoreStage,
  halt: writeHalt,
  'restore-switch': writeRestoreSwitch,
};

/** The sh text of one action, as the body of a function: fails with the action's own status, or exits with `movedStatus` when the host moved. */
export function writeAction(action: Action, material: Material): string {
  const write = writers[action.kind] as (action: Action, material: Material) => string;
  return write(action, material);
}
