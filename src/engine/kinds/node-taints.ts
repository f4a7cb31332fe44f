import type { JsonObject, Taint } from '../../cluster/cluster.ts';
import { formatTaint, isSameTaint, taintsAnnotation } from '../../cluster/taint.ts';
import type { TaintsResource } from '../resource.ts';
import type { Kind } from './kind.ts';

export function liveTaints(live: JsonObject): readonly Taint[] {
  const { taints = [] } = (live.spec ?? {}) as { readonly taints?: readonly (Omit<Taint, 'value'> & { readonly value?: string })[] };
  return taints.map(({ key, value = '', effect }) => ({ key, value, effect }));
}

function ownedTaints(live: JsonObject): ReadonlySet<string> {
  const { annotations = {} } = (live.metadata ?? {}) as { readonly annotations?: Readonly<Record<string, string>> };
  return new Set(annotations[taintsAnnotation]?.split(','));
}

/** A node that has not registered brings its taints along: the kubelet's configuration names them. */
export const nodeTaintsKind: Kind<TaintsResource> = {
  probes: () => [{ kind: 'kube-nodes' }],
  plan: ({ node, taints }, { seen }) => {
    const live = seen.kubeNodes?.get(node);
    if (live === undefined) return [];
    const there = liveTaints(live);
    const owned = ownedTaints(live);
    const set = taints.filter((taint) => !there.some((found) => formatTaint(found) === formatTaint(taint)));
    const remove = there.filter((found) => owned.has(formatTaint(found)) && !taints.some((taint) => isSameTaint(found, taint)));
    return set.length + remove.length === 0 ? [] : [{ kind: 'kube-taints', node, set, remove }];
  },
};
