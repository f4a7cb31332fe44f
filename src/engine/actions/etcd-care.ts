import { roomyShare } from '../../cluster/etcd-room.ts';
import { shellQuote } from '../../render/shell-quote.ts';
import type { Action } from '../action.ts';
import { etcdctlFunctions, ownEtcdEndpoint } from '../etcdctl.ts';
import { movedStatus } from './shell-library.ts';

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>;

const q = shellQuote;

/** `kc_etcdctl` asks the member on this host; `kc_look` reads its status, `kc_field NAME` is a number in it. */
const own = `${etcdctlFunctions([ownEtcdEndpoint])}
kc_look() { kc_seen=$(kc_etcdctl endpoint status -w fields); }
kc_field() { printf '%s\\n' "$kc_seen" | sed -n "s/^\\"$1\\" : //p"; }`;

/** Whoever leads no more has nothing to hand on. */
export function writeMoveLeader({ to }: Of<'etcd-move-leader'>): string {
  return `${own}
kc_look || return
[ "$(kc_field Leader)" = "$(kc_field MemberID)" ] || return 0
kc_etcdctl move-leader ${q(to)} >/dev/null`;
}

/** What an earlier run, another member or the API server compacted is done. */
export function writeCompact({ keepRevisions, timeoutSeconds }: Of<'etcd-compact'>): string {
  return `${own}
kc_look || return
kc_to=$(($(kc_field Revision) - ${keepRevisions}))
[ "$kc_to" -gt 0 ] || return 0
kc_said=$(kc_etcdctl --command-timeout=${timeoutSeconds}s compact --physical "$kc_to" 2>&1) && return 0
case $kc_said in *'has been compacted'*) return 0 ;; esac
printf '%s\\n' "$kc_said" >&2
return 1`;
}

/** A member that became the leader since the plan was made would take the whole cluster with it while it is busy. */
export function writeDefrag({ leastGainBytes, isAlone, timeoutSeconds }: Of<'etcd-defrag'>): string {
  const refuseLeader = `if [ "$(kc_field Leader)" = "$(kc_field MemberID)" ]; then
  echo 'its member leads etcd now' >&2
  exit ${movedStatus}
fi
`;
  return `${own}
kc_look || return
[ "$(($(kc_field DBSize) - $(kc_field DBSizeInUse)))" -ge ${leastGainBytes} ] || return 0
${isAlone ? '' : refuseLeader}kc_etcdctl --command-timeout=${timeoutSeconds}s defrag >/dev/null`;
}

/** Without room the alarm would be back with the next write; wrong data is never talked away. */
export function writeDisarm({ endpoints }: Of<'etcd-disarm'>): string {
  return `${etcdctlFunctions(endpoints)}
kc_seen=$(kc_etcdctl endpoint status -w fields) || return
kc_full=$(printf '%s\\n' "$kc_seen" | awk '$1 == "\\"DBSize\\"" { size = $3 } $1 == "\\"DBSizeQuota\\"" { quota = $3 }
  $1 == "\\"Endpoint\\"" { if (quota > 0 && size >= quota * ${roomyShare}) print $3 " holds " size " of " quota " bytes"; size = quota = 0 }')
if [ -n "$kc_full" ]; then
  printf 'not enough room yet:\\n%s\\n' "$kc_full" >&2
  return 1
fi
kc_alarms=$(kc_etcdctl alarm list) || return
case $kc_alarms in
  *CORRUPT*) echo 'members hold different data: the alarms stay' >&2; return 1 ;;
  *NOSPACE*) kc_etcdctl alarm disarm >/dev/null ;;
esac`;
}
