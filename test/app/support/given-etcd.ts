import { randomBytes } from 'node:crypto';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import type { EtcdEndpointSeen } from '../../../src/engine/observation.ts';
import type { GivenSecretName } from '../../../src/engine/secret-name.ts';
import { type Issued, issueAuthority } from '../../../src/pki/issue-authority.ts';
import { issueLeaf } from '../../../src/pki/issue-leaf.ts';

export interface GivenFiles {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** What somebody who runs an etcd hands over. */
export async function makeGivenFiles(days = 300, now = new Date(), usage: 'client' | 'server' = 'client'): Promise<GivenFiles> {
  const keyAlgorithm = 'ecdsa-p256';
  const authority: Issued = await issueAuthority({ commonName: 'somebody', days: 3650, keyAlgorithm }, randomBytes, now);
  const request = { id: 'x', ca: 'etcd', commonName: 'kube', organizations: [], names: [], addresses: [], days, keyAlgorithm } as const;
  const leaf = await issueLeaf({ ...request, usages: [usage] }, authority, randomBytes, now);
  return { authority: authority.certificate, ...leaf };
}

export function secretsOf({ authority, certificate, key }: GivenFiles): ReadonlyMap<GivenSecretName, string> {
  return new Map([
    ['given-etcd-ca.crt', authority],
    ['given-etcd-client.crt', certificate],
    ['given-etcd-client.key', key],
  ]);
}

/** One set for all models. */
export const givenEtcdSecrets = secretsOf(await makeGivenFiles());

/** What the endpoints of an inventory answer while they are well; none: nothing. */
export function healthyGivenEtcd(cluster: Cluster, holdsData: boolean): ReadonlyMap<string, EtcdEndpointSeen> {
  const answer = { healthy: true, version: '3.7.3', clusterId: '77', keys: holdsData ? 500 : 0, fault: '' };
  return new Map((cluster.etcd.given?.endpoints ?? []).map((url) => [url, answer]));
}
