import { expect, test } from 'vitest';
import { algorithmsFor } from '../../../src/host/ssh/algorithms.ts';

test('nothing weak is offered', () => {
  const offered = Object.values(algorithmsFor([])).flat() as string[];
  expect(offered.filter((name) => /sha1(?![0-9])|ssh-rsa|ssh-dss|cbc|md5|arcfour|ripemd|zlib/.test(name))).toEqual([]);
});

test('AES-GCM comes first', () => {
  const ciphers = algorithmsFor([]).cipher as readonly string[];
  expect(ciphers.slice(0, 2)).toEqual(['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com']);
});

test.each([
  [[], 'ssh-ed25519'],
  [['ssh-ed25519'], 'ssh-ed25519'],
  [['ssh-rsa'], 'rsa-sha2-512'],
  [['ecdsa-sha2-nistp384'], 'ecdsa-sha2-nistp384'],
  [['ssh-rsa', 'ecdsa-sha2-nistp256'], 'ecdsa-sha2-nistp256'],
  [['sk-ssh-ed25519@openssh.com'], 'ssh-ed25519'],
])('of a host with known types %j, %s is asked for first and all others after', (known, first) => {
  const types = algorithmsFor(known).serverHostKey as readonly string[];
  expect(types[0]).toBe(first);
  expect([...types].sort()).toEqual([
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-256',
    'rsa-sha2-512',
    'ssh-ed25519',
  ]);
});
