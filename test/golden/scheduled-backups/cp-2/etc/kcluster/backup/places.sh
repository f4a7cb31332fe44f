# Written by kcluster. Sourced by run-backup.sh: what can be done in a place that gets copies, one function a kind of it.
# A place is a line of /etc/kcluster/backup/targets: its kind, then its fields, joined by tabs.
# shellcheck shell=sh disable=SC2015,SC2154

# `record_of FIELD NAME`: a field of the archive in a record.
record_of() { sed -n "s/.*\"archive\": *{.*\"$1\": *\"\\{0,1\\}\\([A-Za-z0-9._-]*\\)\"\\{0,1\\}.*/\\1/p" "$snapshots/$2.json"; }

# A name that only becomes the final one once all of it is on the disk.
directory_put() {
  [ -d "$1" ] || { echo "$1 is not there: make or mount it on this host"; return 1; }
  # What runs left that were killed.
  find "$1" -maxdepth 1 -name ".$CLUSTER-*.part" -mmin +1440 -exec rm -f -- '{}' +
  cp -- "$snapshots/$2" "$1/.$2.part" && chmod 600 "$1/.$2.part" && sync "$1/.$2.part" && mv -f -- "$1/.$2.part" "$1/$2" && sync "$1" && return
  rm -f -- "$1/.$2.part"
  return 1
}
directory_list() { sh "$here/list-place.sh" "$1" "$CLUSTER"; }
directory_drop() { rm -f -- "$1/$2.json" && rm -f -- "$1/$2".tar.* "$1/$2.checked"; }

# Nothing of this host's own settings of ssh counts, and no key is taken that was not pinned.
ssh_run() {
  user=$1 host=$2 port=$3 key=$4
  shift 4
  timeout "$copy_timeout" ssh -F none -T -i "$here/$key" -p "$port" -l "$user" -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none \
    -o StrictHostKeyChecking=yes -o "UserKnownHostsFile=$here/known_hosts" -o GlobalKnownHostsFile=/dev/null -o UpdateHostKeys=no \
    -o ConnectTimeout=15 -o ServerAliveInterval=15 -o ServerAliveCountMax=4 -o LogLevel=ERROR "$host" "$@"
}
# Paths and names are of plain characters: the inventory holds them to that.
ssh_put() {
  sum=$(sha256sum <"$snapshots/$6") && sum=${sum%% *}
  ssh_run "$1" "$2" "$3" "$5" "umask 077; mkdir -p '$4' && cd '$4' && find . -name '.$CLUSTER-*.part' -mtime +1 -exec rm -f '{}' ';' && cat >'.$6.part' &&
    [ \"\$(sha256sum <'.$6.part' | cut -c 1-64)\" = $sum ] && { sync '.$6.part' 2>/dev/null || sync; } && mv -f '.$6.part' '$6' && exit
    rm -f '.$6.part'; echo 'what arrived is not what was sent' >&2; exit 1" <"$snapshots/$6"
}
ssh_list() { ssh_run "$1" "$2" "$3" "$5" "sh -s -- '$4' '$CLUSTER'" <"$here/list-place.sh"; }
ssh_drop() { ssh_run "$1" "$2" "$3" "$5" "cd '$4' && rm -f '$6.json' && rm -f '$6'.tar.*" </dev/null; }

# Credentials go to curl over a descriptor: neither arguments nor environment of a process show them.
s3_secret() { sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*\\([^[:space:]]*\\)[[:space:]]*\$/\\1/p" "$here/$2" | head -n 1; }
s3_curl() {
  region=$1 file=$2
  shift 2
  id=$(s3_secret aws_access_key_id "$file") secret=$(s3_secret aws_secret_access_key "$file")
  [ -n "$id" ] && [ -n "$secret" ] || { echo "the credentials file has no aws_access_key_id or no aws_secret_access_key" >&2; return 1; }
  # `-f` leaves out what the store says; the message for people must not.
  printf 'user = "%s:%s"\n' "$id" "$secret" |
    curl -q -sS --fail-with-body --connect-timeout 15 --max-time "$copy_timeout" --aws-sigv4 "aws:amz:$region:s3" -K - "$@"
}
s3_url() { printf '%s/%s/%s' "$1" "$2" "${3:+$3/}"; }
# An answer of the store in one line.
s3_fault() { sed -n 's/.*<Code>\([^<]*\)<.*/\1/p' "$work/answer" 2>/dev/null | head -n 1; }
s3_put() {
  size=$(stat -c %s -- "$snapshots/$6")
  [ "$size" -le 5368709120 ] || { echo "an object of more than 5 GiB cannot be sent in one piece"; return 1; }
  sum=$(sha256sum <"$snapshots/$6") && sum=${sum%% *}
  s3_curl "$4" "$5" -o "$work/answer" -H "x-amz-content-sha256: $sum" -H 'Content-Type: application/octet-stream' \
    -T "$snapshots/$6" "$(s3_url "$1" "$2" "$3")$6" || { s3_fault; return 1; }
}
# A record is sent last, and the store checks what arrives against its digest: one with its archive is whole.
s3_list() {
  after=
  prefix=$(printf '%s' "${3:+$3/}$CLUSTER-" | sed 's|/|%2F|g')
  : >"$work/keys"
  while :; do
    s3_curl "$4" "$5" -o "$work/answer" -H "x-amz-content-sha256: $empty_sha256" \
      "$1/$2?list-type=2&prefix=$prefix${after:+&start-after=$after}" || { s3_fault >&2; return 1; }
    tr '<' '\n' <"$work/answer" | sed -n 's/^Key>//p' >"$work/page"
    cat "$work/page" >>"$work/keys"
    [ "$(tr '<' '\n' <"$work/answer" | sed -n 's/^IsTruncated>//p')" = true ] && [ -s "$work/page" ] || break
    after=$(tail -n 1 "$work/page" | sed 's|/|%2F|g')
  done
  sed "s|^${3:+$3/}||" "$work/keys" | awk -v cluster="$CLUSTER" '
    /\// { next }
    match($0, /\.(json|tar\.(zst|gz)(\.age)?)$/) {
      name = substr($0, 1, RSTART - 1)
      stamp = substr(name, length(cluster) + 2, 16)
      if (substr(name, 1, length(cluster) + 1) != cluster "-" || stamp !~ /^[0-9]+T[0-9]+Z$/ || length(stamp) != 16) next
      stamps[name] = stamp
      if ($0 ~ /\.json$/) records[name] = 1; else archives[name] = 1
    }
    END { for (name in stamps) printf "%s\t%s\t%d\n", name, stamps[name], (name in records) && (name in archives) }'
}
s3_drop() {
  grep -F "${3:+$3/}$6." "$work/keys" | sort >"$work/drop"
  while IFS= read -r key; do
    s3_curl "$4" "$5" -o "$work/answer" -H "x-amz-content-sha256: $empty_sha256" -X DELETE "$1/$2/$key" || { s3_fault >&2; return 1; }
  done <"$work/drop"
}
