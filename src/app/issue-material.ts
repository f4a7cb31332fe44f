import { randomBytes } from 'node:crypto';
import type { Cluster } from '../cluster/cluster.ts';
import type { Action } from '../engine/action.ts';
import type { IssuedParts, Material } from '../engine/actions/material.ts';
import type { Step } from '../engine/plan.ts';
import type { SecretName } from '../engine/secret-name.ts';
import type { Secrets } from '../engine/secrets.ts';
import { InternalError } from '../errors.ts';
import { buildKubeconfig } from '../pki/build-kubeconfig.ts';
import type { CertificateEntry, LeafRequest } from '../pki/certificate-table.ts';
import { clientRequest } from '../pki/client-request.ts';
import { issueLeaf } from '../pki/issue-leaf.ts';
import { authoritySecrets } from './authority-secrets.ts';

/** Turns requests into certificates with the cluster's authorities. */
export interface Issuer {
  issue(request: LeafRequest): Promise<{ readonly certificate: string; readonly key: string }>;
  kubeconfig(request: LeafRequest, server: string): Promise<string>;
}

export function createIssuer(cluster: Cluster, secrets: Secrets, onSecret: (value: string) => void): Issuer {
  const need = (name: SecretName): string => {
    const value = secrets.get(name);
    if (value === undefined) throw new InternalError(`${name} is needed before it was made`);
    return value;
  };
  const issue = async (request: LeafRequest): Promise<{ certificate: string; key: string }> => {
    const { certificate, key } = authoritySecrets[request.ca];
    const issued = await issueLeaf(request, { certificate: need(certificate), key: need(key) }, randomBytes, new Date());
    onSecret(issued.key);
    return issued;
  };
  return {
    issue,
    kubeconfig: async (request, server) => {
      const issued = await issue(request);
      return buildKubeconfig({ clusterName: cluster.name, server, authority: need('ca.crt'), user: request.commonName, ...issued });
    },
  };
}

const asksCluster = ({ kind }: Action): boolean => kind.startsWith('kube-');

/** Whether a step can be carried out only with the secrets of the cluster. */
export function usesSecrets({ actions }: Step): boolean {
  return actions.some((action) => asksCluster(action) || action.kind === 'issue' || ('content' in action && 'secret' in action.content));
}

/** Issues what a step's actions ask for; called once the secrets are complete. */
export async function issueMaterial(step: Step, cluster: Cluster, secrets: Secrets, issuer: Issuer): Promise<Material> {
  const issued = new Map<string, IssuedParts>();
  const add = async (entry: CertificateEntry): Promise<void> => {
    const { certificate, key } = await issuer.issue(entry.request);
    const authority = secrets.get('ca.crt') ?? '';
    const kubeconfig =
      entry.kubeconfig === undefined
        ? ''
        : buildKubeconfig({ clusterName: cluster.name, authority, certificate, key, ...entry.kubeconfig });
    issued.set(entry.request.id, { certificate, key, kubeconfig });
  };
  await Promise.all(step.actions.flatMap((action) => (action.kind === 'issue' ? [add(action.entry)] : [])));
  // kcluster's own identity, made for this step and gone after a day, so it need not be revoked.
  const ownRequest = clientRequest(cluster, 'kcluster', ['system:masters'], 1);
  const needsKubeconfig = step.actions.some(asksCluster);
  const kubeconfig = needsKubeconfig ? await issuer.kubeconfig(ownRequest, 'https://127.0.0.1:6443') : '';
  return {
    kubeconfig: () => kubeconfig,
    secret: (name) => secrets.get(name) ?? fail(`${name} is needed before it was made`),
    issued: (id) => issued.get(id) ?? fail(`${id} was not issued`),
  };
}

function fail(message: string): never {
  throw new InternalError(message);
}
