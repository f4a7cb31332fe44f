import { shellQuote } from '../render/shell-quote.ts';
import { type DrainPass, drainPass, refusal } from './actions/drain-pass.ts';

/** kubectl template of one pod a line: name, whether it is ending, kind of its controller, whether it is only mirrored. */
const podLine =
  '{range .items[*]}{.metadata.namespace}/{.metadata.name}|{.metadata.deletionTimestamp}|{.metadata.ownerReferences[?(@.controller==true)].kind}|{.metadata.annotations.kubernetes\\.io/config\\.mirror}{"\\n"}{end}';

const values = '({{range $i, $v := .values}}{{if $i}},{{end}}{{$v}}{{end}})';

/** One budget a line: namespace, name, what it allows, and its selector as `kubectl get -l` reads it. */
const budgetLine =
  `{{range .items}}{{if exists . "spec" "selector"}}{{.metadata.namespace}}|{{.metadata.name}}|{{.status.disruptionsAllowed}}|` +
  `{{range $k, $v := .spec.selector.matchLabels}}{{$k}}={{$v}},{{end}}` +
  `{{range .spec.selector.matchExpressions}}{{if eq .operator "In"}}{{.key}} in ${values},{{else if eq .operator "NotIn"}}{{.key}} notin ${values},` +
  `{{else if eq .operator "Exists"}}{{.key}},{{else}}!{{.key}},{{end}}{{end}}{{"\\n"}}{{end}}{{end}}`;

/** sh that evicts again what was refused before, and then says which pods are left, and which budget holds them. */
export function writeDrainedScript(kubectl: string, hopelessStatus: number, test: DrainPass): string {
  const onNode = `--field-selector ${shellQuote(`spec.nodeName=${test.node}`)}`;
  return `${drainPass(kubectl, test)} && exit 0
case $kc_said in *'${refusal}'*) printf '%s\\n' "$kc_said" | tail -n 1; exit ${hopelessStatus} ;; esac
kc_last=$(printf '%s\\n' "$kc_said" | tail -n 1)
kc_pods=$(${kubectl} get pods -A ${onNode} -o ${shellQuote(`jsonpath=${podLine}`)} 2>&1) || { printf '%s\\n' "$kc_pods" | tail -n 1; exit 1; }
kc_left='' kc_count=0 kc_kept=' '
while IFS='|' read -r kc_pod kc_ending kc_controller kc_mirror; do
  if [ -z "$kc_pod" ] || [ "$kc_controller" = DaemonSet ] || [ -n "$kc_mirror" ]; then continue; fi
  kc_count=$((kc_count + 1))
  if [ -n "$kc_ending" ]; then kc_left="$kc_left, $kc_pod (ending)"; else kc_left="$kc_left, $kc_pod"; kc_kept="$kc_kept$kc_pod "; fi
done <<KCLUSTER_PODS
$kc_pods
KCLUSTER_PODS
[ $kc_count -gt 0 ] || { printf '%s\\n' "$kc_last"; exit 1; }
kc_why=
kc_budgets=$(${kubectl} get poddisruptionbudgets -A -o ${shellQuote(`go-template=${budgetLine}`)} 2>/dev/null) || kc_budgets=
while IFS='|' read -r kc_namespace kc_name kc_allowed kc_selector; do
  [ "$kc_allowed" = 0 ] || continue
  case $kc_kept in *" $kc_namespace/"*) ;; *) continue ;; esac
  kc_held=
  for kc_found in $(${kubectl} -n "$kc_namespace" get pods -l "\${kc_selector%,}" ${onNode} -o name </dev/null 2>/dev/null); do
    case $kc_kept in *" $kc_namespace/\${kc_found#pod/} "*) kc_held="$kc_held, \${kc_found#pod/}" ;; esac
  done
  [ -z "$kc_held" ] || kc_why="$kc_why; PodDisruptionBudget $kc_namespace/$kc_name allows no disruption now: \${kc_held#, }"
done <<KCLUSTER_BUDGETS
$kc_budgets
KCLUSTER_BUDGETS
# Refused for another reason than a budget: kubectl's last line says it.
[ -n "$kc_why" ] || case $kc_last in 'error when evicting '*'global timeout reached'*) ;; 'error when evicting '*) kc_why="; $kc_last" ;; esac
printf '%s left: %s%s\\n' "$kc_count" "\${kc_left#, }" "$kc_why"
exit 1`;
}
