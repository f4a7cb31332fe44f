import { describe, expect, test } from 'vitest';
import { judgeClientPair } from '../../src/pki/judge-client-pair.ts';
import { makeGivenFiles } from '../app/support/given-etcd.ts';

const now = new Date('2026-11-21T12:00:00Z');
const later = (days: number): Date => new Date(now.getTime() + days * 86_400_000);
const good = await makeGivenFiles(300, now);
const other = await makeGivenFiles(300, now);
const server = await makeGivenFiles(300, now, 'server');
const linesOf = (pair: typeof good, at = now): readonly string[] => judgeClientPair(pair, at).map(({ part, fact }) => `${part} ${fact}`);

test.each([
  ['a pair', good],
  ['a certificate of another authority, which etcd may trust besides', { ...good, authority: other.authority }],
  ['a bundle of authorities', { ...good, authority: `${good.authority}${other.authority}` }],
  ['a certificate with its chain behind it', { ...good, certificate: `${good.certificate}${good.authority}` }],
  ['lines that end as on Windows', { ...good, certificate: good.certificate.replaceAll('\n', '\r\n') }],
])('%s is good', (_, pair) => {
  expect(linesOf(pair)).toEqual([]);
});

describe('found', () => {
  test.each<[string, Partial<typeof good>, readonly string[]]>([
    ['no certificate', { certificate: 'hello\n' }, ['certificate holds no readable certificate (PEM)']],
    ['an empty authority', { authority: '' }, ['authority holds no readable certificate (PEM)']],
    ['no key', { key: 'hello\n' }, ['key holds no readable private key (PEM)']],
    ['the key of another', { key: other.key }, ['key does not belong to the certificate']],
    [
      'certificate and key exchanged',
      { certificate: good.key, key: good.certificate },
      expect.arrayContaining(['key holds no readable private key (PEM)']),
    ],
    [
      'a key beside the certificate',
      { certificate: `${good.certificate}${good.key}` },
      ['certificate holds a private key, and everybody on the hosts may read this file'],
    ],
    ['a certificate for servers', server, ['certificate is not for clients: its extended key usage lacks clientAuth']],
    [
      'a key with a passphrase',
      { key: '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n' },
      ['key is encrypted; API servers start without anybody who could type a passphrase'],
    ],
  ])('%s', (_, change, lines) => {
    expect(linesOf({ ...good, ...change })).toEqual(lines);
  });

  test('everything at once', () => {
    expect(judgeClientPair({ authority: 'x', certificate: 'y', key: 'z' }, now).map(({ part }) => part)).toEqual([
      'authority',
      'certificate',
      'key',
    ]);
  });

  test('time', () => {
    expect(linesOf(good, later(299))).toEqual([]);
    expect(linesOf(good, later(301))).toEqual([expect.stringMatching(/^certificate expired on 2027-/)]);
    expect(linesOf(good, later(4000))).toEqual([
      expect.stringMatching(/^authority expired on 2036-/),
      expect.stringMatching(/^certificate expired/),
    ]);
    expect(linesOf(good, later(-2))).toEqual([
      expect.stringMatching(/^authority is not valid before/),
      expect.stringMatching(/^certificate is not valid before/),
    ]);
  });

  test('never quotes from a key', () => {
    const damaged = good.key.replace(/\n[A-Za-z0-9+/]{10}/, '\n!!!!!!!!!!');
    expect(linesOf({ ...good, key: damaged }).join()).not.toContain(good.key.split('\n')[1]?.slice(12, 30));
  });
});
