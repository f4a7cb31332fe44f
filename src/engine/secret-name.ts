/** Made or adopted by kcluster: cluster-wide secrets and the public halves that belong to them; each has one value for the whole cluster. */
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

/** Brought by the operator as files, for an etcd that others run; they change when the operator's files do. */
export const givenSecretNames = ['given-etcd-ca.crt', 'given-etcd-client.crt', 'given-etcd-client.key'] as const;

export type GivenSecretName = (typeof givenSecretNames)[number];
/** What scheduled backups take along and reach their targets with: the inventory's text, and a file of each target by its place in the list. */
export type BackupSecretName = 'backup-inventory' | `backup-target-${number}`;
export type SecretName = (typeof secretNames)[number] | GivenSecretName | BackupSecretName;
