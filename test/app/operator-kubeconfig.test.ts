import { X509Certificate } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { createIssuer } from '../../src/app/issue-material.ts';
import { operatorServerURL, writeOperatorKubeconfigs } from '../../src/app/operator-kubeconfig.ts';
import { openSecretStore } from '../../src/app/secret-store.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { inspectCertificate } from '../../src/pki/inspect-certificate.ts';
import { readKubeconfig } from '../../src/render/read-kubeconfig.ts';
import { sample, three } from '../components/sample.ts';
import { type MemoryState, memoryState } from './support/memory-state.ts';

async function sessionOf(cluster: Cluster, state: MemoryState) {
  const secrets = await openSecretStore(cluster, state, () => undefined);
  await secrets.complete();
  return { cluster, state, secrets, issuer: createIssuer(cluster, secrets, () => undefined) };
}

const kubeconfigs = ({ files }: MemoryState) => [files.get('admin.conf') ?? '', files.get('super-admin.conf') ?? ''] as const;

describe('operatorServerURL', () => {
  const at = (address: string, name = 'n1') => [{ name, address, roles: ['control-plane', 'worker'] }];
  test.each([
    ['the node', sample(at('192.0.2.7')), 'https://192.0.2.7:6443'],
    ['the first control plane by name', sample(three), 'https://192.0.2.1:6443'],
    ['the endpoint', sample(three, { endpoint: 'k8s.example.com:8443' }), 'https://k8s.example.com:8443'],
    ['an IPv6 endpoint', sample(three, { endpoint: '[2001:db8::5]:6443' }), 'https://[2001:db8::5]:6443'],
  ])('%s', (_, cluster, url) => {
    expect(operatorServerURL({ cluster })).toBe(url);
  });

  test('does not depend on the order of the inventory', () => {
    const cluster = sample(three);
    const reversed = { ...cluster, nodes: cluster.nodes.toReversed() };
    expect(operatorServerURL({ cluster: reversed })).toBe(operatorServerURL({ cluster }));
  });
});

describe('the operator’s kubeconfigs', () => {
  test('are signed by the cluster’s authority, for the identities that their names promise', async () => {
    const state = memoryState();
    const session = await sessionOf(sample(three), state);
    expect(await writeOperatorKubeconfigs(session)).toEqual({
      admin: '/state/sample/admin.conf',
      superAdmin: '/state/sample/super-admin.conf',
    });
    const authority = new X509Certificate(session.secrets.get('ca.crt') ?? '');
    const subjects = kubeconfigs(state).map((text) => {
      const { server, certificate = '' } = readKubeconfig(text);
      expect(server).toBe('https://192.0.2.1:6443');
      expect(new X509Certificate(certificate).verify(authority.publicKey)).toBe(true);
      const { subjectCN, organizations, usages } = inspectCertificate(certificate);
      return [subjectCN, organizations, usages];
    });
    expect(subjects).toEqual([
      ['kubernetes-admin', ['kcluster:cluster-admins'], ['client']],
      ['kubernetes-super-admin', ['system:masters'], ['client']],
    ]);
  });

  test('are kept while they are good', async () => {
    const state = memoryState();
    const session = await sessionOf(sample(), state);
    await writeOperatorKubeconfigs(session);
    const before = kubeconfigs(state);
    await writeOperatorKubeconfigs(session);
    await writeOperatorKubeconfigs(await sessionOf(sample(), state));
    expect(kubeconfigs(state)).toEqual(before);
  });

  const spoil: Readonly<Record<string, (state: MemoryState) => Cluster>> = {
    'the server changed': () => sample(undefined, { endpoint: 'k8s.example.com:6443' }),
    'the port got a digit more': (state) => {
      for (const name of ['admin.conf', 'super-admin.conf'])
        state.files.set(name, (state.files.get(name) ?? '').replace(':6443', ':64430'));
      return sample();
    },
    'the authority is another': (state) => {
      for (const name of state.files.keys()) if (name.startsWith('pki/')) state.files.delete(name);
      return sample();
    },
    'they believe another authority': (state) => {
      for (const name of ['admin.conf', 'super-admin.conf']) {
        const text = state.files.get(name) ?? '';
        state.files.set(name, text.replace(/(certificate-authority-data: ).*/, `$1${Buffer.from('another\n').toString('base64')}`));
      }
      return sample();
    },
    'the key algorithm changed': () => sample(undefined, { security: { keyAlgorithm: 'rsa-2048' } }),
    'they were damaged': (state) => {
      for (const name of ['admin.conf', 'super-admin.conf']) state.files.set(name, 'clusters: [');
      return sample();
    },
    'somebody wrote another identity into them': (state) => {
      const [admin, superAdmin] = kubeconfigs(state);
      state.files.set('admin.conf', superAdmin).set('super-admin.conf', admin);
      return sample();
    },
  };

  test.each(Object.entries(spoil))('are issued anew when %s', async (_, change) => {
    const state = memoryState();
    await writeOperatorKubeconfigs(await sessionOf(sample(), state));
    const before = kubeconfigs(state);
    const session = await sessionOf(change(state), state);
    await writeOperatorKubeconfigs(session);
    const after = kubeconfigs(state);
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    for (const text of after) {
      const { server, authority, certificate = '' } = readKubeconfig(text);
      expect([server, authority]).toEqual([operatorServerURL(session), session.secrets.get('ca.crt')]);
      expect(new X509Certificate(certificate).verify(new X509Certificate(authority ?? '').publicKey)).toBe(true);
    }
  });

  test.each([
    [300, true],
    [340, false],
    [400, false],
  ])('after %i days of 365: still kept is %s', async (days, kept) => {
    const state = memoryState();
    await writeOperatorKubeconfigs(await sessionOf(sample(), state));
    const before = kubeconfigs(state);
    vi.useFakeTimers({ now: Date.now() + days * 86_400_000, toFake: ['Date'] });
    try {
      await writeOperatorKubeconfigs(await sessionOf(sample(), state));
    } finally {
      vi.useRealTimers();
    }
    expect(kubeconfigs(state)[0] === before[0]).toBe(kept);
  });
});
