#!/bin/sh
# Written by kcluster; run by kcluster-network.service.
# Routes to the pods of other nodes, and this host's address for pod traffic that leaves the cluster.
# Only routes of protocol 75 and the nftables table inet kcluster are touched.
set -eu

# Every node of the cluster, this one too: the range of its pods, and its address.
list=/etc/kcluster/routes

# Forgets the routes of nodes that are gone, and sets those to all others but this host.
set_routes() {
  ip "$1" route show proto 75 | awk -v family="$1" -v own="$2" -v list="$list" '
    BEGIN {
      while ((getline < list) > 0) if (NF == 2 && $1 != own && ($1 ~ /:/) == (family == "-6")) gateway[$1] = $2
    }
    !($1 in gateway) { print "route del " $1 " proto 75" }
    END { for (pods in gateway) print "route replace " pods " via " gateway[pods] " proto 75" }
  ' | ip -force "$1" -batch -
}

# A gateway that is not on this network must not keep the other routes from being set.
routes() {
  failed=0
  set_routes -4 10.244.1.0/24 || failed=1
  return "$failed"
}

apply() {
  status=0
  routes || status=1
  nft -f - <<'rules'
table inet kcluster
delete table inet kcluster
table inet kcluster {
  chain leaving-pods {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random
  }
}
rules
  return "$status"
}

remove() {
  list=/dev/null
  routes
  nft -f - <<'rules'
table inet kcluster
delete table inet kcluster
rules
  ip link delete kcni0 2>/dev/null || true
}

case "${1:-}" in
  apply | routes)
    # Without the list all routes would look forgotten.
    [ -r "$list" ] || { echo "$list cannot be read" >&2; exit 1; }
    "$1"
    ;;
  remove) remove ;;
  *) echo "usage: $0 apply|routes|remove" >&2; exit 2 ;;
esac
