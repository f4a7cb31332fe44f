/** Something awaited by name: asked again, faster at first, until true or the deadline. */
export interface Condition {
  /** `kube-apiserver answers /readyz`. */
  readonly title: string;
  readonly deadlineMs: number;
  readonly test: ConditionTest;
  /** What to do when it did not come true. */
  readonly remedy?: string;
}

export type ConditionTest =
  /** Answers 200; https is verified against `caFile`. `unit`: given up at once when that unit has failed, with its last journal lines. */
  | { readonly kind: 'http'; readonly url: string; readonly caFile?: string; readonly unit?: string }
  /** Answers, whatever it says. */
  | { readonly kind: 'http-speaks'; readonly url: string; readonly unit: string }
  /** The unit is active. */
  | { readonly kind: 'unit-active'; readonly unit: string }
  /** A socket exists. */
  | { readonly kind: 'socket'; readonly path: string; readonly unit?: string }
  /** The member on this host has applied what the members behind `endpoints` (client URLs) had. */
  | { readonly kind: 'etcd-caught-up'; readonly endpoints: readonly string[]; readonly unit: string }
  /** All members behind `endpoints` hold the same keys, at `revision` and no less, and are these, all of them voters. */
  | {
      readonly kind: 'etcd-restored';
      readonly endpoints: readonly string[];
      readonly members: readonly string[];
      readonly revision: number;
    }
  /** Ready condition of these nodes is True, asked on a control-plane host. */
  | { readonly kind: 'nodes-ready'; readonly nodes: readonly string[] }
  /** Deployments of the form namespace/name have all replicas available. */
  | { readonly kind: 'deployment-available'; readonly name: string }
  /** No pod is left on the node that has to go; asking evicts again what was refused before. `force` as in the action `kube-drain`. */
  | { readonly kind: 'node-drained'; readonly node: string; readonly force: boolean }
  /** Workloads that were whole when the node was drained from this host have all their pods Ready again. */
  | { readonly kind: 'workloads-back'; readonly node: string };
