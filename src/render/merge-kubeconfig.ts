import { parse } from 'yaml';
import { ConfigurationError } from '../errors.ts';
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

function isMapping(value: unknown): value is Kubeconfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasLists(config: Kubeconfig): boolean {
  return [config.clusters, config.users, config.contexts].every((list) => list === undefined || list === null || Array.isArray(list));
}

function readExisting(text: string): Kubeconfig {
  let value: unknown;
  let cause: unknown;
  try {
    value = parse(text) ?? {};
  } catch (error) {
    cause = error;
  }
  if (isMapping(value) && hasLists(value)) return value;
  throw new ConfigurationError('your kubeconfig cannot be understood; it was left as it is', {
    remedy: 'mend it, or write the new one to a file of its own with --output FILE',
    cause,
  });
}

/**
 * An existing kubeconfig with the clusters, users and contexts of another; entries of the same name are replaced, the rest stays.
 * Comments are lost.
 *
 * @throws ConfigurationError when the existing one is no kubeconfig
 */
export function mergeKubeconfig(existing: string, added: string): string {
  const old = readExisting(existing);
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
