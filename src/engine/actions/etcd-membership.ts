import { shellQuote } from '../../render/shell-quote.ts';
import type { Action } from '../action.ts';
import { etcdctlFunctions } from '../etcdctl.ts';

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>;

const q = shellQuote;

/** How often a change of the membership is asked for again, and how long in between: etcd refuses one while a voter was connected for less than 5 s. */
const tries = 100;
const pause = '0.3';

/**
 * `kc_member URL`: `<id> <status>` of the member with that peer URL, nothing when there is none. A line of etcdctl is
 * `id, status, name, peer URLs, client URLs, learner`.
 */
const findMember = `kc_member() {
  kc_members=$(kc_etcdctl member list -w simple) || return
  printf '%s\\n' "$kc_members" | while IFS= read -r kc_line; do
    case $kc_line in *", $1, "*) printf '%s\\n' "$kc_line" | sed 's/^\\([0-9a-f]*\\), \\([a-z]*\\), .*$/\\1 \\2/' ;; esac
  done
}`;

/** Repeats a command that etcd refuses for now; any other refusal is final, and its words are the error. */
const insist = `kc_insist() {
  kc_try=0
  until kc_said=$("$@" 2>&1); do
    kc_try=$((kc_try + 1))
    case $kc_said in
      *'unhealthy cluster'* | *'in sync with leader'* | *'not enough started members'* | *'no leader'* | *'leader changed'* | *'timed out'* | *'deadline exceeded'*) ;;
      *) kc_try=${tries} ;;
    esac
    [ "$kc_try" -lt ${tries} ] || { printf '%s\\n' "$kc_said" >&2; return 1; }
    sleep ${pause}
  done
}`;

/** Added by an earlier run is good; a member of that address that has run before is somebody's vote, and is never taken over. */
export function writeAddMember({ name, peerURL, endpoints }: Of<'etcd-add-member'>): string {
  return `${etcdctlFunctions(endpoints)}
${findMember}
${insist}
kc_add() {
  kc_found=$(kc_member ${q(peerURL)}) || return
  [ -n "$kc_found" ] || kc_etcdctl member add ${q(name)} --learner --peer-urls=${q(peerURL)}
}
kc_found=$(kc_member ${q(peerURL)}) || return
case $kc_found in
  *' started')
    [ -d /var/lib/etcd/member ] && return 0
    printf 'a member with %s has run before, and its data is not here\\n' ${q(peerURL)} >&2
    return 1 ;;
esac
kc_insist kc_add`;
}

/** A member that votes already is done: etcd says so, in words with which it also begins to say that a learner is behind. */
export function writePromote({ peerURL, endpoints }: Of<'etcd-promote'>): string {
  return `${etcdctlFunctions(endpoints)}
${findMember}
${insist}
kc_found=$(kc_member ${q(peerURL)}) || return
[ -n "$kc_found" ] || { printf 'no member has the peer URL %s\\n' ${q(peerURL)} >&2; return 1; }
kc_promote() {
  kc_answer=$(kc_etcdctl member promote "\${kc_found%% *}" 2>&1) && return 0
  case $kc_answer in
    *'in sync with leader'*) ;;
    *'can only promote a learner member'*) return 0 ;;
  esac
  printf '%s\\n' "$kc_answer"
  return 1
}
kc_insist kc_promote`;
}

/** Who is gone already is done. */
export function writeRemoveMember({ id, endpoints }: Of<'etcd-remove-member'>): string {
  return `${etcdctlFunctions(endpoints)}
${insist}
kc_remove() {
  kc_members=$(kc_etcdctl member list -w simple) || return
  case "
$kc_members" in *"
${id}, "*) kc_etcdctl member remove ${q(id)} ;; esac
}
kc_insist kc_remove`;
}
