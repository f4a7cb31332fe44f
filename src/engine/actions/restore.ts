import { shellQuote } from '../../render/shell-quote.ts';
import type { Action } from '../action.ts';

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>;

const q = shellQuote;
const dataDirectory = '/var/lib/etcd';

/** Where the data of a restore lies before and after it is in use; beside the data, so that every move is a rename. */
export const restorePaths = {
  data: dataDirectory,
  member: `${dataDirectory}/member`,
  /** Being made: worth nothing. */
  partial: (id: string) => `${dataDirectory}/restoring-${id}`,
  /** Whole, on the disk, not in use. */
  staged: (id: string) => `${dataDirectory}/restored-${id}`,
  /** What was in use before. */
  replaced: (id: string) => `${dataDirectory}/replaced-${id}`,
} as const;

/** Half a gigabyte beside the data itself, for etcd's log and for growth until somebody looks. */
const spareBytes = 512 * 1024 * 1024;

/**
 * The snapshot is judged on this host again: by its own digest, and by what etcdutl counts in it. What is staged has its final name only
 * when it is whole and safe on the disk.
 */
export function writeRestoreStage({ aim, name, path, program }: Of<'restore-stage'>): string {
  const { id, snapshot, bumpRevision, members } = aim;
  const list = Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1));
  const cluster = list.map(([member, url]) => `${member}=${url}`).join(',');
  const [partial, staged] = [restorePaths.partial(id), restorePaths.staged(id)];
  const utl = q(program);
  return `[ -d ${q(staged)} ] && return 0
# Of restores that were given up before they stopped anything.
rm -rf ${q(dataDirectory)}/restored-* ${q(dataDirectory)}/restoring-*
kc_status=$(${utl} snapshot status ${q(path)} -w json) || return
for kc_want in '"hash":${snapshot.hash},' '"revision":${snapshot.revision},' '"totalKey":${snapshot.keys},'; do
  case $kc_status in *"$kc_want"*) ;; *) printf '%s says %s, its record says %s\\n' ${q(path)} "$kc_status" "$kc_want" >&2; return 1 ;; esac
done
kc_free=$(df -Pk ${q(dataDirectory)} | awk 'NR > 1 { printf "%.0f", $4 * 1024 }')
[ "$kc_free" -ge ${snapshot.sizeBytes + spareBytes} ] || { printf '%s has %s bytes free, ${snapshot.sizeBytes + spareBytes} are needed beside the data in use\\n' ${q(dataDirectory)} "$kc_free" >&2; return 1; }
${utl} snapshot restore ${q(path)} --name ${q(name)} --data-dir ${q(partial)} --initial-cluster ${q(cluster)} --initial-cluster-token ${q(`restore-${id}`)} --initial-advertise-peer-urls ${q(members[name] ?? '')} --bump-revision ${bumpRevision} --mark-compacted >/dev/null || { rm -rf ${q(partial)}; return 1; }
[ -f ${q(`${partial}/member/snap/db`)} ] && [ -d ${q(`${partial}/member/wal`)} ] || { echo 'etcdutl made no member directory' >&2; return 1; }
chown -R etcd:etcd ${q(partial)} && chmod 0700 ${q(partial)} && find ${q(partial)} -exec sync {} + && mv -T ${q(partial)} ${q(staged)} && sync ${q(dataDirectory)}`;
}

/** An API server waits for open requests, a member of etcd for somebody to lead in its place: nobody needs that any more. */
const graceSeconds = 1;

/** Units that are not there have stopped already. What they leave on the disk is whole however they end. */
export function writeHalt({ units }: Of<'halt'>): string {
  return `kc_units=; for kc_unit in ${units.map(q).join(' ')}; do if systemctl cat "$kc_unit" >/dev/null 2>&1; then kc_units="$kc_units $kc_unit"; fi; done
[ -n "$kc_units" ] || return 0
systemctl stop --no-block $kc_units || return
kc_try=0
while systemctl show -p MainPID --value $kc_units | grep -q '[1-9]' && [ "$kc_try" -lt ${graceSeconds * 10} ]; do kc_try=$((kc_try + 1)); sleep 0.1; done
for kc_unit in $kc_units; do systemctl kill -s KILL "$kc_unit" 2>/dev/null; done
systemctl stop $kc_units`;
}

/**
 * From any point at which it may have been cut off before. Data that is in use is moved only while the place for it is empty, and nothing is
 * ever removed but a directory that is empty.
 */
export function writeRestoreSwitch({ id }: Of<'restore-switch'>): string {
  const { member, data } = restorePaths;
  const [staged, replaced] = [restorePaths.staged(id), restorePaths.replaced(id)];
  return `systemctl stop etcd.service || return
if [ ! -d ${q(staged)} ]; then
  [ -d ${q(replaced)} ] && [ -d ${q(member)} ] && return 0
  printf 'neither %s nor what it would have replaced is there\\n' ${q(staged)} >&2; return 1
fi
[ -d ${q(replaced)} ] || { mkdir -m 0700 ${q(replaced)} && chown etcd:etcd ${q(replaced)} && sync ${q(data)}; } || return
if [ -d ${q(`${staged}/member`)} ]; then
  if [ -e ${q(member)} ]; then
    [ ! -e ${q(`${replaced}/member`)} ] || { printf '%s came into being again while it was being replaced\\n' ${q(member)} >&2; return 1; }
    mv -T ${q(member)} ${q(`${replaced}/member`)} && sync ${q(data)} ${q(replaced)} || return
  fi
  mv -T ${q(`${staged}/member`)} ${q(member)} && sync ${q(data)} ${q(staged)} || return
fi
rmdir ${q(staged)} && sync ${q(data)}`;
}
