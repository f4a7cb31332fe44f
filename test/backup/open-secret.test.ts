import { randomBytes } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { expect, test } from 'vitest';
import { openSecret } from '../../src/backup/open-secret.ts';

const key = randomBytes(32);
const other = randomBytes(32);
const config = (name = 'key1', secret = key): string => `kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - secretbox: { keys: [{ name: other, secret: ${other.toString('base64')} }, { name: ${name}, secret: ${secret.toString('base64')} }] }
      - identity: {}
`;

function store(plain: string, head = 'k8s:enc:secretbox:v1:key1:'): Buffer {
  const nonce = randomBytes(24);
  return Buffer.concat([Buffer.from(head), nonce, xsalsa20poly1305(key, nonce).encrypt(Buffer.from(plain))]);
}

test.each([
  ['protobuf', 'k8s\0…'],
  ['JSON', '{"kind":"Secret"}'],
])('opens a Secret that is %s, and names the key', (_, plain) => {
  expect(openSecret(store(plain), config())).toEqual({ key: 'key1' });
});

test('takes one that is stored in the clear', () => {
  expect(openSecret(Buffer.from('k8s\0plain'), config())).toEqual({});
});

test.each<[string, Buffer, string, RegExp]>([
  ['no key of that name', store('{}'), config('key2'), /the key key1, which the backup does not hold/],
  ['no configuration', store('{}'), '', /does not hold/],
  ['another key under that name', store('{}'), config('key1', other), /the key key1 of the backup does not open them/],
  ['another provider', Buffer.from('k8s:enc:aescbc:v1:key1:xxxx'), config(), /encrypted with aescbc/],
  ['something that is no object inside', store('xyz'), config(), /no object once it is decrypted/],
  ['something that is no object', Buffer.from('xyz'), config(), /neither encrypted nor an object/],
  ['a value that is cut off', store('{}').subarray(0, 40), config(), /does not open them/],
  ['a key of another length', store('{}'), config('key1', randomBytes(16)), /does not hold/],
])('refuses %s', (_, stored, text, message) => {
  expect(() => openSecret(stored, text)).toThrow(expect.objectContaining({ exitCode: 8, message: expect.stringMatching(message) }));
});
