import { parse } from 'yaml';

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } }[];
  readonly users: readonly { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } }[];
}

export function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

export interface Identity {
  readonly server: string;
  /** PEM, all three. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export function readKubeconfig(text: string): Identity {
  const { clusters, users } = parse(text) as Kubeconfig;
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
  if (cluster === undefined || user === undefined) throw new Error('a kubeconfig without cluster or user');
  return {
    server: cluster.server,
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  };
}
