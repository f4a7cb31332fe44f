#!/bin/sh
# Written by kcluster. Restores DIRECTORY/snapshot.db beside itself, reads it through an etcd of its own, and removes all of it again.
#
#   drill.sh DIRECTORY
#
# With LIVE, the client URL of the member on this host, it also tells how the cluster differs from the snapshot.
#
# That etcd listens on sockets in the directory, which only root may enter, and joins nothing: no port, no certificate, no cluster.
# Lines on standard output: `phase<TAB>WORD`, `snapshot<TAB>JSON` as etcdutl judges it, `keys<TAB>RESOURCE<TAB>COUNT`,
# `secret<TAB>JSON` of one Secret as it is stored, `differs<TAB>RESOURCE<TAB>GONE<TAB>BACK<TAB>CHANGED` (objects that a restore takes away,
# brings back, sets back) or `differs<TAB>unknown`, and last `done` or `failed<TAB>TEXT`. Exit status: 70 no program, 72 no room,
# 74 the snapshot does not restore or serve.
set -u
umask 077
LC_ALL=C
export LC_ALL

bin=${KCLUSTER_ROOT:-}/opt/kcluster/bin
member=

say() { printf '%s\t%s\n' "$1" "$2"; }

die() {
  status=$1
  shift
  say failed "$*"
  exit "$status"
}

clean_up() {
  if [ -n "$member" ]; then
    kill -KILL "$member" 2>/dev/null
    wait "$member" 2>/dev/null
  fi
  [ -z "${directory:-}" ] || rm -rf -- "$directory"
}

last_of() { tail -n 1 "$1" 2>/dev/null | tr '\t' ' ' | cut -c 1-300; }
etcdctl_here() { env -i PATH="$PATH" "$bin/etcdctl" --endpoints="unix://$directory/client.sock" --command-timeout=120s "$@"; }

check_room() {
  needed=$(($(stat -c %s "$directory/snapshot.db") * 12 / 10240 + 131072))
  free=$(df -Pk -- "$directory" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$needed" ] || die 72 "there are $((free / 1024)) MiB free below ${directory%/*}, and the drill needs $((needed / 1024)) MiB"
}

restore() {
  say phase restore
  env -i PATH="$PATH" "$bin/etcdutl" snapshot status "$directory/snapshot.db" -w json >"$directory/judged" 2>"$directory/log" ||
    die 74 "etcdutl refuses the snapshot: $(last_of "$directory/log")"
  say snapshot "$(tr -d '\n' <"$directory/judged")"
  env -i PATH="$PATH" "$bin/etcdutl" snapshot restore "$directory/snapshot.db" --data-dir "$directory/data" >"$directory/log" 2>&1 ||
    die 74 "the snapshot cannot be restored: $(last_of "$directory/log")"
  rm -f -- "$directory/snapshot.db"
}

serve() {
  say phase serve
  env -i PATH="$PATH" nice -n 10 "$bin/etcd" --name=default --data-dir="$directory/data" --force-new-cluster \
    --listen-client-urls="unix://$directory/client.sock" --advertise-client-urls="unix://$directory/client.sock" \
    --listen-peer-urls="unix://$directory/peer.sock" --quota-backend-bytes=17179869184 >"$directory/log" 2>&1 &
  member=$!
  waited=0
  until etcdctl_here --dial-timeout=1s --command-timeout=2s endpoint health >/dev/null 2>&1; do
    kill -0 "$member" 2>/dev/null || die 74 "etcd does not start with what was restored: $(last_of "$directory/log")"
    waited=$((waited + 1))
    [ "$waited" -lt 300 ] || die 74 "etcd did not serve what was restored: $(last_of "$directory/log")"
    sleep 0.2
  done
}

# A group has a dot: /registry/apps/… is of the core's own, /registry/example.org/things/… is things of example.org.
count() {
  say phase count
  etcdctl_here get / --prefix --keys-only >"$directory/keys" 2>"$directory/log" || die 74 "its keys cannot be read: $(last_of "$directory/log")"
  awk -F / '
    NF > 2 { counts[$3 ~ /\./ && NF > 3 ? $3 "/" $4 : $3]++ }
    END { for (resource in counts) print "keys\t" resource "\t" counts[resource] }
  ' "$directory/keys" | sort
}

live_keys() {
  pki=${KCLUSTER_ROOT:-}/etc/etcd/pki
  env -i PATH="$PATH" "$bin/etcdctl" --endpoints="$LIVE" --cacert="$pki/ca.crt" --cert="$pki/healthcheck-client.crt" \
    --key="$pki/healthcheck-client.key" --dial-timeout=3s --command-timeout=120s get / --prefix --keys-only --consistency=s "$@" 2>"$directory/log"
}

# A member answers by itself what it knows, so this works without a quorum.
compare() {
  [ -n "${LIVE:-}" ] || return 0
  say phase compare
  revision=$(sed -n 's/.*"revision": *\([0-9]*\).*/\1/p' "$directory/judged")
  if ! live_keys >"$directory/live" || ! live_keys --min-mod-rev=$((revision + 1)) >"$directory/newer"; then
    say differs unknown
    return 0
  fi
  awk -F / '
    function resource(key,   part, count) { count = split(key, part, "/"); return part[3] ~ /\./ && count > 3 ? part[3] "/" part[4] : part[3] }
    $0 == "" { next }
    file == 1 { saved[$0] = 1; next }
    file == 2 { if ($0 in saved) { both[$0] = 1; delete saved[$0] } else { gone[resource($0)]++; seen[resource($0)] = 1 } next }
    $0 in both { changed[resource($0)]++; seen[resource($0)] = 1 }
    END {
      for (key in saved) { back[resource(key)]++; seen[resource(key)] = 1 }
      for (each in seen) print "differs\t" each "\t" gone[each] + 0 "\t" back[each] + 0 "\t" changed[each] + 0
    }
  ' file=1 "$directory/keys" file=2 "$directory/live" file=3 "$directory/newer" | sort
}

# The smallest of the first few: a Secret may be as large as etcd allows.
show_secret() {
  say phase secret
  grep '/secrets/' "$directory/keys" | head -n 20 >"$directory/secrets"
  while read -r key; do
    etcdctl_here get "$key" -w json >"$directory/secret" 2>"$directory/log" || die 74 "$key cannot be read: $(last_of "$directory/log")"
    [ "$(stat -c %s "$directory/secret")" -lt 500000 ] || continue
    say secret "$(tr -d '\n' <"$directory/secret")"
    return
  done <"$directory/secrets"
}

main() {
  directory=${1:-}
  trap clean_up EXIT
  trap 'exit 130' HUP INT TERM
  trap '' PIPE
  [ -s "$directory/snapshot.db" ] || die 70 "there is no snapshot to try in $directory"
  for each in etcd etcdctl etcdutl; do
    [ -x "$bin/$each" ] || die 70 "$bin/$each is not on this host"
  done
  check_room
  restore
  serve
  count
  compare
  show_secret
  echo 'done'
}

# The whole text is read before anything runs, so that it may come over standard input.
main "$@" </dev/null
