import { addressFamily } from '../cluster/cidr.ts';
import { hostPart } from './listen-script.ts';

/** Ports of one node, to be tried from another. */
export interface PathTarget {
  readonly address: string;
  readonly ports: readonly number[];
}

/** Sent there and back in one piece, so that several full packets go each way; more than any interface takes at once. */
const bulkBytes = 32_000;
/** MTUs that networks have: jumbo frames, plain, and what is left under usual tunnels. */
const usualMTUs = [8900, 8500, 1500, 1492, 1480, 1460, 1450, 1440, 1430, 1420, 1400, 1380, 1350, 1300, 1280];

/**
 * Tries one target. Arguments: scratch directory, address, address for a URL, bytes of an echo request's headers, ports.
 * Answers in files, for the script around it.
 */
export const targetScript = `
t=$1 address=$2 host=$3 headers=$4; shift 4
ask() { curl -s --noproxy '*' --connect-timeout 2 -m 4 -o "$1" -w '%{time_connect} %{local_ip}' "http://$host:$2/"; }
try() {
  body=$t/body-$address-$1; : >"$body"
  s=$(ask "$body" "$1"); code=$?
  printf 'reach\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$address" "$1" "$code" "$s" "$(head -n 1 "$body" | tr -d '\\000' | sed -n 's/^kcluster saw //p')"
}
port() {
  try "$1"
  # A busy machine is no long way: what took long is tried again, the shortest counts.
  case $s in 0.00*|0.01*) ;; *' '?*) try "$1"; try "$1";; esac
}
bulk() { head -c ${bulkBytes} /dev/zero | curl -s --noproxy '*' --connect-timeout 2 -m 4 -H 'Expect:' --data-binary @- -o /dev/null "http://$host:$1/"; }
echoed() { ping -n -c 1 -W 1 -M 'do' -s $(($1 - headers)) "$address" 2>&1; }
passes() { printf 'passes\\t%s\\t%s\\n' "$address" "$1"; }
width() {
  device=$(ip -o route get "$address" 2>/dev/null | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')
  mtu=$(cat "/sys/class/net/$device/mtu" 2>/dev/null) || return
  [ "$mtu" -le 65535 ] || mtu=65535
  printf 'mtu\\t%s\\t%s\\n' "$address" "$mtu"
  command -v ping >/dev/null || return
  if echoed "$mtu" >/dev/null || said=$(echoed "$mtu"); then passes "$mtu"; return; fi
  case $said in *'rag needed'*|*'too long'*|*'too big'*) printf 'told\\t%s\\n' "$address";; esac
  for m in ${usualMTUs.join(' ')}; do
    [ "$m" -lt "$mtu" ] || continue
    { echoed "$m" >/dev/null && passes "$m" >"$t/out-$address-passes-$m"; } &
  done
  wait
}
for p; do port "$p" >"$t/out-$address-$p" & done
width >"$t/out-$address-width" &
wait
known=$(grep -l 'kcluster saw' "$t/body-$address"-* 2>/dev/null | head -n 1)
[ -n "$known" ] || exit 0
known=\${known##*-}
if bulk "$known" || bulk "$known"; then verdict=came; elif ask /dev/null "$known" >/dev/null; then verdict=lost; else exit 0; fi
printf 'bulk\\t%s\\t%s\\n' "$address" "$verdict" >"$t/out-$address-bulk"`;

/** One script that tries all targets of a host, some at a time, and tells the host's own addresses. Answers: see `readPathAnswers`. */
export function writeConnectScript(targets: readonly PathTarget[]): string {
  const lines = targets.map(({ address, ports }) =>
    [address, hostPart(address), addressFamily(address) === 6 ? 48 : 28, ...ports].join(' '),
  );
  return `export LC_ALL=C; PATH=$PATH:/usr/sbin:/sbin
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT
ip -o addr show 2>/dev/null | awk '{sub(/\\/.*/, "", $4); print "address\\t" $4}'
cat >"$t/target" <<'KCLUSTER_TARGET'${targetScript}
KCLUSTER_TARGET
xargs -r -P 16 -L 1 /bin/sh "$t/target" "$t" <<'KCLUSTER_TARGETS'
${lines.join('\n')}
KCLUSTER_TARGETS
find "$t" -name 'out-*' -exec cat {} +
exit 0
`;
}
