#!/bin/sh
# Written by kcluster; run by kcluster-network.service.
# Routes to the pods of other nodes, and this host's address for pod traffic that leaves the cluster.
# Only routes of protocol 75 and the nftables table inet kcluster are touched.
set -eu

forget_routes_except() {
  family=$1
  wanted=$2
  ip "$family" route show proto 75 | while read -r destination rest; do
    case "$wanted" in
      *" $destination "*) ;;
      *) ip "$family" route del "$destination" proto 75 ;;
    esac
  done
}

apply() {
  failed=0
  forget_routes_except -4 ' 10.244.1.0/24 10.244.2.0/24 '
  # A gateway that is not on this network must not keep the other routes from being set.
  ip -force -4 -batch - <<'routes' || failed=1
route replace 10.244.1.0/24 via 192.0.2.12 proto 75
route replace 10.244.2.0/24 via 192.0.2.21 proto 75
routes
  nft -f - <<'rules'
table inet kcluster
delete table inet kcluster
table inet kcluster {
  chain leaving-pods {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 10.244.0.0/24 ip daddr != 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random
  }
}
rules
  return "$failed"
}

remove() {
  forget_routes_except -4 ' '
  nft -f - <<'rules'
table inet kcluster
delete table inet kcluster
rules
  ip link delete kcni0 2>/dev/null || true
}

case "${1:-}" in
  apply) apply ;;
  remove) remove ;;
  *) echo "usage: $0 apply|remove" >&2; exit 2 ;;
esac
