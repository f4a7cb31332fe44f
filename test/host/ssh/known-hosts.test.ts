import { describe, expect, test } from 'vitest';
import { fingerprintOf, hostLabel, keyTypeOf, matchesLabel, parseKnownHosts } from '../../../src/host/ssh/known-hosts.ts';

// Made with ssh-keygen -t ed25519; fingerprint as ssh-keygen -l prints it, hashed line as ssh-keygen -H makes it.
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDmOhEw0W24HHyN7DJMPGv36NB/4YDW7HQ0eJT7hp4RG';
const fingerprint = 'SHA256:uZY1Xk5N4Y5DBt6brfwSCXKCdHfrIY/8MefYalgXkw8';
const hashedLine =
  '|1|HTBRlaL38y+DQxAI3RRNvlYyz1I=|5SN20/rlWq4DtOfprF47UJiqFgQ= ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDmOhEw0W24HHyN7DJMPGv36NB/4YDW7HQ0eJT7hp4RG';

const matches = (patterns: string, label: string) => parseKnownHosts(`${patterns} ${key}`, 'f').some((known) => matchesLabel(known, label));

test.each([
  ['HOST.example', 22, 'host.example'],
  ['10.0.0.1', 2222, '[10.0.0.1]:2222'],
  ['fd00::1', 22, 'fd00::1'],
  ['fd00::1', 2222, '[fd00::1]:2222'],
])('%s, port %d is written %s', (host, port, label) => {
  expect(hostLabel(host, port)).toBe(label);
});

describe('names', () => {
  test.each([
    ['a.example', 'a.example', true],
    ['A.Example', 'a.example', true],
    ['b.example,a.example', 'a.example', true],
    ['a.example', 'a.example.org', false],
    ['*.example', 'a.example', true],
    ['*.example', 'a.b.example', true],
    ['*', '[10.0.0.1]:2222', true],
    ['10.0.0.?', '10.0.0.7', true],
    ['10.0.0.?', '10.0.0.77', false],
    ['a.example', '[a.example]:2222', false],
    ['[a.example]:2222', '[a.example]:2222', true],
    ['[a.example]:*', '[a.example]:2222', true],
    ['!a.example,*.example', 'a.example', false],
    ['!a.example,*.example', 'b.example', true],
    ['a*b*c', 'aXbYbZc', true],
    ['a*b*c', 'aXbYbZ', false],
    ['', 'a', false],
  ])('%s: %s → %s', (patterns, label, wanted) => {
    expect(matches(patterns, label)).toBe(wanted);
  });

  test('a pattern made to be slow is not', () => {
    expect(matches(`${'*a'.repeat(50)}b`, 'a'.repeat(5_000))).toBe(false);
  });

  test('a line hashed by ssh-keygen', () => {
    const [known] = parseKnownHosts(hashedLine, 'f');
    expect(known && [matchesLabel(known, '[10.0.0.1]:2222'), matchesLabel(known, '10.0.0.1')]).toEqual([true, false]);
  });
});

describe('lines', () => {
  test.each([
    ['', 0],
    ['# comment', 0],
    ['   ', 0],
    ['a.example', 0],
    ['a.example ssh-ed25519', 0],
    ['a.example ssh-ed25519 !!!', 0],
    [`a.example ssh-rsa ${key.split(' ')[1]}`, 0],
    [`@unknown a.example ${key}`, 0],
    [`a.example ${key}`, 1],
    [`  a.example   ${key} comment with words`, 1],
    [`@revoked * ${key}`, 1],
    [`@cert-authority *.example ${key}`, 1],
  ])('%j holds %d keys', (line, count) => {
    expect(parseKnownHosts(line, 'f').length).toBe(count);
  });

  test('are numbered and marked', () => {
    const known = parseKnownHosts(`# first\r\na ${key}\r\n@revoked b ${key}\n@cert-authority c ${key}`, 'file');
    expect(known.map(({ marker, source, keyType }) => [marker, source, keyType])).toEqual([
      ['none', 'file:2', 'ssh-ed25519'],
      ['revoked', 'file:3', 'ssh-ed25519'],
      ['cert-authority', 'file:4', 'ssh-ed25519'],
    ]);
  });
});

test('fingerprint and type are those of ssh-keygen', () => {
  const blob = Buffer.from(key.split(' ')[1] ?? '', 'base64');
  expect([fingerprintOf(blob), keyTypeOf(blob)]).toEqual([fingerprint, 'ssh-ed25519']);
});

test.each([[''], ['AAAA'], ['AAAAC3'], ['/////w==']])('%j is no key', (base64) => {
  expect(keyTypeOf(Buffer.from(base64, 'base64'))).toBe('');
});
