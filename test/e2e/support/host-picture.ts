/**
 * sh that prints everything of a host that a reset must put back: paths with type, mode, owner and content, packet filter rules,
 * interfaces, routes, accounts, units, mounts, kernel settings, programs. Left out: what other programs write by themselves, and
 * the copies that useradd keeps of its files.
 */
export const hostPicture = String.raw`export LC_ALL=C
skip() { find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log/journal -o -path /var/cache -o -path /var/lib/apt \) -prune -o "$@"; }
skip -printf 'path %y %m %u:%g %p -> %l\n' | sort
skip ! -path '/var/log/*' ! -path '/etc/*-' -type f -print0 | sort -z | xargs -0 sha256sum | sed 's/^/content /'
for d in /var/lib/etcd /var/lib/kubelet /var/lib/containerd; do find $d -printf 'path %y %m %u:%g %p\n'; done
find /run -mindepth 1 -maxdepth 1 ! -name systemd ! -name 'user' -printf 'run %y %p\n' | sort
nft list ruleset | sed 's/^/nft /'
for t in iptables ip6tables; do $t-save 2>/dev/null | grep -v '^#' | sed "s/^/$t /"; done
ip -o link | sed 's/^[0-9]*: /link /'
for f in -4 -6; do ip $f route show table all | sed 's/ expires [0-9]*sec//; s/^/route /'; done
for d in passwd group; do getent $d | sed "s/^/$d /"; done
systemctl list-unit-files --no-legend --no-pager | awk '{ print "unit-file", $1, $2 }'
systemctl list-units --type=service,slice,scope --no-legend --no-pager | grep -v 'session-\|user-\|user@' | sed 's/^[* ]*//' | awk '{ print "unit", $1, $3 }'
findmnt -rn -o TARGET,FSTYPE | sed 's/^/mount /'
for k in kernel.panic kernel.panic_on_oops net.ipv4.ip_forward net.ipv4.conf.all.forwarding net.netfilter.nf_conntrack_max vm.overcommit_memory; do echo "sysctl $k $(sysctl -n $k)"; done
find /sys/fs/cgroup -maxdepth 2 -name 'kubepods*' | sed 's/^/cgroup /'
ps -eo comm= | grep -E 'kube|etcd|containerd|shim|pause|sleep|coredns' | sed 's/^/process /'
exit 0`;
