import type { JsonObject } from '../cluster/cluster.ts';

const apiGroup = 'rbac.authorization.k8s.io';
const name = 'kcluster:coredns';
const verbs = ['list', 'watch'];

/** What the `kubernetes` plugin watches when pods are answered for unseen (`pods insecure`). */
export function corednsRoleOf(labels: JsonObject): JsonObject {
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRole',
    metadata: { name, labels },
    rules: [
      { apiGroups: [''], resources: ['namespaces', 'services'], verbs },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
    ],
  };
}

export function corednsRoleBinding(labels: JsonObject): JsonObject {
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels },
    roleRef: { apiGroup, kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name: 'coredns', namespace: 'kube-system' }],
  };
}
