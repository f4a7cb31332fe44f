import type { Taint } from '../../cluster/cluster.ts';
import { shellQuote } from '../../render/shell-quote.ts';
import type { Action } from '../action.ts';
import { fieldManager } from '../kinds/kube-object.ts';
import { drainPass, endedStatus, refusal } from './drain-pass.ts';
import { noteWorkloads } from './drained-workloads.ts';
import type { Material } from './material.ts';
import { movedStatus } from './shell-library.ts';
import { temporaryKubectl as kubectl, withKubeconfig } from './with-kubeconfig.ts';

type NodeAction = Extract<Action, { kind: 'kube-cordon' | 'kube-drain' | 'kube-delete-node' | 'kube-taints' }>;
type ActionOf<K extends NodeAction['kind']> = Extract<NodeAction, { kind: K }>;
type Writers = { readonly [K in NodeAction['kind']]: (action: ActionOf<K>, material: Material) => string };

const q = shellQuote;

/** Evictions are asked for; whoever is still there then is the gate's. An answer without any eviction is a failure. */
function writeDrain(action: ActionOf<'kube-drain'>): string {
  const note = action.notesWorkloads === true ? noteWorkloads(kubectl, action.node) : '';
  return `${note}${drainPass(kubectl, action, 3)} && return 0
[ $? = ${endedStatus} ] && return 0
case $kc_said in
  *'${refusal}'*) ;;
  *'evicting pod '*) return 0 ;;
esac
printf '%s\\n' "$kc_said" >&2
return 1`;
}

/** The API itself compares the UID, so that nothing can come in between. */
function writeDeleteNode({ node, uid }: ActionOf<'kube-delete-node'>): string {
  const options = JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } });
  return `kc_said=$(printf '%s\\n' ${q(options)} | ${kubectl} delete --raw ${q(`/api/v1/nodes/${encodeURIComponent(node)}`)} -f - 2>&1) && return 0
case $kc_said in *'(NotFound)'*) return 0 ;; esac
printf '%s\\n' "$kc_said" >&2
case $kc_said in *'UID in the precondition'*) exit ${movedStatus} ;; esac
return 1`;
}

const taintObject = ({ key, value, effect }: Taint) => JSON.stringify(value === '' ? { key, effect } : { key, value, effect });

/**
 * The list as it is now, without what goes and with what comes, one patch that fails when somebody else was faster; then once more.
 * Compared is only what is kcluster's: taints of others come and go at any time.
 */
function writeTaints({ node, set, remove }: ActionOf<'kube-taints'>): string {
  const dropped = [
    ...set.map(({ key, effect }) => `${q(`${key}|${effect}|`)}*`),
    ...remove.map(({ key, effect, value }) => q(`${key}|${effect}|${value}`)),
  ];
  const list = `{range .spec.taints[*]}{.key}|{.effect}|{.value}|{@}{"\\n"}{end}`;
  return `for kc_attempt in 1 2 3 4 5; do
  kc_taints=$(${kubectl} get node ${q(node)} -o ${q(`jsonpath=${list}`)}) || return
  kc_old='' kc_new=''
  while IFS='|' read -r kc_key kc_effect kc_value kc_object; do
    [ -n "$kc_key" ] || continue
    kc_old="$kc_old,$kc_object"
    case "$kc_key|$kc_effect|$kc_value" in
      ${dropped.join(' | ')}) ;;
      *) kc_new="$kc_new,$kc_object" ;;
    esac
  done <<KCLUSTER_TAINTS
$kc_taints
KCLUSTER_TAINTS
  kc_new=$kc_new${q(set.map((taint) => `,${taintObject(taint)}`).join(''))}
  if [ -n "$kc_old" ]; then kc_old="[\${kc_old#,}]"; else kc_old=null; fi
  kc_patch="[{\\"op\\":\\"test\\",\\"path\\":\\"/spec/taints\\",\\"value\\":$kc_old},{\\"op\\":\\"add\\",\\"path\\":\\"/spec/taints\\",\\"value\\":[\${kc_new#,}]}]"
  kc_said=$(${kubectl} patch node ${q(node)} --type=json --field-manager=${fieldManager} -p "$kc_patch" 2>&1) && return 0
done
printf '%s (attempt %s)\\n' "$kc_said" "$kc_attempt" >&2
return 1`;
}

/** One patch: a node that takes no pods is never without the mark that says for whom. */
function writeCordon({ node, on, mark }: ActionOf<'kube-cordon'>): string {
  const annotations = mark === undefined ? {} : { metadata: { annotations: { [mark]: on ? 'kcluster' : null } } };
  const patch = JSON.stringify({ ...annotations, spec: { unschedulable: on ? true : null } });
  return `${kubectl} patch node ${q(node)} --type=merge -p ${q(patch)} >/dev/null`;
}

/** What is done to nodes through the API, from any control-plane host. */
export const nodeWriters: Writers = {
  'kube-cordon': (action, material) => withKubeconfig(material, writeCordon(action)),
  'kube-drain': (action, material) => withKubeconfig(material, writeDrain(action)),
  'kube-delete-node': (action, material) => withKubeconfig(material, writeDeleteNode(action)),
  'kube-taints': (action, material) => withKubeconfig(material, writeTaints(action)),
};
