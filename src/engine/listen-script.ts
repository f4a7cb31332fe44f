import { addressFamily } from '../cluster/cidr.ts';
import { shellQuote } from '../render/shell-quote.ts';

/** Whatever happens, nobody listens longer. */
const lifeSeconds = 120;

/**
 * Answers one HTTP request on standard input: the address it came from, and as many zeros as bytes were sent along. Nothing of
 * the host is told. The address is that of the socket itself, so that a translation on the way shows.
 */
export const answerScript = `
cr=$(printf '\\r'); length=0
IFS= read -r line || exit 0
while IFS= read -r line; do
  line=\${line%"$cr"}
  [ -n "$line" ] || break
  case $line in [Cc]ontent-[Ll]ength:*) length=\${line##*[: ]};; esac
done
case $length in ''|*[!0-9]*|???????*) length=0;; esac
head -c "$length" >/dev/null
socket=$(readlink /proc/self/fd/0); socket=\${socket#*[}
seen=$(ss -Htne 2>/dev/null | awk -v i="ino:\${socket%]}" '{for (n = 6; n <= NF; n++) if ($n == i) {print $5; exit}}')
printf 'HTTP/1.0 200 OK\\r\\nConnection: close\\r\\n\\r\\nkcluster saw %s\\n' "$seen"
head -c "$length" /dev/zero`;

/** An address as it stands before a port. */
export function hostPart(address: string): string {
  return addressFamily(address) === 6 ? `[${address}]` : address;
}

/**
 * Listens on one address with what systemd brings along. Lines: `held <port>` for a port that somebody has already,
 * `failed <reason>`, or `ready <pid>`, then one line a moment for as long as somebody reads them.
 */
export function writeListenScript(address: string, ports: readonly number[]): string {
  const host = hostPart(address);
  return `export LC_ALL=C; PATH=$PATH:/usr/sbin:/sbin
fail() { printf 'failed\\t%s\\n' "$1"; exit 1; }
listens() { ss -Hltn "sport = :$1" 2>/dev/null | awk -v p="$1" -v h=${shellQuote(host)} '$4 == h ":" p || $4 == "*:" p || $4 == "0.0.0.0:" p || $4 == "[::]:" p {found = 1} END {exit !found}'; }
command -v systemd-socket-activate >/dev/null || fail 'systemd-socket-activate is missing'
set --
for p in ${ports.join(' ')}; do
  if listens "$p"; then printf 'held\\t%s\\n' "$p"; else set -- "$@" -l ${shellQuote(host)}:"$p"; last=$p; fi
done
if [ $# -eq 0 ]; then printf 'ready\\t0\\n'; exit 0; fi
child=
trap '[ -z "$child" ] || kill "$child" 2>/dev/null' EXIT
trap 'exit 0' PIPE TERM HUP INT
timeout --foreground -k 1 ${lifeSeconds} systemd-socket-activate -a --inetd "$@" timeout 5 /bin/sh -c ${shellQuote(answerScript)} </dev/null >/dev/null 2>&1 &
child=$!
n=0
until listens "$last"; do
  n=$((n + 1))
  if [ "$n" -gt 100 ] || ! kill -0 "$child" 2>/dev/null; then fail ${shellQuote(`cannot listen on ${address}`)}; fi
  sleep 0.05
done
printf 'ready\\t%s\\n' "$child"
while kill -0 "$child" 2>/dev/null && printf 'listening\\n'; do sleep 0.2; done`;
}

/** Ends a listener by its process id, and waits until its ports are free. */
export function writeHushScript(pid: number): string {
  return `[ "$(cat /proc/${pid}/comm 2>/dev/null)" = timeout ] || exit 0
kill ${pid} 2>/dev/null
n=0; while [ -d /proc/${pid} ] && [ "$n" -lt 60 ]; do n=$((n + 1)); sleep 0.05; done; exit 0`;
}
