import type { JsonObject } from '../cluster/cluster.ts';

const core = '';
const readVerbs = ['get', 'list', 'watch'];

/** What the API server writes down; the first rule that fits decides, and no rule writes the content of a secret. */
export const auditPolicy: JsonObject = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  omitManagedFields: true,
  rules: [
    // Probes, discovery, leases and events: many, and nobody decides anything in them.
    {
      level: 'None',
      nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/version', '/api', '/api/*', '/apis', '/apis/*', '/openapi/*'],
    },
    {
      level: 'None',
      resources: [
        { group: core, resources: ['events'] },
        { group: 'events.k8s.io', resources: ['events'] },
      ],
    },
    { level: 'None', userGroups: ['system:nodes'], resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
    {
      level: 'None',
      users: ['system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler'],
      resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }],
    },
    // Who asked for what, never the bodies: these hold secrets.
    {
      level: 'Metadata',
      resources: [
        { group: core, resources: ['configmaps', 'secrets', 'serviceaccounts/token'] },
        { group: 'authentication.k8s.io', resources: ['tokenreviews'] },
      ],
    },
    // The cluster reading itself.
    {
      level: 'None',
      users: ['system:apiserver', 'system:kube-controller-manager', 'system:kube-proxy', 'system:kube-scheduler'],
      verbs: readVerbs,
    },
    { level: 'None', userGroups: ['system:nodes', 'system:serviceaccounts:kube-system'], verbs: readVerbs },
    // Entering a pod, and who may do what: with the whole request.
    {
      level: 'Request',
      resources: [
        { group: core, resources: ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'services/proxy', 'nodes/proxy'] },
      ],
    },
    {
      level: 'Request',
      verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
      resources: [
        { group: 'rbac.authorization.k8s.io' },
        { group: 'admissionregistration.k8s.io' },
        { group: 'certificates.k8s.io' },
        { group: core, resources: ['namespaces', 'pods', 'serviceaccounts'] },
      ],
    },
    { level: 'Metadata' },
  ],
};
