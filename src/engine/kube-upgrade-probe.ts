import { shellQuote } from '../render/shell-quote.ts';
import { hostPaths } from './host-paths.ts';

/** kubectl asks again and again when an API server takes a question and does not answer: a look must not last as long as that. */
const kubectl = `timeout -k 1 10 ${hostPaths.binaries}/kubectl --kubeconfig ${hostPaths.adminKubeconfig} --request-timeout=8s`;

const line = (tag: string, fields: readonly string[]): string => `{"${tag}"}${fields.map((field) => `{"\\t"}{${field}}`).join('')}{"\\n"}`;

/** Templates of kubectl that print one line an object. */
const templates = {
  budgets: `{range .items[*]}${line('u-budget', ['.metadata.namespace', '.metadata.name', '.status.disruptionsAllowed', '.spec.selector', '.status.expectedPods'])}{end}`,
  workloads: `{range .items[*]}${line('u-workload', ['.kind', '.metadata.namespace', '.metadata.name', '.spec.replicas', '.status.readyReplicas', '.status.desiredNumberScheduled', '.status.numberReady'])}{end}`,
  webhooks: `{range .items[*]}${line('u-hooks', ['.kind', '.metadata.name'])}{range .webhooks[*]}${line('u-hook', ['.name', '.failurePolicy', '.timeoutSeconds', '.clientConfig.service.namespace', '.clientConfig.service.name', '.rules', '.namespaceSelector', '.objectSelector'])}{end}{end}`,
  definitions: `{range .items[*]}{"u-definition\\t"}{.metadata.name}{"\\t"}{.status.storedVersions}{range .spec.versions[*]}{"\\t"}{.name}{" "}{.served}{" "}{.deprecated}{end}{"\\n"}{end}`,
  ready: '{range .items[*].endpoints[*]}{.conditions.ready}{"\\n"}{end}',
} as const;

/**
 * Reads pods as an API server indents them, since thousands of them are too many for kubectl to hold. Prints those that nobody makes
 * again and those of the namespaces in `crowded`, and how many pods of each namespace keep data that end with them.
 */
const podReader = String.raw`
function text(s) { sub(/^ *"[^"]*": "/, "", s); sub(/",?$/, "", s); return s }
/^    "continue": "/ { print text($0) > token; next }
/^    \{$/ { name = ns = node = phase = kind = owner = labels = marks = part = list = ""; next }
/^      "(metadata|spec|status)": \{/ { part = $1; list = ""; next }
/^        "/ {
  list = $1
  if (part == "\"metadata\":") { if ($1 == "\"name\":") name = text($0); else if ($1 == "\"namespace\":") ns = text($0) }
  else if (part == "\"spec\":") { if ($1 == "\"nodeName\":") node = text($0) }
  else if ($1 == "\"phase\":") phase = text($0)
  next
}
part == "\"metadata\":" && list == "\"labels\":" && /^          "/ { s = $0; sub(/^ */, "", s); labels = labels s; next }
part == "\"metadata\":" && list == "\"annotations\":" && /^          "kubernetes.io\/config.mirror"/ { marks = marks "m"; next }
part == "\"metadata\":" && list == "\"ownerReferences\":" {
  if ($1 == "{") k = o = ""
  else if ($1 == "\"kind\":") k = text($0)
  else if ($1 == "\"name\":") o = text($0)
  else if ($0 ~ /^            "controller": true/) { kind = k; owner = o }
  next
}
part == "\"spec\":" && list == "\"volumes\":" && /^            "emptyDir": / { if (marks !~ /e/) marks = marks "e"; next }
/^    \},?$/ && name != "" {
  if (marks ~ /e/ && kind != "DaemonSet" && marks !~ /m/) local[ns]++
  if ((kind == "" && marks !~ /m/) || (ns in crowd)) print "u-pod\t" ns "\t" name "\t" node "\t" phase "\t" kind "\t" owner "\t" marks "\t{" labels "}"
  name = ""
}
BEGIN { n = split(crowded, names, " "); for (i = 1; i <= n; i++) crowd[names[i]] = 1 }
END { for (ns in local) print "u-local\t" ns "\t" local[ns] }`;

/** Namespaces with a budget that allows nothing although it is over pods, or with several budgets. */
const crowdedNamespaces = String.raw`awk -F '\t' '$1 == "u-budget" { all[$2]++; if ($4 + 0 == 0 && $6 + 0 > 0) all[$2] = 2 } END { for (ns in all) if (all[ns] > 1) printf "%s ", ns }'`;

/** All pages of unfinished pods, one after the other. */
const pods = `crowded=$(${crowdedNamespaces} "$t/u-budgets") next=
while :; do
rm -f "$t/u/token"
${kubectl} get --raw "/api/v1/pods?limit=500&pretty=true&fieldSelector=status.phase!=Succeeded,status.phase!=Failed&continue=$next" 2>/dev/null >"$t/u/page" || break
awk -v crowded="$crowded" -v token="$t/u/token" ${shellQuote(podReader)} "$t/u/page"
[ -s "$t/u/token" ] || { printf 'u-whole\\tpods\\n'; break; }
next=$(cat "$t/u/token")
done`;

const whole = (part: string): string => `printf 'u-whole\\t${part}\\n'`;
const listed = (part: 'budgets' | 'webhooks' | 'definitions', resources: string): string =>
  `${kubectl} get ${resources} -o jsonpath=${shellQuote(templates[part])} 2>/dev/null && ${whole(part)}`;

/** Of kube-system, and those of one replica; a DaemonSet counts its pods under other names. */
const workloads = String.raw`awk -F '\t' -v OFS='\t' '$2 == "DaemonSet" { $5 = $7; $6 = $8 } $3 == "kube-system" || ($2 != "DaemonSet" && $5 == 1) { print $1, $2, $3, $4, $5, $6 }'`;

const endpoints = String.raw`awk -F '\t' '$1 == "u-hook" && $6 != "" { print $5 " " $6 }' "$t/u-webhooks" | sort -u | head -n 40`;

/**
 * What may be in the way of an upgrade, asked through the first host that can: a host whose API server comes later in the order leaves
 * it to those before it that answer.
 *
 * @param others readiness endpoints of API servers that come first
 */
export function writeKubeUpgrade([probe]: readonly { readonly others: readonly string[]; readonly caFile: string }[]): string {
  const { others = [], caFile = '' } = probe ?? {};
  const leave = others
    .map(
      (url) => `[ "$(curl -s --noproxy '*' -o /dev/null -m 2 -w '%{http_code}' --cacert ${shellQuote(caFile)} ${shellQuote(url)})" = 200 ]`,
    )
    .join(' || ');
  const mine = `[ -f ${hostPaths.adminKubeconfig} ]${others.length === 0 ? '' : ` && ! { ${leave}; }`}`;
  return `{ if ${mine}; then
mkdir "$t/u"
echo u-asked >"$t/u-asked"
{ w=$(${kubectl} get deployments,statefulsets,daemonsets -A -o jsonpath=${shellQuote(templates.workloads)} 2>/dev/null) && { printf '%s\\n' "$w" | ${workloads}; ${whole('workloads')}; }; } >"$t/u-workloads" &
{ ${listed('definitions', 'customresourcedefinitions')}; } >"$t/u-definitions" &
{ { ${listed('webhooks', 'validatingwebhookconfigurations,mutatingwebhookconfigurations')}; } >"$t/u-webhooks"
${endpoints} | while read -r ns name; do
r=$(${kubectl} get endpointslices -n "$ns" -l "kubernetes.io/service-name=$name" -o jsonpath=${shellQuote(templates.ready)} 2>/dev/null) && printf 'u-endpoints\\t%s\\t%s\\t%s\\n' "$ns" "$name" "$(printf '%s\\n' "$r" | grep -c true)"
done >"$t/u-endpoints"; } &
{ ${listed('budgets', 'poddisruptionbudgets -A')}; } >"$t/u-budgets"
{ ${pods}
} >"$t/u-pods"
wait
fi; } &`;
}

/** Who asks for it, from the audit log's newest file: user, first word of the agent, resource, group, version, release without it. */
const callers = String.raw`sed -nE 's#.*"user":\{"username":"([^"]*)".*"userAgent":"([^" ]*).*"objectRef":\{"resource":"([^"]*)".*"apiGroup":"([^"]*)","apiVersion":"([^"]*)".*"k8s.io/removed-release":"([^"]*)".*#\1\t\2\t\3\t\4\t\5\t\6#p'`;

/** APIs that somebody asked this host's API server for although they go away, and who did. */
export function writeDeprecatedApis([probe]: readonly { readonly auditLog: string }[]): string {
  const log = shellQuote(probe?.auditLog ?? '');
  return `[ -f ${hostPaths.adminKubeconfig} ] && { if ${kubectl} get --raw /metrics 2>/dev/null >"$t/.metrics"; then
echo deprecated-apis
sed -n 's/^apiserver_requested_deprecated_apis\\({.*}\\) 1$/deprecated-api\\t\\1/p' "$t/.metrics"
grep -hF '"k8s.io/removed-release"' ${log} 2>/dev/null | ${callers} | sort | uniq -c | sort -rn | head -n 40 | sed -E 's/^ *([0-9]+) /deprecated-caller\\t\\1\\t/'
fi; } >"$t/deprecated-apis" &`;
}
