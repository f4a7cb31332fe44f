import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { daysLeft, inspectCertificate } from '../../src/pki/inspect-certificate.ts';
import { issueLeaf } from '../../src/pki/issue-leaf.ts';
import { openssl, pemFiles } from './openssl.ts';
import { daysAfter, now, sampleAuthority, sampleRequest } from './sample.ts';

const authority = await sampleAuthority();

test('says what was asked for', async () => {
  const request = sampleRequest();
  const { certificate } = await issueLeaf(request, authority, randomBytes, now);
  expect(inspectCertificate(certificate)).toMatchObject({
    subjectCN: 'sample',
    organizations: ['one', 'two'],
    issuerCN: 'sample-ca',
    isAuthority: false,
    names: request.names,
    addresses: request.addresses,
    usages: ['client', 'server'],
    keyAlgorithm: 'ecdsa-p256',
    notBefore: new Date('2026-06-15T11:55:00Z'),
    notAfter: new Date('2027-06-15T12:00:00Z'),
  });
});

test('an authority has no organizations, names, addresses or purposes', () => {
  expect(inspectCertificate(authority.certificate)).toMatchObject({
    subjectCN: 'sample-ca',
    issuerCN: 'sample-ca',
    isAuthority: true,
    organizations: [],
    names: [],
    addresses: [],
    usages: [],
  });
});

test('a single organization is a list of one', async () => {
  const { certificate } = await issueLeaf(sampleRequest({ organizations: ['system:masters'] }), authority, randomBytes, now);
  expect(inspectCertificate(certificate).organizations).toEqual(['system:masters']);
});

test.each([
  ['ec', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1'], 'ecdsa-p384'],
  ['rsa', ['-newkey', 'rsa:2048'], 'rsa-2048'],
  ['ed25519', ['-newkey', 'ed25519'], 'ed25519'],
])('reads certificates from elsewhere: %s', (_title, newKey, keyAlgorithm) => {
  using files = pemFiles({});
  const subject = ['-subj', '/CN=elsewhere', '-addext', 'subjectAltName=DNS:a.example.com,IP:2001:db8::5,email:x@example.com'];
  openssl('req', '-x509', ...newKey, '-nodes', '-keyout', files.path('key'), '-out', files.path('crt'), ...subject);
  const pem = openssl('x509', '-in', files.path('crt'));
  expect(inspectCertificate(pem)).toMatchObject({
    keyAlgorithm,
    subjectCN: 'elsewhere',
    names: ['a.example.com'],
    addresses: ['2001:db8::5'],
  });
});

test.each(['', 'no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])('%j is refused', (pem) => {
  expect(() => inspectCertificate(pem)).toThrow(ConfigurationError);
});

test.each([
  [0, 365],
  [0.5, 364],
  [364, 1],
  [364.5, 0],
  [365, 0],
  [365.5, -1],
  [400, -35],
])('after %d days %d are left', (passed, left) => {
  expect(daysLeft({ notAfter: daysAfter(now, 365) }, daysAfter(now, passed))).toBe(left);
});

test.each([
  ['/CN=a b/O=c', 'a b', ['c']],
  ['/O=one/O=two/CN=x:y', 'x:y', ['one', 'two']],
  ['/CN=a\\+O=system:masters', 'a+O=system:masters', []],
  ['/CN=a\nO=system:masters', 'a\nO=system:masters', []],
  ['/CN=a/OU=CN', 'a', []],
  ['/C=DE/CN=ä', 'ä', []],
])('reads the subject %j as it was meant', (subject, subjectCN, organizations) => {
  using files = pemFiles({});
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', files.path('key')];
  openssl('req', '-x509', '-utf8', ...key, '-out', files.path('crt'), '-subj', subject);
  expect(inspectCertificate(openssl('x509', '-in', files.path('crt')))).toMatchObject({ subjectCN, organizations });
});
