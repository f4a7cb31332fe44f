import { shellQuote } from '../render/shell-quote.ts';
import { awaitWorkloads } from './actions/drained-workloads.ts';
import type { ConditionTest } from './condition.ts';
import { writeDrainedScript } from './drained-script.ts';
import { etcdctlFunctions, ownEtcdEndpoint } from './etcdctl.ts';
import { hostPaths } from './host-paths.ts';

const q = shellQuote;
/** kubectl asks again and again when an API server takes a question and does not answer: a look must not last as long as that. */
const kubectl = `timeout -k 1 10 ${hostPaths.binaries}/kubectl --kubeconfig ${hostPaths.adminKubeconfig} --request-timeout=5s`;

/** Entries that a learner may be behind: etcd itself promotes at nine tenths of what the leader has. */
const learnerLag = 1000;

/** Exit status by which a test says that waiting longer is pointless. */
export const hopelessStatus = 79;

/** A unit that systemd has given up on, or that keeps crashing, will not answer: its last words are the error. */
function failUnit(unit: string | undefined): string {
  if (unit === undefined) return '';
  return `u=$(systemctl show -p ActiveState --value -- ${q(unit)}); n=$(systemctl show -p NRestarts --value -- ${q(unit)})
if [ "$u" = failed ] || [ "\${n:-0}" -ge 5 ]; then
  printf '%s is %s after %s restarts\\n' ${q(unit)} "$u" "$n"; journalctl -q --no-pager -o cat -n 20 -u ${q(unit)} >&2; exit ${hopelessStatus}
fi\n`;
}

/** Pod and why it does not run: not scheduled, or a container that waits. */
const waitingPods = `{range .items[*]}{.metadata.name}{"\\t"}{.status.conditions[?(@.type=="PodScheduled")].message}{range .status.containerStatuses[*]}{.state.waiting.reason} {.state.waiting.message}{end}{"\\n"}{end}`;

/** While it is not available, the first pod that says why. */
function writeAvailableScript(name: string): string {
  const [namespace = '', deployment = ''] = name.split('/');
  const of = `${kubectl} -n ${q(namespace)} get`;
  return `o=$(${of} deployment ${q(deployment)} -o 'jsonpath={.metadata.generation}|{.status.observedGeneration}|{.spec.replicas}|{.status.updatedReplicas}|{.status.availableReplicas}|' 2>&1) || { printf '%s\\n' "$o" | tail -n 1; exit 1; }
IFS='|'; set -f; set -- $o
[ "\${1:-}" = "\${2:-}" ] && [ "\${3:-0}" = "\${4:-0}" ] && [ "\${3:-0}" = "\${5:-0}" ] && exit 0
unset IFS
w=$(${of} pods -o ${q(`jsonpath=${waitingPods}`)} 2>/dev/null | awk -F '\\t' -v of=${q(`${deployment}-`)} 'index($1, of) == 1 && $2 ~ /[^ ]/ { print "; " $1 ": " $2; exit }' | cut -c1-300)
printf '%s of %s replicas updated, %s available%s\\n' "\${4:-0}" "\${3:-?}" "\${5:-0}" "$w"
exit 1`;
}

type TestOf<K extends ConditionTest['kind']> = Extract<ConditionTest, { kind: K }>;
const writers: { readonly [K in ConditionTest['kind']]: (test: TestOf<K>) => string } = {
  http: ({
    url,
    caFile,
    unit,
  }) => `s=$(curl -s --noproxy '*' -o /dev/null -m 3 -w '%{http_code}'${caFile === undefined ? '' : ` --cacert ${q(caFile)}`} ${q(url)})
[ "$s" = 200 ] && exit 0
${failUnit(unit)}if [ "$s" = 000 ]; then printf 'no answer from %s\\n' ${q(url)}; else printf '%s answers %s\\n' ${q(url)} "$s"; fi
exit 1`,
  'http-speaks': ({ url, unit }) => `curl -s --noproxy '*' -o /dev/null -m 3 ${q(url)} && exit 0
${failUnit(unit)}printf 'no answer from %s\\n' ${q(url)}
exit 1`,
  'unit-active': ({ unit }) => `s=$(systemctl is-active -- ${q(unit)})
[ "$s" = active ] && exit 0
${failUnit(unit)}printf '%s is %s\\n' ${q(unit)} "$s"
exit 1`,
  socket: ({ path, unit }) => `[ -S ${q(path)} ] && exit 0
${failUnit(unit)}printf '%s is not there\\n' ${q(path)}
exit 1`,
  'etcd-caught-up': ({ endpoints, unit }) => `${etcdctlFunctions(endpoints)}
own=$(kc_etcdctl_at ${ownEtcdEndpoint} endpoint status -w fields 2>/dev/null | sed -n 's/^"RaftAppliedIndex" : //p')
there=$(kc_etcdctl endpoint status -w fields 2>/dev/null | sed -n 's/^"RaftIndex" : //p' | sort -n | tail -n 1)
[ -n "$own" ] && [ -n "$there" ] && [ "$own" -ge $((there - ${learnerLag})) ] && exit 0
${failUnit(unit)}printf 'it has applied %s of %s entries\\n' "\${own:-none}" "\${there:-unknown}"
exit 1`,
  'etcd-restored': ({ endpoints, members, revision }) => `${etcdctlFunctions(endpoints)}
m=$(kc_etcdctl member list -w simple 2>&1) || { printf '%s\\n' "$m" | tail -n 1; exit 1; }
n=$(printf '%s\\n' "$m" | sed -n 's/^[0-9a-f]*, started, \\([^,]*\\), .*, false$/\\1/p' | sort | tr '\\n' ' ')
[ "$n" = ${q(`${[...members].sort().join(' ')} `)} ] || { printf 'the members are %s\\n' "\${n:-none}"; exit 1; }
h=$(kc_etcdctl endpoint hashkv --rev ${revision} -w fields 2>&1) || { printf '%s\\n' "$h" | tail -n 1; exit 1; }
k=$(printf '%s\\n' "$h" | sed -n 's/^"Hash" : //p' | sort -u)
[ "$(printf '%s\\n' "$h" | grep -c '^"Hash" : ')" = ${endpoints.length} ] && [ "$(printf '%s\\n' "$k" | wc -l)" = 1 ] || { printf 'the members differ: %s\\n' "$(printf '%s' "$k" | tr '\\n' ' ')"; exit 1; }
c=$(kc_etcdctl get / --prefix --keys-only --limit=1 2>&1) && [ -n "$c" ] || { printf 'no key can be read: %s\\n' "$(printf '%s\\n' "$c" | tail -n 1)"; exit 1; }
exit 0`,
  'nodes-ready': ({
    nodes,
  }) => `o=$(${kubectl} get nodes -o 'jsonpath={range .items[*]}{.metadata.name}{" "}{.status.conditions[?(@.type=="Ready")].status}{" "}{.status.conditions[?(@.type=="Ready")].message}{"\\n"}{end}' 2>&1) || { printf '%s\\n' "$o" | tail -n 1; exit 1; }
b=; for n in ${nodes.map(q).join(' ')}; do case "
$o
" in *"
$n True"*) ;; *) b="$b $n ($(printf '%s\\n' "$o" | sed -n "s/^$n [^ ]* *//p" | cut -c1-200))";; esac; done
[ -z "$b" ] && exit 0
printf 'not ready:%s\\n' "$b"
exit 1`,
  'deployment-available': ({ name }) => writeAvailableScript(name),
  'node-drained': (test) => writeDrainedScript(kubectl, hopelessStatus, test),
  'workloads-back': ({ node }) => awaitWorkloads(kubectl, node),
};

/** sh that ends 0 when the condition holds; else it prints why not in one line, and ends with `hopelessStatus` when waiting cannot help. */
export function writeConditionScript(test: ConditionTest): string {
  const write = writers[test.kind] as (test: ConditionTest) => string;
  return `export LC_ALL=C KUBECACHEDIR=${hostPaths.kubectlCache} PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n${write(test)}\n`;
}
