/** Cluster-wide secrets and the public halves that belong to them; each has one value for the whole cluster. */
export const secretNames = [
  'ca.crt',
  'ca.key',
  'etcd-ca.crt',
  'etcd-ca.key',
  'front-proxy-ca.crt',
  'front-proxy-ca.key',
  'sa.key',
  'sa.pub',
  'encryption-config.yaml',
] as const;

export type SecretName = (typeof secretNames)[number];
