import { randomBytes, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { inspectCertificate } from '../../src/pki/inspect-certificate.ts';
import { issueAuthority } from '../../src/pki/issue-authority.ts';
import { issueLeaf } from '../../src/pki/issue-leaf.ts';
import { certificateText, openssl, pemFiles, verifyChain } from './openssl.ts';
import { now, sampleAuthority, sampleRequest } from './sample.ts';

describe.each(['ecdsa-p256', 'rsa-2048'] as const)('%s', (keyAlgorithm) => {
  test('openssl reads an authority for leaves only', async () => {
    const { certificate } = await sampleAuthority(keyAlgorithm);
    const text = certificateText(certificate);
    expect(text).toMatch(/Issuer: CN ?= ?sample-ca\n/);
    expect(text).toMatch(/Subject: CN ?= ?sample-ca\n/);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature, Certificate Sign, CRL Sign\n/);
    expect(text).toContain('Not Before: Jun 15 11:55:00 2026 GMT');
    expect(text).toContain('Not After : Jun 12 12:00:00 2036 GMT');
    expect(text).not.toContain('(Negative)');
  });

  test('key identifiers are those that openssl computes, and the leaf points at them', async () => {
    const authority = await sampleAuthority(keyAlgorithm);
    const leaf = await issueLeaf(sampleRequest({ keyAlgorithm }), authority, randomBytes, now);
    const identifier = (pem: string, kind: 'Subject' | 'Authority') =>
      new RegExp(`X509v3 ${kind} Key Identifier: \\s+(?:keyid:)?([0-9A-F:]+)`).exec(certificateText(pem))?.[1];
    expect(identifier(authority.certificate, 'Authority')).toBe(identifier(authority.certificate, 'Subject'));
    expect(identifier(leaf.certificate, 'Authority')).toBe(identifier(authority.certificate, 'Subject'));
    expect(identifier(leaf.certificate, 'Subject')).not.toBe(identifier(authority.certificate, 'Subject'));

    using files = pemFiles({ key: authority.key });
    const again = openssl('req', '-x509', '-key', files.path('key'), '-subj', '/CN=again', '-addext', 'subjectKeyIdentifier=hash');
    expect(identifier(again, 'Subject')).toBe(identifier(authority.certificate, 'Subject'));
  });
});

test('it verifies itself', async () => {
  const certificate = new X509Certificate((await sampleAuthority()).certificate);
  expect(certificate.checkIssued(certificate)).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
});

test.each([
  ['the last UTCTime', '2049-12-31T23:00:00Z', 'Dec 31 23:00:00 2049 GMT'],
  ['the first GeneralizedTime', '2050-01-01T01:00:00Z', 'Jan  1 01:00:00 2050 GMT'],
])('ends on either side of 2050: %s', async (_title, end, printed) => {
  const days = Math.round((Date.parse(end) - now.getTime()) / 86_400_000);
  const at = new Date(Date.parse(end) - days * 86_400_000);
  const { certificate } = await issueAuthority({ commonName: 'late', days, keyAlgorithm: 'ecdsa-p256' }, randomBytes, at);
  expect(certificateText(certificate)).toContain(`Not After : ${printed}`);
  expect(inspectCertificate(certificate).notAfter).toEqual(new Date(end));
  using files = pemFiles({ crt: certificate });
  const form = printed.includes('2050') ? 'GENERALIZEDTIME' : 'UTCTIME';
  const times = openssl('asn1parse', '-in', files.path('crt')).match(/(?:UTCTIME|GENERALIZEDTIME)/g);
  expect(times).toEqual(['UTCTIME', form]);
});

test('a leaf of another authority with the same name is not accepted', async () => {
  const [one, other] = await Promise.all([sampleAuthority('ecdsa-p256', 36500), sampleAuthority('ecdsa-p256', 36500)]);
  const leaf = await issueLeaf(sampleRequest(), one, randomBytes, new Date());
  expect(verifyChain(leaf.certificate, one.certificate, 'sslserver')).toBe('OK');
  expect(verifyChain(leaf.certificate, other.certificate, 'sslserver')).not.toBe('OK');
});

test('an authority made elsewhere is taken over as it is', async () => {
  using files = pemFiles({});
  const config = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'];
  const subject = ['-subj', '/C=DE/O=Elsewhere/CN=Old authority', '-days', '3650'];
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', files.path('key'), '-out', files.path('crt'), ...subject, ...config);
  const certificate = openssl('x509', '-in', files.path('crt'));
  const key = openssl('pkey', '-in', files.path('key'), '-traditional');
  const leaf = await issueLeaf(sampleRequest(), { certificate, key }, randomBytes, new Date());
  expect(verifyChain(leaf.certificate, certificate, 'sslserver')).toBe('OK');
  expect(inspectCertificate(leaf.certificate).issuerCN).toBe('Old authority');
});

test('an authority below another one signs in its own name, with its own identifier', async () => {
  using files = pemFiles({
    extensions: 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=01020304\n',
  });
  const root = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', files.path('root.key'), '-out', files.path('root.crt')];
  openssl('req', ...root, '-subj', '/CN=Root', '-days', '3650', '-addext', 'keyUsage=critical,keyCertSign');
  openssl(
    'req',
    '-new',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    files.path('key'),
    '-out',
    files.path('csr'),
    '-subj',
    '/O=Below/CN=Middle',
  );
  const signer = ['-CA', files.path('root.crt'), '-CAkey', files.path('root.key'), '-CAcreateserial', '-days', '3000'];
  openssl('x509', '-req', '-in', files.path('csr'), ...signer, '-extfile', files.path('extensions'), '-out', files.path('crt'));
  const [certificate, key] = [openssl('x509', '-in', files.path('crt')), openssl('pkey', '-in', files.path('key'))];
  const leaf = await issueLeaf(sampleRequest(), { certificate, key }, randomBytes, new Date());
  expect(inspectCertificate(leaf.certificate).issuerCN).toBe('Middle');
  expect(certificateText(leaf.certificate)).toMatch(/Authority Key Identifier: \s+(?:keyid:)?01:02:03:04\n/);
  const rootCertificate = openssl('x509', '-in', files.path('root.crt'));
  expect(verifyChain(leaf.certificate, certificate + rootCertificate, 'sslserver')).toBe('OK');
});
