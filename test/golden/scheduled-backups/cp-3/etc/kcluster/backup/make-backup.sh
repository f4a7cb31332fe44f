#!/bin/sh
# Written by kcluster. Makes one backup of the cluster on this control-plane host: NAME.tar.zst and its record NAME.json.
#
#   make-backup.sh DIRECTORY
#
# Settings are variables set before it, or those of the settings file: CLUSTER, NODE, ENDPOINTS (client URLs of members, by comma),
# RECIPIENTS (age public keys, by blank; none: not encrypted), INVENTORY (file that goes along; may be empty).
# Lines on standard output: `phase<TAB>WORD`, `progress<TAB>DONE<TAB>TOTAL` in bytes, `warning<TAB>TEXT`, and last `made<TAB>NAME` or
# `failed<TAB>TEXT`.
# Exit status: 70 settings or programs are wrong, 71 no member answers, 72 no room, 73 no member gave a snapshot, 74 the snapshot is
# not whole, 75 the archive could not be written; that text says why, also on standard error.
# `die` ends the run, so that `a && b || die` says what it seems to say.
# shellcheck disable=SC2015
set -u
umask 077
LC_ALL=C
export LC_ALL

root=${KCLUSTER_ROOT:-}
bin=$root/opt/kcluster/bin
pki=$root/etc/kubernetes/pki
settings=${SETTINGS:-$root/etc/kcluster/backup/settings}
work=
unfinished=
meter=
# Files that are kept besides the snapshot are small; whoever reads a backup holds them to the same bound.
max_blocks=2048

# Descriptor 5 is the reader, wherever the output of a function goes.
say() { printf '%s\t%s\n' "$1" "$2" >&5; }

die() {
  status=$1
  shift
  say failed "$*"
  printf '%s\n' "$*" >&2
  exit "$status"
}

clean_up() {
  # Whoever has just been forked may still have our traps, and lose a gentler signal.
  [ -z "$meter" ] || kill -KILL "$meter" 2>/dev/null
  [ -z "$unfinished" ] || rm -f -- "$unfinished"
  [ -z "$work" ] || rm -rf -- "$work"
}

# Never by variables of the environment, which etcdctl refuses beside flags. stdin, stdout and stderr are those of the caller.
etcdctl_at() {
  at=$1
  shift
  env -i PATH="$PATH" "$bin/etcdctl" --endpoints="$at" --cacert="$pki/etcd/ca.crt" --cert="$pki/apiserver-etcd-client.crt" \
    --key="$pki/apiserver-etcd-client.key" --dial-timeout=3s "$@"
}

check_settings() {
  if [ -z "${CLUSTER:-}" ] && [ -r "$settings" ]; then
    # shellcheck source=/dev/null
    . "$settings"
  fi
  [ -n "${CLUSTER:-}" ] && [ -n "${NODE:-}" ] && [ -n "${ENDPOINTS:-}" ] || die 70 "CLUSTER, NODE and ENDPOINTS must be set, here or in $settings"
  case $CLUSTER$NODE in *[!A-Za-z0-9.-]*) die 70 "the name of the cluster or of the node is not one" ;; esac
  [ -n "$target" ] || die 70 "no directory to write to was given"
  for each in etcdctl etcdutl; do
    [ -x "$bin/$each" ] || die 70 "$bin/$each is not there: run kcluster init, which puts it there"
  done
  if command -v zstd >/dev/null 2>&1; then
    compression=zstd extension=zst
  else
    compression=gzip extension=gz
  fi
  age=
  [ -n "${RECIPIENTS:-}" ] || return 0
  age=$bin/age
  [ -x "$age" ] || age=$(command -v age) || die 70 "backups are to be encrypted, but age is not on this host: nothing was written"
}

# A run is known by its process and when that began: a number alone comes back for another process.
process_of() { awk '{ sub(/^.*\) /, ""); print $20 }' "/proc/$1/stat" 2>/dev/null; }
mark_of() { printf '%s %s %s\n' "$1" "$(process_of "$1")" "$(cat /proc/sys/kernel/random/boot_id)"; }

# What dead runs left. A directory without a mark is young: its run is about to write it.
sweep() {
  for each in "$target"/.*.partial; do
    [ -d "$each" ] && [ ! -h "$each" ] || continue
    if [ -s "$each/pid" ]; then
      read -r pid _ <"$each/pid"
      [ "$(cat "$each/pid")" != "$(mark_of "$pid")" ] || continue
    else
      [ -n "$(find "$each" -maxdepth 0 -mmin +2)" ] || continue
    fi
    # It may have ended between its two renames.
    dead=${each##*/.}
    dead=$target/${dead%.partial}
    [ -e "$dead.json" ] || rm -f -- "$dead".tar.*
    rm -rf -- "$each"
  done
}

# mkdir is what keeps two runs of one second apart.
take_name() {
  while :; do
    stamp=$(date -u +%Y%m%dT%H%M%SZ)
    name=$CLUSTER-$stamp-$NODE
    if mkdir -- "$target/.$name.partial" 2>/dev/null; then
      work=$target/.$name.partial
      mark_of $$ >"$work/pid" || die 75 "$target cannot be written"
      [ -e "$target/$name.json" ] || break
      rm -rf -- "$work"
      work=
    elif [ ! -d "$target/.$name.partial" ]; then
      die 75 "a directory cannot be made in $target: $(mkdir -- "$target/.$name.partial" 2>&1)"
    fi
    sleep 1
  done
  taken_at=$(echo "$stamp" | sed 's/^\(....\)\(..\)\(..T..\)\(..\)/\1-\2-\3:\4:/')
}

field() { sed -n "s/^\"$2\" : \"\\{0,1\\}\\([^\"]*\\)\"\\{0,1\\}\$/\\1/p" "$1" | head -n 1; }

# Lines of `rank applied-index endpoint status-file`, best first: followers, then the leader, then who sees no leader.
rank_members() {
  answers=0
  for each in $(echo "$ENDPOINTS" | tr , ' '); do
    answers=$((answers + 1))
    etcdctl_at "$each" --command-timeout=5s --hex endpoint status -w fields >"$work/status.$answers" 2>"$work/status.$answers.error" &
    echo "$each" >"$work/status.$answers.url"
  done
  wait
  at=0
  while [ "$at" -lt "$answers" ]; do
    at=$((at + 1))
    seen=$work/status.$at
    url=$(cat "$seen.url")
    id=$(field "$seen" MemberID)
    [ -n "$id" ] || { say warning "$url does not answer: $(tail -n 1 "$seen.error" | cut -c 1-300)"; continue; }
    # A learner may lack what the others have.
    [ "$(field "$seen" IsLearner)" != true ] || continue
    rank=1
    # With --hex etcdctl writes the members' own ids so, and the leader's in decimal all the same.
    leader=$(field "$seen" Leader)
    [ "$(printf '%x' "${leader:-0}")" != "$id" ] || rank=2
    case $leader in '' | 0) rank=3 ;; esac
    case $(grep '^"Errors"' "$seen") in
      *CORRUPT*) say warning "etcd reports wrong data (alarm CORRUPT); member $id was asked last" && rank=4 ;;
      *NOSPACE*) say warning "etcd is full (alarm NOSPACE): it takes no writes, and can still be backed up" ;;
    esac
    [ "$rank" != 3 ] || say warning "the member at $url sees no leader: its snapshot may lack the newest writes"
    echo "$rank $(field "$seen" RaftAppliedIndex) $url $seen"
  done | sort -k1,1n -k2,2nr
}

# Raw snapshot and archive lie side by side for a while.
check_room() {
  needed=$(awk -v bytes="$1" 'BEGIN { printf "%.0f", bytes * 2.2 / 1024 + 1024 }')
  free=$(df -Pk -- "$target" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$needed" ] || die 72 "$target has $((free / 1024)) MiB free, and a backup of this etcd needs $((needed / 1024)) MiB: 2.2 times its $(($1 / 1048576)) MiB; make room or use another directory"
}

# Tells how large a file has become while somebody else writes it.
meter_on() {
  (
    while sleep 1 >/dev/null 2>&1 5>&-; do
      [ ! -e "$1" ] || say progress "$(stat -c %s -- "$1" 2>/dev/null || echo 0)$(printf '\t')$2"
    done
  ) &
  meter=$!
}

meter_off() {
  kill -KILL "$meter" 2>/dev/null
  wait "$meter" 2>/dev/null
  meter=
}

save() {
  say phase choose
  rank_members >"$work/members"
  [ -s "$work/members" ] || die 71 "no member of etcd answers at $ENDPOINTS: there is nothing a snapshot could be taken from"
  size=$(for each in "$work"/status.[0-9] "$work"/status.[0-9][0-9]; do [ ! -e "$each" ] || field "$each" DBSize; done | sort -n | tail -n 1)
  check_room "$size"
  while read -r _ _ endpoint seen; do
    say phase save
    meter_on "$work/snapshot.db.part" "$(field "$seen" DBSize)"
    etcdctl_at "$endpoint" snapshot save "$work/snapshot.db" >"$work/save.log" 2>&1 </dev/null
    saved=$?
    meter_off
    [ "$saved" -ne 0 ] || return 0
    rm -f -- "$work/snapshot.db" "$work/snapshot.db.part"
    ! grep -q 'no space left' "$work/save.log" || die 72 "$target ran out of room while the snapshot was saved"
    say warning "no snapshot from $endpoint: $(tail -n 1 "$work/save.log" | tr '\t' ' ' | cut -c 1-300)"
  done <"$work/members"
  die 73 "no member of etcd gave a snapshot; the warnings say why"
}

number() { sed -n "s/.*\"$2\":\\([0-9][0-9]*\\).*/\\1/p" "$1"; }

judge() {
  say phase check
  sync "$work/snapshot.db" || die 75 "the snapshot cannot be brought to disk in $target"
  env -i PATH="$PATH" "$bin/etcdutl" snapshot status "$work/snapshot.db" -w json >"$work/judged" 2>"$work/judged.error" ||
    die 74 "etcdutl refuses the snapshot: $(tail -n 1 "$work/judged.error" | cut -c 1-300)"
  hash=$(number "$work/judged" hash) revision=$(number "$work/judged" revision) keys=$(number "$work/judged" totalKey)
  [ -n "$hash" ] && [ "${revision:-0}" -gt 0 ] && [ "${keys:-0}" -gt 0 ] || die 74 "the snapshot is empty: revision ${revision:-0}, ${keys:-0} keys"
  bytes=$(stat -c %s "$work/snapshot.db")
  # etcd puts the sha256 of the database behind it.
  [ $((bytes % 512)) -eq 32 ] || die 74 "the snapshot carries no digest"
  digest=$(tail -c 32 "$work/snapshot.db" | od -An -v -tx1 | tr -d ' \n')
}

# What is kept are copies, so that digests and archive speak of the same bytes.
gather() {
  say phase gather
  mkdir -p -- "$work/host/etc/kubernetes" || die 75 "$target cannot be written"
  set --
  if [ -n "${INVENTORY:-}" ] && [ -r "$INVENTORY" ]; then
    cat -- "$INVENTORY" >"$work/inventory.yaml" || die 75 "$INVENTORY cannot be copied to $target"
    set -- inventory.yaml
  elif [ -n "${INVENTORY:-}" ]; then
    say warning "$INVENTORY cannot be read: the backup goes without it"
  fi
  find "$pki" "$root/etc/kubernetes/encryption-config.yaml" -type f ! -name '.*' -size "-$max_blocks" 2>/dev/null | sort >"$work/found"
  while IFS= read -r each; do
    path=host${each#"$root"}
    case $path in *[!A-Za-z0-9._/-]*) say warning "$each has a name that no backup can hold" && continue ;; esac
    mkdir -p -- "$work/${path%/*}" && cat -- "$each" >"$work/$path" || die 75 "$each cannot be copied to $target"
    set -- "$@" "$path"
  done <"$work/found"
  [ -s "$work/host/etc/kubernetes/pki/ca.key" ] || die 70 "$pki/ca.key cannot be read: this host is no control plane of kcluster"
  cluster_id=$(sha256sum <"$work/host/etc/kubernetes/pki/ca.crt") && cluster_id=${cluster_id%% *}
  (cd "$work" && for each; do
    printf '%s %s %s\n' "$(sha256sum <"$each" | cut -c 1-64)" "$(stat -c %s "$each")" "$each"
  done) >"$work/files"
}

# JSON of what is known; without its last brace, because the record goes on.
describe() {
  etcdctl_at "$endpoint" --command-timeout=5s member list >"$work/list" 2>/dev/null ||
    etcdctl_at "$endpoint" --command-timeout=5s member list --consistency=s >"$work/list" 2>/dev/null ||
    die 73 "$endpoint gave a snapshot and no list of members"
  tr -d '"\134' <"$work/list" >"$work/members.list"
  member=$(awk -F ', ' -v id="$(field "$seen" MemberID)" '$1 == id { print $3 }' "$work/members.list")
  for each in "$bin"/* "$root"/opt/cni/bin/*; do
    [ -h "$each" ] && readlink -- "$each"
  done | sed -n 's|^.*/\([a-z0-9-]*\)/\([0-9A-Za-z.+-]*\)/[^/]*$|\1 \2|p' | sort -u >"$work/versions"
  cat <<JSON
{
  "apiVersion": "kcluster/v1alpha1",
  "kind": "Backup",
  "name": "$name",
  "cluster": "$CLUSTER",
  "clusterId": "$cluster_id",
  "etcdClusterId": "$(field "$seen" ClusterID)",
  "takenAt": "$taken_at",
  "node": "$NODE",
  "member": "$member",
  "snapshot": { "sizeBytes": $bytes, "sha256": "$digest", "hash": $hash, "revision": $revision, "keys": $keys },
  "versions": { $(versions) },
  "members": [
$(awk -F ', ' '{ gsub(/,/, "\", \"", $4); printf "%s    { \"name\": \"%s\", \"id\": \"%s\", \"peerURLs\": [\"%s\"] }", (NR > 1 ? ",\n" : ""), $3, $1, $4 }' "$work/members.list")
  ],
  "files": [
$(awk '{ printf "%s    { \"path\": \"%s\", \"sizeBytes\": %s, \"sha256\": \"%s\" }", (NR > 1 ? ",\n" : ""), $3, $2, $1 }' "$work/files")
  ]
JSON
}

# The release of etcd is that of the member, wherever it runs.
versions() {
  awk -v etcd="$(field "$seen" Version)" '
    $1 != "etcd" { line = line ", \"" $1 "\": \"" $2 "\"" }
    $1 == "kube-apiserver" { kubernetes = $2 }
    END { printf "\"kubernetes\": \"%s\", \"etcd\": \"%s\"%s", kubernetes, etcd, line }
  ' "$work/versions"
}

compress() { if [ "$compression" = zstd ]; then zstd -q -1 -T0 --check -c; else gzip -1 -c; fi; }
# Larger blocks than tar's own, and no program in between that is not needed: both halve the time of a large store.
bundle() {
  {
    tar -C "$work" --format=gnu -b 128 --owner=0 --group=0 --numeric-owner --no-recursion -T "$work/order" -cf -
    echo "tar $?" >&3
  } | {
    compress
    echo "compress $?" >&3
  }
}
seal() {
  [ -n "$age" ] || { bundle; return; }
  bundle | {
    "$age" "$@"
    echo "encrypt $?" >&3
  }
}
# coreutils may be built without the processor's instructions for this; OpenSSL never is.
digest_of() {
  case $(openssl dgst -sha256 -r </dev/null 2>/dev/null) in
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855*) openssl dgst -sha256 -r ;;
    *) sha256sum ;;
  esac
}

pack() {
  say phase pack
  archive=$name.tar.$extension
  described=$(describe) || exit
  printf '%s\n}\n' "$described" >"$work/manifest.json" || die 75 "$target cannot be written"
  # The order of the archive: what says what is in it comes first.
  { echo manifest.json && echo snapshot.db && awk '{ print $3 }' "$work/files"; } >"$work/order"
  recipients=
  if [ -n "$age" ]; then
    archive=$archive.age
    set --
    for each in $RECIPIENTS; do
      set -- "$@" -r "$each"
      recipients="$recipients, \"$each\""
    done
  fi
  meter_on "$work/$archive" "$bytes"
  # Each program's exit status comes over descriptor 3.
  verdict=$({ seal "$@" >"$work/$archive"; } 3>&1)
  meter_off
  # From the end to the beginning: who has no reader fails as well.
  for each in ${age:+encrypt} compress tar; do
    printf '%s\n' "$verdict" | grep -qx "$each 0" || die 75 "the archive could not be written to $target ($each failed); the disk may be full"
  done
  sum=$(digest_of <"$work/$archive") || die 75 "the archive in $target cannot be read back"
  sum=${sum%% *}
  packed=$(stat -c %s "$work/$archive")
  cat >"$work/record" <<JSON || die 75 "$target cannot be written"
$described,
  "archive": { "file": "$archive", "sizeBytes": $packed, "sha256": "$sum", "compression": "$compression", "encryptedTo": [${recipients#, }] }
}
JSON
}

publish() {
  say phase publish
  unfinished=$target/$archive
  sync "$work/$archive" "$work/record" && mv -T -- "$work/$archive" "$target/$archive" && sync "$target" &&
    mv -T -- "$work/record" "$target/$name.json" || die 75 "the backup cannot be brought to disk in $target"
  unfinished=
  sync "$target" || die 75 "the backup cannot be brought to disk in $target"
}

main() {
  exec 5>&1
  target=${1:-}
  trap clean_up EXIT
  # A reader that went away must not keep the rest from being removed.
  trap 'exit 130' HUP INT TERM
  trap '' PIPE
  check_settings
  [ -d "$target" ] || mkdir -p -- "$target" || die 75 "$target cannot be made"
  sweep
  take_name
  save
  judge
  gather
  pack
  publish
  say made "$name"
}

# The whole text is read before anything runs, so that it may come over standard input.
main "$@" </dev/null
