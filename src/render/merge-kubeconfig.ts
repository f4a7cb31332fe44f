import { parse } from 'yaml';
import { stringifyYaml } from './yaml.ts';

interface Named {
  readonly name: string;
}
interface Kubeconfig {
  readonly clusters?: readonly Named[] | null;
  readonly users?: readonly Named[] | null;
  readonly contexts?: readonly Named[] | null;
  readonly 'current-context'?: string;
}

function mergeNamed(old: readonly Named[] | null | undefined, added: readonly Named[] | null | undefined): readonly Named[] {
  const names = new Set((added ?? []).map((entry) => entry.name));
  return [...(old ?? []).filter((entry) => !names.has(entry.name)), ...(added ?? [])];
}

/** An existing kubeconfig with the clusters, users and contexts of another; entries of the same name are replaced, the rest stays. */
export function mergeKubeconfig(existing: string, added: string): string {
  const old = (parse(existing) ?? {}) as Kubeconfig;
  const addition = parse(added) as Kubeconfig;
  return stringifyYaml({
    apiVersion: 'v1',
    kind: 'Config',
    ...old,
    clusters: mergeNamed(old.clusters, addition.clusters),
    users: mergeNamed(old.users, addition.users),
    contexts: mergeNamed(old.contexts, addition.contexts),
    'current-context': addition['current-context'],
  });
}
