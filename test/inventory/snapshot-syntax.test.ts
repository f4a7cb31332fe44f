import { describe, expect, test } from 'vitest';
import {
  judgeAbsolutePath,
  judgeAgeRecipient,
  judgeCron,
  judgeEndpointURL,
  judgeTarget,
  judgeWebhook,
  parseTarget,
} from '../../src/inventory/snapshot-syntax.ts';

const recipient = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

describe('targets', () => {
  test.each([
    ['/srv/backup/', { kind: 'directory', path: '/srv/backup' }],
    ['ssh://backup@nas.example.com/srv/etcd', { kind: 'ssh', user: 'backup', host: 'nas.example.com', port: 22, path: '/srv/etcd' }],
    ['ssh://b@[2001:db8::1]:2222/a', { kind: 'ssh', user: 'b', host: '2001:db8::1', port: 2222, path: '/a' }],
    ['s3://etcd-backups', { kind: 's3', bucket: 'etcd-backups', prefix: '' }],
    ['s3://etcd-backups/prod/a/', { kind: 's3', bucket: 'etcd-backups', prefix: 'prod/a' }],
  ])('%s', (text, place) => {
    expect(parseTarget(text)).toEqual(place);
    expect(judgeTarget(text)).toBeUndefined();
  });

  test.each([
    ['backups', '"backups" is not an absolute path, such as "/srv/backup"'],
    ['/', 'is not a plain path'],
    ['/srv/../etc', 'is not a plain path: write it without "//", "." and "..", and below "/"'],
    ['/srv//b', 'is not a plain path'],
    ["/srv/it's", 'has characters that a path on hosts may not have here'],
    ['/srv/a b', 'has characters that a path on hosts may not have here'],
    ['/srv/%i', 'has characters that a path on hosts may not have here'],
    ['ftp://host/dir', 'is of no known kind; write an absolute path, ssh://… or s3://…'],
    ['ssh://nas.example.com/srv', 'names no user and host; write it as in "ssh://backup@host.example.com/srv/etcd"'],
    ['ssh://a@b', 'has no usable path'],
    ['ssh://a@b:99999/x', 'names no user and host'],
    ['ssh://-oProxyCommand=x@b/x', 'names no user and host'],
    ['s3://X/y', 'names no bucket'],
    ['s3://bucket/../y', 'has a prefix of other characters'],
    ['s3://bucket/a b', 'has a prefix of other characters'],
  ])('not %s', (text, message) => {
    expect(judgeTarget(text)).toContain(message);
  });
});

test.each([
  [judgeCron, '@daily', undefined],
  [judgeCron, '61 * * * *', 'minute "61" is out of range'],
  [judgeAbsolutePath, '/var/lib/node_exporter', undefined],
  [judgeAbsolutePath, 'textfiles', 'is not an absolute path'],
  [judgeAgeRecipient, recipient, undefined],
  [judgeAgeRecipient, recipient.slice(0, -1), 'is not a public key of age, which is "age1" and 58 characters'],
  [judgeAgeRecipient, 'ssh-ed25519 AAAA', 'is not a public key of age'],
  [judgeWebhook, 'https://alerts.example.com/hook?team=a', undefined],
  [judgeWebhook, 'alerts.example.com', 'is not a URL, such as "https://alerts.example.com/hook"'],
  [judgeWebhook, 'ftp://alerts.example.com', 'is not an http or https URL'],
  [judgeWebhook, 'https://me:secret@alerts.example.com', 'has a user in it; credentials do not belong into the inventory'],
  [judgeWebhook, 'https://a.example.com/"x', 'has characters that a URL has not'],
  [judgeEndpointURL, 'http://192.0.2.1:9000', undefined],
  [judgeEndpointURL, 'https://s3.example.com/bucket', 'is not a URL without a path'],
] as const)('%o: %s', (judge, text, message) => {
  if (message === undefined) expect(judge(text)).toBeUndefined();
  else expect(judge(text)).toContain(message);
});

test('a private key is never repeated', () => {
  const message = judgeAgeRecipient('AGE-SECRET-KEY-1QQQQ');
  expect(message).toContain('this is a private key; take it out of the inventory at once');
  expect(message).not.toContain('QQQQ');
});
