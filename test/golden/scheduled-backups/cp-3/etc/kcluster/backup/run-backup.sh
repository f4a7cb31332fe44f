#!/bin/sh
# Written by kcluster; run by kcluster-backup.service on every control plane, of which one makes the backup of an interval.
# Needs neither the API server nor the operator's machine: etcd gives out the turn, and without a quorum every host acts.
#
#   run-backup.sh           by the timer, or by hand
#   run-backup.sh in-turn   by itself, while it holds the lock
# shellcheck disable=SC2015
set -u
umask 077
LC_ALL=C
export LC_ALL

root=${KCLUSTER_ROOT:-}
here=$root/etc/kcluster/backup
snapshots=$root/var/lib/kcluster/snapshots
status=$snapshots/.status
by_hand=$root/run/kcluster/backup-now
pki=$root/etc/kubernetes/pki
# Longest that one copy may take; the unit bounds the whole.
copy_timeout=1800
empty_sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

# shellcheck source=/dev/null
. "$here/settings"
# shellcheck source=templates/backup/places.sh
. "$here/places.sh"
lock=/kcluster/$CLUSTER/backup/lock
turn=/kcluster/$CLUSTER/backup/turn
recent=/kcluster/$CLUSTER/backup/recent

etcdctl_do() {
  "$root/opt/kcluster/bin/etcdctl" --endpoints="$ENDPOINTS" --cacert="$pki/etcd/ca.crt" --cert="$pki/apiserver-etcd-client.crt" \
    --key="$pki/apiserver-etcd-client.key" --dial-timeout=5s "$@"
}
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
one_line() { tr '\n\t' '  ' | sed 's/  */ /g; s/ $//' | cut -c 1-300; }
# `was KEY`: what the last run wrote down.
was() { sed -n "s/^$1=//p" "$status" 2>/dev/null | head -n 1; }

interval() {
  awk -v now="$(date -u '+%Y %m %d %H %M')" -v minutes="$MINUTES" -v hours="$HOURS" -v days="$DAYS" -v months="$MONTHS" \
    -v weekdays="$WEEKDAYS" -v either="$EITHER" -f "$here/slot.awk"
}

# `tell RESULT`: what became of this run, for people and for `kcluster etcd backup status`.
tell() {
  failures=0
  [ "$1" != failed ] || failures=$(($(was failures || echo 0) + 1))
  {
    echo "result=$1"
    echo "slot=$SLOT"
    echo "started=$STARTED"
    echo "ended=$(now)"
    echo "failures=$failures"
    [ -z "$error" ] || printf 'error=%s\n' "$error"
    echo "made=${made:-$(was made)}"
    echo "madeAt=${made_at:-$(was madeAt)}"
    echo "sizeBytes=${size:-$(was sizeBytes)}"
    echo "by=${by:-}"
    [ ! -s "$work/targets" ] || cat "$work/targets"
  } >"$status.new" && sync "$status.new" && mv -f -- "$status.new" "$status"
  : >"$RAN"
  measure "$1" || echo "$METRICS cannot be written" >&2
  [ "$1" != failed ] || alarm
}

# For the textfile collector of node_exporter, which must never see half a file.
measure() {
  [ -n "$METRICS" ] || return 0
  seconds=$(date -u -d "$(was madeAt)" +%s 2>/dev/null) || seconds=0
  [ -n "$(was madeAt)" ] || seconds=0
  ok=1
  [ "$1" != failed ] || ok=0
  file=$METRICS/kcluster_backup.prom
  label="{cluster=\"$CLUSTER\"}"
  cat >"$METRICS/.kcluster_backup.$$" <<PROM || return
# HELP kcluster_backup_last_success_timestamp_seconds When this host last made a backup; 0 when it never did.
# TYPE kcluster_backup_last_success_timestamp_seconds gauge
kcluster_backup_last_success_timestamp_seconds$label $seconds
# HELP kcluster_backup_last_run_timestamp_seconds When the last run of this host ended.
# TYPE kcluster_backup_last_run_timestamp_seconds gauge
kcluster_backup_last_run_timestamp_seconds$label $(date -u +%s)
# HELP kcluster_backup_last_run_ok Whether the last run of this host did all that it had to.
# TYPE kcluster_backup_last_run_ok gauge
kcluster_backup_last_run_ok$label $ok
# HELP kcluster_backup_failures Runs of this host that failed since one did not.
# TYPE kcluster_backup_failures gauge
kcluster_backup_failures$label $failures
# HELP kcluster_backup_size_bytes Size of the last archive that this host made.
# TYPE kcluster_backup_size_bytes gauge
kcluster_backup_size_bytes$label $(was sizeBytes | grep . || echo 0)
PROM
  chmod 644 "$METRICS/.kcluster_backup.$$" && mv -f -- "$METRICS/.kcluster_backup.$$" "$file"
}

alarm() {
  [ -n "$WEBHOOK" ] || return 0
  text=$(printf '%s' "$error" | sed 's/\\/\\\\/g; s/"/\\"/g')
  printf '{"cluster":"%s","node":"%s","event":"backup-failed","error":"%s","startedAt":"%s","failures":%s}\n' \
    "$CLUSTER" "$NODE" "$text" "$STARTED" "$failures" >"$work/alarm"
  # The address may hold a token: it is no argument.
  printf 'url = "%s"\n' "$WEBHOOK" | curl -q -sS -f -o /dev/null --max-time 20 -H 'Content-Type: application/json' --data-binary "@$work/alarm" -K - ||
    echo "the webhook did not take the news" >&2
}

# `fail TEXT`: remembers the first thing that went wrong; what can still be done is done.
fail() {
  echo "$1" >&2
  error=${error:-$1}
}

# Deletes what the inventory no longer keeps in one place; never when it cannot be listed. `drop` gets a name.
retain() {
  awk -v last="$KEEP_LAST" -v daily="$KEEP_DAILY" -v weekly="$KEEP_WEEKLY" -v monthly="$KEEP_MONTHLY" -v now="$(date -u +%Y%m%dT%H%M%SZ)" \
    -f "$here/retention.awk" "$work/list" >"$work/expired" || return
  kind=$1
  shift
  while IFS= read -r name; do
    "${kind}_drop" "$@" "$name" || return
    echo "deleted $name in $place"
  done <"$work/expired"
}

# `copy_to KIND FIELD…`: archive first, record last, then what is too old goes.
copy_to() {
  kind=$1
  shift
  for file in "$archive" "$made.json"; do
    "${kind}_put" "$@" "$file" >"$work/copy" 2>&1 || { one_line <"$work/copy"; return 1; }
  done
  "${kind}_list" "$@" >"$work/list" 2>"$work/copy" && retain "$kind" "$@" >>"$work/dropped" 2>"$work/copy" && return
  echo "the copy is there, but old ones cannot be deleted: $(one_line <"$work/copy")"
  return 1
}

copy_all() {
  index=0
  : >"$work/targets"
  : >"$work/dropped"
  while IFS='	' read -r place kind a b c d e; do
    # Fields are plain words; empty ones stand as "-".
    set --
    for field in "$a" "$b" "$c" "$d" "$e"; do
      [ -n "$field" ] || continue
      [ "$field" != - ] || field=
      set -- "$@" "$field"
    done
    if said=$(copy_to "$kind" "$@" </dev/null); then
      printf 'target%s=ok\t%s\t%s\n' "$index" "$place" "$(now)" >>"$work/targets"
    else
      fail "no copy to $place: ${said:-it could not be written}"
      printf 'target%s=failed\t%s\t%s\t%s\n' "$index" "$place" "$(now)" "$said" >>"$work/targets"
    fi
    index=$((index + 1))
  done <"$here/targets"
  cat "$work/dropped"
}

make() {
  sh "$here/make-backup.sh" "$snapshots" >"$work/made" 2>"$work/made.error"
  code=$?
  sed -n 's/^warning	/warning: /p' "$work/made" >&2
  made=$(sed -n 's/^made	//p' "$work/made" | tail -n 1)
  if [ "$code" -ne 0 ] || [ -z "$made" ]; then
    made=
    fail "no backup was made: $(tail -n 1 "$work/made.error" | one_line)"
    return 1
  fi
  made_at=$(now) archive=$(record_of file "$made") size=$(record_of sizeBytes "$made")
  echo "made $made, $size bytes"
}

# Who made the backup of this interval, or of a later one: of those a clock that is behind knows nothing, and one that was ahead must
# silence nobody for long, so they count for as long as etcd itself keeps the key `recent`.
taken() {
  etcdctl_do --command-timeout=10s get "$turn" --print-value-only >"$work/turn" 2>/dev/null || : >"$work/turn"
  awk -v slot="$SLOT" -v recent="$(etcdctl_do --command-timeout=10s get "$recent" --print-value-only 2>/dev/null)" '
    $1 == slot || ($1 > slot && recent != "") { print $2, $1; exit }' "$work/turn"
}

act() {
  if [ "$1" = in-turn ] && [ ! -e "$by_hand" ]; then
    by=$(taken)
    if [ -n "$by" ]; then
      echo "the backup of ${by#* } was made by ${by% *}"
      by=${by% *}
      tell other
      return 0
    fi
  fi
  rm -f -- "$by_hand"
  if make; then
    [ "$1" != in-turn ] || write_turn
    copy_all
    place=$snapshots
    directory_list "$snapshots" >"$work/list" 2>"$work/copy" && retain directory "$snapshots" ||
      fail "old backups in $snapshots cannot be deleted: $(one_line <"$work/copy")"
  fi
  if [ -z "$error" ]; then tell ok; else tell failed; fi
  [ -z "$error" ]
}

write_turn() {
  echo "$SLOT $NODE $made" | etcdctl_do --command-timeout=10s put "$turn" >/dev/null 2>&1 &&
    lease=$(etcdctl_do --command-timeout=10s lease grant "$RECENT_SECONDS" 2>/dev/null | awk '{ print $2 }') && [ -n "$lease" ] &&
    echo "$SLOT" | etcdctl_do --command-timeout=10s put "$recent" --lease="$lease" >/dev/null 2>&1 && return
  echo "etcd did not take down whose turn it was: another host may make a backup, too" >&2
}

main() {
  mkdir -p -- "$snapshots" "$root/run/kcluster" || exit
  work=$(mktemp -d) || exit
  error='' made='' made_at='' size='' by=''
  trap 'rm -rf -- "$work"' EXIT
  trap '[ -e "$RAN" ] || { error="stopped before it was done"; tell failed; }; exit 143' HUP INT TERM
  if [ "${1:-}" = in-turn ]; then
    act in-turn
    exit
  fi
  # Whoever holds the lock says by a file that he has told what became of it.
  SLOT=$(interval) STARTED=$(now) RAN=$work/told
  export SLOT STARTED RAN
  if etcdctl_do --command-timeout=10s get "$turn" >/dev/null 2>"$work/etcd.error"; then
    etcdctl_do lock "$lock" --ttl=60 -- /bin/sh "$0" in-turn </dev/null
    code=$?
    [ -e "$RAN" ] || {
      fail "etcd gave no turn"
      tell failed
      exit 1
    }
    exit "$code"
  fi
  echo "etcd gives out no turns, so this host acts by itself: $(tail -n 1 "$work/etcd.error" | one_line)" >&2
  [ -e "$by_hand" ] || [ "$(was slot)" != "$SLOT" ] || [ "$(was result)" = failed ] || { echo "the backup of $SLOT was made"; exit 0; }
  act alone
}

main "$@"
