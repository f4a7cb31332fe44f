import { absentTaint, formatTaint, isSameTaint } from '../../cluster/taint.ts';
import type { AbsenceResource } from '../resource.ts';
import type { Kind } from './kind.ts';
import { liveTaints } from './node-taints.ts';

/** The taint is kcluster's whoever set it; a node without a Node object has nothing that could be kept from it. */
export const nodeAbsenceKind: Kind<AbsenceResource> = {
  probes: () => [{ kind: 'kube-nodes' }],
  plan: ({ node, absent }, { seen }) => {
    const live = seen.kubeNodes?.get(node);
    if (live === undefined) return [];
    const there = liveTaints(live).filter((taint) => isSameTaint(taint, absentTaint));
    if (!absent) return there.length === 0 ? [] : [{ kind: 'kube-taints', node, set: [], remove: there }];
    const isSet = there.some((taint) => formatTaint(taint) === formatTaint(absentTaint));
    return isSet ? [] : [{ kind: 'kube-taints', node, set: [absentTaint], remove: [] }];
  },
};
