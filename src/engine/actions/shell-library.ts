import { hostPaths } from '../host-paths.ts';

/** Exit status by which a script says that the host moved since it was observed. */
export const movedStatus = 78;

/**
 * Functions every step's script begins with. Writes are atomic and durable: a temporary file in the same directory,
 * owner and mode first, fsync, rename; the step's script syncs the directories at its end.
 */
export const shellLibrary = `set -u
export LC_ALL=C KUBECACHEDIR=${hostPaths.kubectlCache} PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
kc_current() {
  if [ -L "$1" ]; then printf -- '-> %s' "$(readlink "$1")"
  elif [ -f "$1" ]; then sha256sum <"$1" | cut -c1-64
  elif [ -e "$1" ]; then printf other
  else printf absent; fi
}
kc_unmoved() {
  kc_found=$(kc_current "$1")
  [ "$kc_found" = "$2" ] && return 0
  printf '%s is %s, was observed as %s\\n' "$1" "$kc_found" "$2" >&2
  exit ${movedStatus}
}
kc_parent() {
  kc_dir=\${1%/*}
  [ -d "$kc_dir" ] || mkdir -p -m 0755 "$kc_dir"
}
kc_put() {
  kc_parent "$1"
  kc_tmp="$kc_dir/.\${1##*/}.kcluster-$$"
  (umask 077; cat >"$kc_tmp") && chown "$3:$4" "$kc_tmp" && chmod "$2" "$kc_tmp" && sync "$kc_tmp" && mv -fT "$kc_tmp" "$1" && return 0
  kc_status=$?
  rm -f "$kc_tmp"
  return $kc_status
}
kc_link() {
  kc_parent "$1"
  kc_tmp="$kc_dir/.\${1##*/}.kcluster-$$"
  ln -sfnT -- "$2" "$kc_tmp" && mv -fT "$kc_tmp" "$1" && return 0
  kc_status=$?
  rm -f "$kc_tmp"
  return $kc_status
}
# Waits for the end of the old process, not for the start of the new one: else the old one could still answer the gate.
kc_restart() {
  kc_old=$(systemctl show -p MainPID --value -- "$1") && systemctl restart --no-block "$1" || return
  case $kc_old in ''|0) ;; *) timeout 120 tail --pid="$kc_old" -s 0.1 -f /dev/null ;; esac
}
kc_stamp() {
  kc_name=$1; shift
  for kc_input; do printf '%s  %s\\n' "$(kc_current "$kc_input")" "$kc_input"; done | kc_put "$kc_name" 0600 root root
}
for kc_dir in ${hostPaths.state} ${hostPaths.unitStamps} ${hostPaths.issueStamps}; do [ -d $kc_dir ] || mkdir -p -m 0700 $kc_dir; done
[ -f ${hostPaths.journal} ] || (umask 077; : >${hostPaths.journal})
`;
