import { shellQuote } from '../render/shell-quote.ts';
import { hostPaths } from './host-paths.ts';
import type { EtcdEndpointSeen } from './observation.ts';
import type { Probe } from './probe.ts';
import type { SecretName } from './secret-name.ts';

type GivenEtcdProbe = Extract<Probe, { kind: 'given-etcd' }>;

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** What a look that asks such an etcd gets on standard input: authority, certificate and key, base64, a line each. */
export function givenEtcdInput(secrets: { get(name: SecretName): string | undefined }): string | undefined {
  const values = (['given-etcd-ca.crt', 'given-etcd-client.crt', 'given-etcd-client.key'] as const).map((name) => secrets.get(name));
  return values.includes(undefined) ? undefined : values.map((value) => `${base64(value ?? '')}\n`).join('');
}

/** Everything below the prefix and nothing beside it: '0' is the byte after '/'. */
function countRequest(prefix: string): string {
  return JSON.stringify({ key: base64(`${prefix}/`), range_end: base64(`${prefix}0`), count_only: true });
}

/** The credentials are in memory-backed storage for as long as the look runs; the temporary directory `$t` of the look may be on a disk. */
const unpack = `mkdir -p -m 0700 ${hostPaths.runtime} && s=$(mktemp -d ${hostPaths.runtime}/etcd.XXXXXX) || exit 1
trap 'rm -rf "$t" "$s"' EXIT
trap 'exit 143' HUP INT PIPE TERM
(umask 077; cat >"$s/all"; sed -n 1p "$s/all" | base64 -d >"$s/ca"; sed -n 2p "$s/all" | base64 -d >"$s/crt"; sed -n 3p "$s/all" | base64 -d >"$s/key")
kc_etcd() { curl -sS --noproxy '*' -m 5 --cacert "$s/ca" --cert "$s/crt" --key "$s/key" "$@" 2>&1; }
kc_line() { printf '\\t%s' "$(printf '%s' "$1" | base64 | tr -d '\\n')"; }`;

/** Only an endpoint that answers is asked further. */
function askEndpoint(url: string, prefix: string, index: number): string {
  const q = shellQuote;
  return `{ printf 'given-etcd\\t%s' ${q(url)}
if h=$(kc_etcd ${q(`${url}/health`)}); then
printf '\\tanswered'; kc_line "$h"
kc_line "$(kc_etcd ${q(`${url}/version`)})"
kc_line "$(kc_etcd -d '{}' ${q(`${url}/v3/maintenance/status`)})"
kc_line "$(kc_etcd -d ${q(countRequest(prefix))} ${q(`${url}/v3/kv/range`)})"
else printf '\\tsilent'; kc_line "$h"; fi; echo; } >"$t/given-etcd-${index}" &`;
}

/** The sh text that asks each endpoint beside the others. */
export function writeGivenEtcd(probes: readonly GivenEtcdProbe[]): string {
  const questions = probes.flatMap(({ endpoints, prefix }) => endpoints.map((url) => [url, prefix] as const));
  return [unpack, ...questions.map(([url, prefix], index) => askEndpoint(url, prefix, index))].join('\n');
}

/** A field of a JSON answer that may be none at all, such as a page that says 404. */
function fieldOf(text: string, ...path: readonly string[]): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  for (const name of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number' ? String(value) : undefined;
}

/** Reads what `writeGivenEtcd` printed of one endpoint. */
export function readGivenEtcd([how = '', ...encoded]: readonly string[]): EtcdEndpointSeen {
  const [health = '', version = '', status = '', range = ''] = encoded.map((text) => Buffer.from(text, 'base64').toString('utf8'));
  if (how !== 'answered') return { healthy: false, fault: health.trim() };
  const healthy = fieldOf(health, 'health') === 'true';
  const release = fieldOf(version, 'etcdserver') ?? fieldOf(status, 'version');
  const clusterId = fieldOf(status, 'header', 'cluster_id');
  // A count of nought is left out of the answer.
  const keys = fieldOf(range, 'header', 'cluster_id') === undefined ? undefined : Number(fieldOf(range, 'count') ?? 0);
  return {
    healthy,
    ...(release === undefined ? {} : { version: release }),
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(keys === undefined ? {} : { keys }),
    fault: healthy ? '' : `answered ${health.trim().slice(0, 200)}`,
  };
}
