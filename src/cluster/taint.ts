import type { Taint } from './cluster.ts';

/**
 * Annotation of a Node that says which of its taints came from the inventory, as `formatTaint` writes them, sorted, with commas:
 * the list of taints has one owner in the API, so that it cannot say itself whose each one is.
 */
export const taintsAnnotation = 'kcluster.dev/taints';

/**
 * On the Node object of a node that is declared down, until it was brought up to date after its return. A kubelet may not take it
 * away (NodeRestriction), and refuses pods that do not tolerate it by itself; pods that are there are evicted.
 */
export const absentTaint: Taint = { key: 'kcluster.dev/absent', value: '', effect: 'NoExecute' };

/** Annotation of a Node that an upgrade keeps from taking pods: whoever finishes the upgrade lets it take them again. */
export const cordonAnnotation = 'kcluster.dev/cordoned-by';

/** As kubectl and the inventory write it: `key=value:Effect`, or `key:Effect` without a value. */
export function formatTaint({ key, value, effect }: Taint): string {
  return value === '' ? `${key}:${effect}` : `${key}=${value}:${effect}`;
}

/** A node has at most one taint of a key and an effect. */
export function isSameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}
