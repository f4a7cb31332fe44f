/** Labels of Kubernetes' own domains that a kubelet may give itself (its flag check and NodeRestriction agree on these). */
const ownLabels = new Set([
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);
const ownDomains = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

const within = (domain: string, parent: string) => domain === parent || domain.endsWith(`.${parent}`);

/** False for labels that only an administrator may set, such as node-role.kubernetes.io/…: those go through the API. */
export function isLabelOfKubelet(key: string): boolean {
  const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  if (!within(domain, 'kubernetes.io') && !within(domain, 'k8s.io')) return true;
  return ownLabels.has(key) || ownDomains.some((parent) => within(domain, parent));
}
