import { shellQuote } from '../../render/shell-quote.ts';
import { hostPaths } from '../host-paths.ts';

const q = shellQuote;

/** Workloads that were whole when the drain of a node began, `namespace kind name` a line; gone with a reboot of the host that drains. */
const noteOf = (node: string): string => `${hostPaths.drained}/${node}`;

const owner = '.metadata.ownerReferences[?(@.controller==true)]';
const ownerLine = `{range .items[*]}{.metadata.namespace} {${owner}.kind} {${owner}.name}{"\\n"}{end}`;
/** `namespace kinds.apps/name kinds.apps/name`: kubectl asks for all of a namespace at once. */
const byNamespace =
  '$2 == "ReplicaSet" || $2 == "StatefulSet" { of[$1] = of[$1] " " tolower($2) "s.apps/" $3 } END { for (n in of) print n of[n] }';
const columns = 'custom-columns=K:.kind,N:.metadata.name,W:.spec.replicas,R:.status.readyReplicas';

/** sh: `kc_workloads FILE` prints those of the file that are still there, `namespace kind name wanted ready` a line. */
const workloads = (kubectl: string): string => `kc_workloads() {
  while read -r kc_namespace kc_names; do
    [ -n "$kc_namespace" ] || continue
    kc_seen=$(printf '%s\\n' "$kc_names" | xargs ${kubectl} -n "$kc_namespace" get --ignore-not-found --no-headers -o ${q(columns)}) || return 1
    printf '%s\\n' "$kc_seen" | sed "s/^/$kc_namespace /"
  done <<KCLUSTER_WORKLOADS
$(awk ${q(byNamespace)} "$1")
KCLUSTER_WORKLOADS
}
`;

/** sh that notes which workloads with pods on the node have all their pods Ready: what is not whole before is not awaited afterwards. */
export function noteWorkloads(kubectl: string, node: string): string {
  const note = q(noteOf(node));
  return `${workloads(kubectl)}kc_owners=$(${kubectl} get pods -A --field-selector ${q(`spec.nodeName=${node}`)} -o ${q(`jsonpath=${ownerLine}`)}) || return
mkdir -p -m 0700 ${hostPaths.drained} && printf '%s\\n' "$kc_owners" | sort -u >${note} || return
kc_all=$(kc_workloads ${note}) || return
printf '%s\\n' "$kc_all" | awk 'NF == 5 && $4 > 0 && $5 + 0 >= $4 { print $1, $2, $3 }' >${note} || return
`;
}

/** sh that ends 0 once what was noted has all its pods Ready again, or is there no more; else it says what has not. */
export function awaitWorkloads(kubectl: string, node: string): string {
  const note = q(noteOf(node));
  return `[ -s ${note} ] || exit 0
${workloads(kubectl)}kc_all=$(kc_workloads ${note} 2>&1) || { printf '%s\\n' "$kc_all" | tail -n 1; exit 1; }
kc_short=$(printf '%s\\n' "$kc_all" | awk 'NF == 5 && $5 + 0 < $4 { printf "%s%s %s/%s has %d of %d pods Ready", s, $2, $1, $3, $5, $4; s = ", " }')
[ -n "$kc_short" ] || { rm -f ${note}; exit 0; }
printf '%s\\n' "$kc_short"
exit 1`;
}
