import type { NodeName } from '../cluster/cluster.ts';
import type { LabelSelector } from '../cluster/label-selector.ts';

/** What matters of a pod when its node is drained. */
export interface PodSeen {
  readonly namespace: string;
  readonly name: string;
  /** `Running`, `Pending`, `Succeeded`, `Failed`, `Unknown`. */
  readonly phase: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Who makes it again; absent: nobody does. */
  readonly controller?: { readonly kind: string; readonly name: string };
  /** Has a volume that lives and ends with the pod. */
  readonly hasEmptyDir: boolean;
  /** The kubelet runs it from a file; the API only mirrors it. */
  readonly isMirror: boolean;
}

/** A PodDisruptionBudget. */
export interface BudgetSeen {
  readonly namespace: string;
  readonly name: string;
  /** Pods that may be evicted now. */
  readonly disruptionsAllowed: number;
  readonly selector?: LabelSelector;
}

export interface KubePodsSeen {
  readonly pods: ReadonlyMap<NodeName, readonly PodSeen[]>;
  readonly budgets: readonly BudgetSeen[];
  /** ReplicaSets and StatefulSets of one replica, `Kind/namespace/name`. */
  readonly singles: ReadonlySet<string>;
}

/** Fields after the tag `pod`, in this order; every one is a name or JSON, so no tab is in them. */
const podFields = [
  '.spec.nodeName',
  '.metadata.namespace',
  '.metadata.name',
  '.status.phase',
  '.metadata.ownerReferences',
  '.metadata.labels',
  '.spec.volumes[*].emptyDir',
  '.metadata.annotations.kubernetes\\.io/config\\.mirror',
] as const;
const budgetFields = ['.metadata.namespace', '.metadata.name', '.status.disruptionsAllowed', '.spec.selector'] as const;
const singleFields = ['.kind', '.metadata.namespace', '.metadata.name'] as const;

const lineOf = (tag: string, fields: readonly string[]): string =>
  `{"${tag}"}${fields.map((field) => `{"\\t"}{${field}}`).join('')}{"\\n"}`;

/** kubectl templates that print one line an object, read by the functions below. */
export const podTemplates = {
  pods: `{range .items[*]}${lineOf('pod', podFields)}{end}`,
  budgets: `{range .items[*]}${lineOf('budget', budgetFields)}{end}`,
  singles: `{range .items[?(@.spec.replicas==1)]}${lineOf('single', singleFields)}{end}`,
} as const;

interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  readonly controller?: boolean;
}

function parse<T>(text: string | undefined, empty: T): T {
  return text === undefined || text === '' ? empty : (JSON.parse(text) as T);
}

export function readPod(fields: readonly string[]): PodSeen {
  const [, namespace = '', name = '', phase = '', owners, labels, emptyDirs = '', mirror = ''] = fields;
  const owner = parse<readonly OwnerReference[]>(owners, []).find(({ controller }) => controller === true);
  return {
    namespace,
    name,
    phase,
    labels: parse<Record<string, string>>(labels, {}),
    ...(owner === undefined ? {} : { controller: { kind: owner.kind, name: owner.name } }),
    hasEmptyDir: emptyDirs !== '',
    isMirror: mirror !== '',
  };
}

export function readBudget([namespace = '', name = '', allowed = '0', selector]: readonly string[]): BudgetSeen {
  const found = parse<LabelSelector | undefined>(selector, undefined);
  return { namespace, name, disruptionsAllowed: Number(allowed), ...(found === undefined ? {} : { selector: found }) };
}
