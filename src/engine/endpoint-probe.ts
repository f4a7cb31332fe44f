import { addressFamily, canonicalAddress } from '../cluster/cidr.ts';
import { shellQuote } from '../render/shell-quote.ts';
import type { EndpointSeen } from './observation.ts';
import type { Probe } from './probe.ts';

type EndpointProbe = Extract<Probe, { kind: 'endpoint' }>;

const q = shellQuote;

/**
 * Asks verified, under the endpoint's own name. Where the certificate is refused, asks once more: under a name that every API
 * server has, then without looking at the certificate. Prints the way that came furthest, curl's exit status, and the HTTP status.
 */
function askEndpoint({ host, port, path, caFile, authority, serverName }: EndpointProbe): string {
  const target = addressFamily(host) === 6 ? `[${host}]` : host;
  const url = `https://${target}:${port}${path}`;
  // A name with a dot in front: what the look prints at its end is every file that has none.
  const trust = authority === undefined ? `ca=${q(caFile)}` : `ca=$t/.endpoint-ca; printf '%s\\n' ${q(authority.trim())} >"$ca"`;
  return `{ command -v getent >/dev/null && a=$(timeout 5 getent ahosts ${q(host)} | awk '{print $1}' | sort -u | tr '\\n' ' ') || a='?'
${trust}
kc_ask() { s=$(curl -sSv --noproxy '*' --connect-timeout 2 -m 4 -o /dev/null -w '%{http_code}' "$@" 2>"$t/.endpoint-said"); c=$?; }
how=verified
if command -v curl >/dev/null; then
if [ -s "$ca" ]; then kc_ask --cacert "$ca" ${q(url)}; else how=unverified; kc_ask -k ${q(url)}; fi
w=$(sed -n 's/^curl: ([0-9]*) //p; s/^\\* *connect to .* failed: //p' "$t/.endpoint-said" | tr '\\n' ';')
case $how$c in verified60|verified51)
kc_ask --cacert "$ca" --connect-to ${q(`${serverName}:${port}:${target}:${port}`)} ${q(`https://${serverName}:${port}${path}`)}
if [ "$c" = 0 ]; then how=unnamed; else kc_ask -k ${q(url)}; [ "$c" != 0 ] || how=foreign; fi;; esac
else how=untried c=0 s=000 w=; fi
printf 'endpoint\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$a" "$how" "$c" "$s" "$w"; } >"$t/endpoint" 2>/dev/null &`;
}

/** The sh text that asks the endpoint beside the rest of the look. */
export function writeEndpoint(probes: readonly EndpointProbe[]): string {
  return probes.map(askEndpoint).join('\n');
}

const timedOut = '28';
const notConnected = '7';
const ways: ReadonlySet<string> = new Set(['untried', 'verified', 'unnamed', 'unverified', 'foreign'] satisfies EndpointSeen['result'][]);

function resultOf(how: string, code: string, words: string): EndpointSeen['result'] {
  if (code === '0' && ways.has(how)) return how as EndpointSeen['result'];
  if (code === timedOut) return 'silent';
  if (code === notConnected) return /refused/i.test(words) ? 'refused' : 'silent';
  return 'closed';
}

/** Without the milliseconds that curl counts: a plan that shows it must read the same the next time. */
function faultOf(code: string, said: readonly string[]): string {
  if (code === timedOut) return 'no answer in time';
  return (code === notConnected ? said[0] : said.at(-1)) ?? '';
}

/** Reads what `writeEndpoint` printed. */
export function readEndpoint([addresses = '', how = '', code = '', status = '', words = '']: readonly string[]): EndpointSeen {
  const said = words
    .split(';')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const resolves = addresses !== '?';
  return {
    ...(resolves
      ? {
          addresses: addresses
            .split(' ')
            .filter((word) => word !== '')
            .map(canonicalAddress),
        }
      : {}),
    result: resultOf(how, code, words),
    status: Number(status),
    fault: faultOf(code, said),
  };
}
