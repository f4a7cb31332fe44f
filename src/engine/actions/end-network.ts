import { hostPaths } from '../host-paths.ts';

const networkScript = '/etc/kcluster/network.sh';

/** By names that only kcluster's bridge, kube-proxy and the portmap plugin use. */
const tables = ['ip kube-proxy', 'ip6 kube-proxy', 'ip cni_hostport', 'ip6 cni_hostport', 'inet cni_hostport'];

const endInterfaces = `for kc_link in $(ip -o link show master kcni0 2>/dev/null | sed 's/^[0-9]*: \\([^@:]*\\).*/\\1/'); do ip link delete "$kc_link" 2>/dev/null; done
if [ -f ${networkScript} ]; then sh ${networkScript} remove || return; fi`;

/** Only where kube-proxy ran in ipvs mode; its own clean-up knows the virtual servers. */
const endIpvs = `if ip link show kube-ipvs0 >/dev/null 2>&1; then
  timeout 60 ${hostPaths.binaries}/kube-proxy --cleanup >/dev/null 2>&1
  ip link delete kube-ipvs0 2>/dev/null
fi
if command -v ipset >/dev/null; then
  for kc_set in $(ipset list -n 2>/dev/null | grep '^KUBE-'); do ipset destroy "$kc_set" 2>/dev/null; done
fi`;

/** One transaction a table: rules that lead to chains of the kubelet and kube-proxy, then these chains. No other rule is written again. */
const endChains = `for kc_tool in iptables ip6tables; do
  { command -v $kc_tool-save && command -v $kc_tool-restore; } >/dev/null 2>&1 || continue
  for kc_table in mangle nat filter; do
    kc_rules=$($kc_tool-save -t $kc_table 2>/dev/null | awk -v t="$kc_table" '
      /^:KUBE-/ { chains[++c] = substr($1, 2) }
      /^-A / && $2 !~ /^KUBE-/ && / -[jg] KUBE-/ { sub(/^-A/, "-D"); rules[++r] = $0 }
      END {
        if (c == 0) exit
        print "*" t
        for (i = 1; i <= r; i++) print rules[i]
        for (i = 1; i <= c; i++) print "-F " chains[i]
        for (i = 1; i <= c; i++) print "-X " chains[i]
        print "COMMIT"
      }')
    [ -z "$kc_rules" ] || printf '%s\\n' "$kc_rules" | $kc_tool-restore -w 30 --noflush || return
  done
done`;

/** iptables leaves its tables and base chains behind; one that accepts everything and holds no rule does nothing. */
const endTables = `command -v nft >/dev/null || return 0
for kc_table in ${tables.map((table) => `'${table}'`).join(' ')}; do
  # shellcheck disable=SC2086
  if nft list table $kc_table >/dev/null 2>&1; then nft delete table $kc_table || return; fi
done
kc_idle() {
  kc_text=$(nft list "$@" 2>/dev/null) || return
  ! printf '%s\\n' "$kc_text" | grep -Eqv '^table |^[[:space:]]*chain [A-Z]+ \\{$|^[[:space:]]*type [a-z]+ hook [a-z]+ priority [a-z0-9 +-]+; policy accept;$|^[[:space:]]*\\}?$'
}
for kc_family in ip ip6; do
  for kc_table in mangle nat filter; do
    for kc_chain in PREROUTING INPUT FORWARD OUTPUT POSTROUTING; do
      if kc_idle chain $kc_family $kc_table $kc_chain; then nft delete chain $kc_family $kc_table $kc_chain || return; fi
    done
    if kc_idle table $kc_family $kc_table; then nft delete table $kc_family $kc_table || return; fi
  done
done`;

/** Everything in the kernel that carries packets of pods and services, as the body of a function. */
export const endNetwork = [endInterfaces, endIpvs, endChains, endTables].join('\n');
