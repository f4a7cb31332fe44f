import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { certificateEntries } from '../../src/pki/certificate-table.ts';
import { inspectCertificate } from '../../src/pki/inspect-certificate.ts';
import { issueLeaf } from '../../src/pki/issue-leaf.ts';
import { judgeLeaf } from '../../src/pki/judge-leaf.ts';
import { certificateText, openssl, pemFiles, verifyChain } from './openssl.ts';
import { daysAfter, now, sampleAuthority, sampleCluster, sampleRequest } from './sample.ts';

// openssl judges by the real clock.
const today = new Date();

describe.each(['ecdsa-p256', 'rsa-2048'] as const)('%s', (keyAlgorithm) => {
  test('openssl accepts the chain for exactly the purposes asked for', async () => {
    const authority = await sampleAuthority(keyAlgorithm, 36500);
    const issue = async (usages: readonly ('client' | 'server')[]) =>
      (await issueLeaf(sampleRequest({ keyAlgorithm, usages }), authority, randomBytes, today)).certificate;
    const [client, server, both] = await Promise.all([issue(['client']), issue(['server']), issue(['client', 'server'])]);
    expect(verifyChain(client, authority.certificate, 'sslclient')).toBe('OK');
    expect(verifyChain(client, authority.certificate, 'sslserver')).toContain('unsuitable certificate purpose');
    expect(verifyChain(server, authority.certificate, 'sslserver')).toBe('OK');
    expect(verifyChain(server, authority.certificate, 'sslclient')).toContain('unsuitable certificate purpose');
    expect(verifyChain(both, authority.certificate, 'sslclient')).toBe('OK');
    expect(verifyChain(both, authority.certificate, 'sslserver')).toBe('OK');
  });

  test('openssl reads what was asked for', async () => {
    const authority = await sampleAuthority(keyAlgorithm);
    const text = certificateText((await issueLeaf(sampleRequest({ keyAlgorithm }), authority, randomBytes, now)).certificate);
    expect(text).toMatch(/Issuer: CN ?= ?sample-ca\n/);
    expect(text).toMatch(/Subject: O ?= ?one, O ?= ?two, CN ?= ?sample\n/);
    expect(text).toContain('Not Before: Jun 15 11:55:00 2026 GMT');
    expect(text).toContain('Not After : Jun 15 12:00:00 2027 GMT');
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE\n/);
    expect(text).toMatch(
      new RegExp(`Key Usage: critical\\s+Digital Signature${keyAlgorithm === 'rsa-2048' ? ', Key Encipherment' : ''}\n`),
    );
    expect(text).toMatch(/Extended Key Usage: \s+TLS Web Client Authentication, TLS Web Server Authentication\n/);
    const names = 'DNS:sample, DNS:sample.example.com, DNS:*.apps.example.com';
    expect(text).toContain(`${names}, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1\n`);
    expect(text).toContain(keyAlgorithm === 'rsa-2048' ? 'sha256WithRSAEncryption' : 'ecdsa-with-SHA256');
  });

  test('the key is PKCS #8 and belongs to the certificate', async () => {
    const leaf = await issueLeaf(sampleRequest({ keyAlgorithm }), await sampleAuthority(keyAlgorithm), randomBytes, now);
    expect(leaf.key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(new X509Certificate(leaf.certificate).checkPrivateKey(createPrivateKey(leaf.key))).toBe(true);
    using files = pemFiles({ ...leaf });
    expect(openssl('pkey', '-in', files.path('key'), '-pubout')).toBe(
      openssl('x509', '-in', files.path('certificate'), '-noout', '-pubkey'),
    );
  });
});

test('a leaf of one algorithm can have an authority of another', async () => {
  const authority = await sampleAuthority('rsa-2048', 36500);
  const leaf = await issueLeaf(sampleRequest({ keyAlgorithm: 'ecdsa-p256' }), authority, randomBytes, today);
  expect(verifyChain(leaf.certificate, authority.certificate, 'sslserver')).toBe('OK');
  expect(certificateText(leaf.certificate)).toContain('sha256WithRSAEncryption');
});

test.each([
  ['all ones', 0xff],
  ['all zeros', 0x00],
  ['top bit alone', 0x80],
])('serials stay positive and long: %s', async (_title, byte) => {
  const authority = await sampleAuthority();
  const { certificate } = await issueLeaf(sampleRequest(), authority, (size) => new Uint8Array(size).fill(byte), now);
  expect(certificateText(certificate)).not.toContain('(Negative)');
  expect(new X509Certificate(certificate).serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
});

test('two certificates never share serial or key', async () => {
  const authority = await sampleAuthority();
  const [a, b] = await Promise.all([1, 2].map(() => issueLeaf(sampleRequest(), authority, randomBytes, now)));
  expect(a?.key).not.toBe(b?.key);
  expect(inspectCertificate(a?.certificate ?? '').serial).not.toBe(inspectCertificate(b?.certificate ?? '').serial);
});

test('without names there is no empty extension', async () => {
  const authority = await sampleAuthority('ecdsa-p256', 36500);
  const { certificate } = await issueLeaf(sampleRequest({ names: [], addresses: [] }), authority, randomBytes, today);
  expect(certificateText(certificate)).not.toContain('Alternative Name');
  expect(verifyChain(certificate, authority.certificate, 'sslclient')).toBe('OK');
});

test('the longest node name still makes a valid certificate', async () => {
  const authority = await sampleAuthority('ecdsa-p256', 36500);
  const commonName = `system:node:${'n'.repeat(63)}`;
  const { certificate } = await issueLeaf(sampleRequest({ commonName }), authority, randomBytes, today);
  expect(verifyChain(certificate, authority.certificate, 'sslclient')).toBe('OK');
  expect(inspectCertificate(certificate).subjectCN).toBe(commonName);
});

test('a leaf ends no later than its authority', async () => {
  const authority = await sampleAuthority('ecdsa-p256', 100);
  const { certificate } = await issueLeaf(sampleRequest({ days: 365 }), authority, randomBytes, now);
  expect(inspectCertificate(certificate).notAfter).toEqual(inspectCertificate(authority.certificate).notAfter);
});

describe('an authority that cannot sign', () => {
  const attempt = async (
    change: (authority: { certificate: string; key: string }) => Promise<{ certificate: string; key: string }>,
    at = now,
  ) => {
    const broken = await change(await sampleAuthority());
    return issueLeaf(sampleRequest(), broken, randomBytes, at);
  };

  test.each([
    ['a foreign key', async (a) => ({ ...a, key: (await sampleAuthority()).key }), 'the key does not belong'],
    ['no certificate', async (a) => ({ ...a, certificate: 'nothing' }), 'cannot be read'],
    ['no key', async (a) => ({ ...a, key: '' }), 'cannot be read'],
    ['a leaf', async (a) => issueLeaf(sampleRequest(), a, randomBytes, now), 'is no authority'],
  ] satisfies [string, (a: { certificate: string; key: string }) => Promise<{ certificate: string; key: string }>, string][])(
    '%s',
    async (_title, change, message) => {
      const failure = attempt(change);
      await expect(failure).rejects.toThrow(ConfigurationError);
      await expect(failure).rejects.toThrow(message);
    },
  );

  test('expired', async () => {
    await expect(attempt(async (a) => a, daysAfter(now, 4000))).rejects.toThrow(/sample-ca expired on 2036-06-12/);
  });
});

test('1,000 certificates at once are all good and all different', async () => {
  const workers = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`w-${index}`, ['worker']]));
  const cluster = sampleCluster({ cluster: { network: { podCIDR: '10.0.0.0/13' } }, nodes: { 'cp-1': ['control-plane'], ...workers } });
  const authority = await sampleAuthority();
  // Fifty rounds over twenty workers: the work of 1,000 nodes, without an inventory of 1,000.
  const requests = Array.from({ length: 50 }, () => cluster.nodes.slice(1))
    .flat()
    .map((node) => certificateEntries(cluster, node)[0]?.request)
    .filter((request) => request !== undefined);
  const leaves = await Promise.all(requests.map((request) => issueLeaf(request, authority, randomBytes, now)));
  expect(leaves).toHaveLength(1000);
  expect(new Set(leaves.map((leaf) => leaf.key)).size).toBe(1000);
  const reasons = requests.flatMap((request, index) =>
    judgeLeaf(leaves[index]?.certificate ?? '', request, authority.certificate, now, 30),
  );
  expect(reasons).toEqual([]);
});
