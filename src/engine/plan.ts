import type { NodeName } from '../cluster/cluster.ts';
import type { Action } from './action.ts';
import type { Condition } from './condition.ts';

/** `etcd/run@cp1`: one phase on one node. */
export type StepId = `${string}@${string}`;

/** The actions of one phase on one node, done in order; nothing of it starts before everything in `after` is done. */
export interface Step {
  readonly id: StepId;
  readonly phase: string;
  readonly node: NodeName;
  readonly title: string;
  readonly after: readonly StepId[];
  /** Steps of one line take nodes down one after the other, or in batches: once one of them fails, no other begins. */
  readonly line?: string;
  readonly actions: readonly Action[];
  /** Awaited after the last action, in order. */
  readonly gate: readonly Condition[];
}

/** A finding of a policy or a preflight check: the caller decides what it means. */
export interface Finding {
  /** Stable name for `--ignore-preflight` and JSON. */
  readonly id: string;
  readonly node?: NodeName;
  readonly severity: 'error' | 'warning';
  /** Of an error: it cannot be waived by name. */
  readonly mandatory?: true;
  readonly message: string;
  readonly remedy: string;
}

/** What would be done, as a value: shown, saved, compared, carried out. Holds no secret. */
export interface Plan {
  readonly apiVersion: 'kcluster/v1alpha1';
  readonly kind: 'Plan';
  readonly workflow: string;
  readonly cluster: string;
  readonly kclusterVersion: string;
  readonly inventorySha256: string;
  readonly nodes: readonly NodeName[];
  /** Of a join: the nodes that were named for it, sorted; none: everybody who is not part of the cluster. */
  readonly joining?: readonly NodeName[];
  readonly findings: readonly Finding[];
  /** `3` or `10%`: how many nodes may be taken down at once. */
  readonly maxUnavailable: string;
  /** Sorted so that everything in a step's `after` stands before it. */
  readonly steps: readonly Step[];
}
