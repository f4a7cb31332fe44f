import { stringifyYaml } from '../render/yaml.ts';

export interface KubeconfigContent {
  readonly clusterName: string;
  /** `https://192.0.2.11:6443` */
  readonly server: string;
  /** Certificates that may vouch for the server, PEM. */
  readonly authority: string;
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** Name of the user within the file. */
  readonly user: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A kubeconfig with everything in it: no other file is needed to use it. */
export function buildKubeconfig({ clusterName, server, authority, certificate, key, user }: KubeconfigContent): string {
  const context = `${user}@${clusterName}`;
  return stringifyYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: clusterName, cluster: { 'certificate-authority-data': base64(authority), server } }],
    users: [{ name: user, user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
    contexts: [{ name: context, context: { cluster: clusterName, user } }],
    'current-context': context,
  });
}
