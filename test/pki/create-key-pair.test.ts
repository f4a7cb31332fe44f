import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { createKeyPair } from '../../src/pki/create-key-pair.ts';
import { openssl, pemFiles } from './openssl.ts';

test.each([
  ['ecdsa-p256', 'ec', { namedCurve: 'prime256v1' }],
  ['rsa-2048', 'rsa', { modulusLength: 2048 }],
  ['rsa-3072', 'rsa', { modulusLength: 3072 }],
] as const)('%s', async (algorithm, type, details) => {
  const { privateKey, publicKey } = await createKeyPair(algorithm);
  expect(privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n[\s\S]+-----END PRIVATE KEY-----\n$/);
  expect(publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----\n[\s\S]+-----END PUBLIC KEY-----\n$/);
  const key = createPrivateKey(privateKey);
  expect(key.asymmetricKeyType).toBe(type);
  expect(key.asymmetricKeyDetails).toMatchObject(details);
  const message = Buffer.from('token');
  expect(verify('sha256', message, createPublicKey(publicKey), sign('sha256', message, key))).toBe(true);
});

test('openssl finds the same public half', async () => {
  const { privateKey, publicKey } = await createKeyPair('ecdsa-p256');
  using files = pemFiles({ key: privateKey });
  expect(openssl('pkey', '-in', files.path('key'), '-pubout')).toBe(publicKey);
});

test('every pair is new', async () => {
  const pairs = await Promise.all(Array.from({ length: 8 }, () => createKeyPair('ecdsa-p256')));
  expect(new Set(pairs.map((pair) => pair.publicKey)).size).toBe(8);
});
