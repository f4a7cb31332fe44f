import { shellQuote } from '../render/shell-quote.ts';
import { etcdctlFunctions, ownEtcdEndpoint } from './etcdctl.ts';

/** Keys of one kind of object, and about how much they hold. */
export interface ResourceUsage {
  /** `pods`, `example.com/widgets`; the first part of the key for what is not of Kubernetes. */
  readonly resource: string;
  readonly keys: number;
  /** From the values of some of them. */
  readonly aboutBytes: number;
}

/** Shown; all are weighed, since the largest may have one key. */
const most = 12;
const sampled = 20;

/**
 * Counts keys on the host, so that no list of them travels, and weighs some values of each kind. A key is
 * `PREFIX/RESOURCE/…`, or `PREFIX/GROUP/RESOURCE/…` where the resource is of a group with a dot, and of services.
 */
export function writeUsageScript(prefix: string): string {
  return `export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
${etcdctlFunctions([ownEtcdEndpoint])}
kc_read() { kc_etcdctl --command-timeout=60s get --consistency=s "$@"; }
kc_read '' --prefix --keys-only | awk -v prefix=${shellQuote(`${prefix}/`)} '
  $0 == "" { next }
  index($0, prefix) == 1 {
    split(substr($0, length(prefix) + 1), part, "/")
    name = part[1] (part[1] ~ /[.]/ || part[1] == "services" ? "/" part[2] : "")
    keys[name]++; at[name] = prefix name "/"; next
  }
  { split($0, part, "/"); name = part[1] == "" ? "/" part[2] : part[1]; keys[name]++; at[name] = name }
  END { for (name in keys) print keys[name] "\\t" name "\\t" at[name] }' |
while IFS='	' read -r kc_keys kc_name kc_at; do
  kc_some=$kc_keys
  [ "$kc_some" -le ${sampled} ] || kc_some=${sampled}
  kc_bytes=$(kc_read "$kc_at" --prefix --limit=${sampled} --print-value-only </dev/null | wc -c)
  printf '%s\\t%s\\t%s\\n' "$kc_keys" "$((kc_bytes * kc_keys / kc_some))" "$kc_name"
done
`;
}

/** Reads what the script printed, the largest first. */
export function readUsage(stdout: string): readonly ResourceUsage[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
    .map(([keys = '0', bytes = '0', resource = '']) => ({ resource, keys: Number(keys), aboutBytes: Number(bytes) }))
    .toSorted((a, b) => b.aboutBytes - a.aboutBytes || b.keys - a.keys)
    .slice(0, most);
}
