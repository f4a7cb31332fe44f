import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createIssuer, issueMaterial } from '../../src/app/issue-material.ts';
import { openSecretStore } from '../../src/app/secret-store.ts';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import type { Action } from '../../src/engine/action.ts';
import { InternalError } from '../../src/errors.ts';
import { certificateEntries } from '../../src/pki/certificate-table.ts';
import { inspectCertificate } from '../../src/pki/inspect-certificate.ts';
import { readKubeconfig } from '../../src/render/read-kubeconfig.ts';
import { sample } from '../components/sample.ts';
import { stepOf } from '../engine/support/step-of.ts';
import { memoryState } from './support/memory-state.ts';

const cluster = sample();
const entries = certificateEntries(cluster, nodeNamed(cluster, 'n1'));

async function prepare(complete = true) {
  const secrets = await openSecretStore(cluster, memoryState(), () => undefined);
  if (complete) await secrets.complete();
  const hidden: string[] = [];
  const issuer = createIssuer(cluster, secrets, (value) => void hidden.push(value));
  return {
    secrets,
    issuer,
    hidden,
    materialOf: (...actions: readonly Action[]) => issueMaterial(stepOf(actions), cluster, secrets, issuer),
  };
}

const issue = (id: string): Action => {
  const entry = entries.find(({ request }) => request.id === id);
  if (entry === undefined) throw new RangeError(id);
  return { kind: 'issue', entry, why: 'missing' };
};
const kubeApply: Action = { kind: 'kube-apply', objects: [], why: 'missing' };

describe('what a step needs', () => {
  test.each(entries.map(({ request }) => [request.id, request] as const))('%s is signed by its own authority', async (id, request) => {
    const { materialOf, secrets } = await prepare();
    const material = await materialOf(issue(id));
    const { certificate, key } = material.issued(id);
    const authority = { cluster: 'ca.crt', etcd: 'etcd-ca.crt', 'front-proxy': 'front-proxy-ca.crt' } as const;
    const parsed = new X509Certificate(certificate);
    expect(parsed.verify(new X509Certificate(secrets.get(authority[request.ca]) ?? '').publicKey)).toBe(true);
    expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(inspectCertificate(certificate)).toMatchObject({ subjectCN: request.commonName, organizations: request.organizations });
  });

  test('a kubeconfig holds the certificate, its server and the cluster’s authority', async () => {
    const { materialOf, secrets } = await prepare();
    const { kubeconfig, certificate } = (await materialOf(issue('kubelet.conf'))).issued('kubelet.conf');
    expect(readKubeconfig(kubeconfig)).toEqual({ server: 'https://127.0.0.1:6444', authority: secrets.get('ca.crt'), certificate });
  });

  test('a pair comes without a kubeconfig', async () => {
    const { materialOf } = await prepare();
    expect((await materialOf(issue('apiserver'))).issued('apiserver').kubeconfig).toBe('');
  });

  test('every key that is made is redacted', async () => {
    const { materialOf, hidden } = await prepare();
    const material = await materialOf(issue('apiserver'), issue('kubelet.conf'), kubeApply);
    expect(hidden).toHaveLength(3);
    expect(hidden).toEqual(expect.arrayContaining([material.issued('apiserver').key, material.issued('kubelet.conf').key]));
  });

  test.each<Action>([
    { kind: 'kube-cordon', node: 'w', on: true },
    { kind: 'kube-drain', node: 'w', timeoutSeconds: 1, force: false },
    { kind: 'kube-delete-node', node: 'w', uid: 'u' },
    { kind: 'kube-taints', node: 'w', set: [], remove: [] },
  ])('$kind gets an identity', async (action) => {
    const { materialOf } = await prepare();
    expect(readKubeconfig((await materialOf(action)).kubeconfig()).certificate).toContain('BEGIN CERTIFICATE');
  });

  test('commands against the API get an identity that is gone in a day, other steps none', async () => {
    const { materialOf } = await prepare();
    expect((await materialOf(issue('apiserver'))).kubeconfig()).toBe('');
    const { server, certificate = '' } = readKubeconfig((await materialOf(kubeApply)).kubeconfig());
    const { subjectCN, notBefore, notAfter } = inspectCertificate(certificate);
    expect([server, subjectCN]).toEqual(['https://127.0.0.1:6443', 'kcluster']);
    expect((notAfter.getTime() - notBefore.getTime()) / 3_600_000).toBeLessThan(30);
  });

  test('secrets come as they are', async () => {
    const { materialOf, secrets } = await prepare();
    expect((await materialOf()).secret('sa.key')).toBe(secrets.get('sa.key'));
  });
});

describe('what is not there', () => {
  test('an authority that was not made is a defect, not a certificate', async () => {
    const { materialOf } = await prepare(false);
    await expect(materialOf(issue('apiserver'))).rejects.toThrow(InternalError);
    const material = await materialOf();
    expect(() => material.secret('ca.key')).toThrow('ca.key is needed before it was made');
  });

  test('a certificate that the step does not issue', async () => {
    const { materialOf } = await prepare();
    const material = await materialOf(issue('apiserver'));
    expect(() => material.issued('kubelet')).toThrow('kubelet was not issued');
  });
});
