import type { JsonObject } from '../cluster/cluster.ts';
import type { Description } from '../engine/description.ts';
import { clusterAdminsGroup, kubeletClientsGroup } from '../pki/certificate-table.ts';
import { defaultServiceAccounts } from './default-service-accounts.ts';

interface Grant {
  readonly name: string;
  readonly group: string;
  readonly role: string;
}

const grants = [
  { name: clusterAdminsGroup, group: clusterAdminsGroup, role: 'cluster-admin' },
  // API servers reach kubelets for logs, exec and metrics.
  { name: kubeletClientsGroup, group: kubeletClientsGroup, role: 'system:kubelet-api-admin' },
  // Kubelets renew their own client certificates.
  {
    name: 'kcluster:node-certificate-renewal',
    group: 'system:nodes',
    role: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
  },
] as const satisfies readonly Grant[];

const apiGroup = 'rbac.authorization.k8s.io';

function bindingOf({ name, group, role }: Grant): JsonObject {
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup, kind: 'Group', name: group }],
  };
}

/** Who may do what from the first minute; all else is the user's own. */
export function describeRbac(): Description {
  return {
    component: 'rbac',
    install: [],
    run: [...grants.map(bindingOf), ...defaultServiceAccounts()].map((object) => ({ kind: 'kube-object', object })),
    health: [],
    ports: [],
  };
}
