import type { JsonObject } from '../cluster/cluster.ts';

/** The API server makes these by itself, a moment after it is ready. */
const namespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'] as const;

/** Pods that name no account get no token into the API; one that needs it says so, or better has an account of its own (CIS 5.1.5). */
export function defaultServiceAccounts(): readonly JsonObject[] {
  return [
    ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...namespaces.map((namespace) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
      automountServiceAccountToken: false,
    })),
  ];
}
