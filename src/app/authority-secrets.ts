import type { SecretName } from '../engine/secret-name.ts';
import type { Authority } from '../pki/certificate-table.ts';

/** The three authorities: what each calls itself, and the secrets that hold its certificate and key. */
export const authoritySecrets = {
  cluster: { commonName: 'kubernetes-ca', certificate: 'ca.crt', key: 'ca.key' },
  etcd: { commonName: 'etcd-ca', certificate: 'etcd-ca.crt', key: 'etcd-ca.key' },
  'front-proxy': { commonName: 'front-proxy-ca', certificate: 'front-proxy-ca.crt', key: 'front-proxy-ca.key' },
} as const satisfies Record<Authority, { readonly commonName: string; readonly certificate: SecretName; readonly key: SecretName }>;
