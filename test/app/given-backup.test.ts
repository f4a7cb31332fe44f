import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeCredentials, judgeIdentity, readGivenBackup } from '../../src/app/given-backup.ts';
import { ConfigurationError } from '../../src/errors.ts';
import { sample } from '../components/sample.ts';

const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJfA6DOOGyFgKsT4sANBXzyJ2uZBCWnYh3Xp4JBD0H6R';
const credentials = '[default]\naws_access_key_id = AKID\naws_secret_access_key = s+e/c=\n';
let directory: string;
let identity: string;

const keyWith = (name: string, ...options: readonly string[]): string => {
  const file = path.join(directory, name);
  execFileSync('ssh-keygen', ['-q', '-f', file, ...options]);
  return readFileSync(file, 'utf8');
};
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'kcluster-given-backup-'));
  identity = keyWith('plain', '-t', 'ed25519', '-N', '');
  writeFileSync(path.join(directory, 's3'), credentials);
});
afterAll(() => rmSync(directory, { recursive: true }));

const clusterWith = (schedule: string | undefined, key = 'plain') => {
  const copyTo = [
    '/srv/a',
    { url: 'ssh://b@nas/x', identityFile: path.join(directory, key), hostKey },
    { url: 's3://bucket', endpoint: 'https://s3', credentialsFile: path.join(directory, 's3') },
  ];
  return sample(undefined, { etcd: { snapshots: { ...(schedule === undefined ? {} : { schedule }), copyTo } } });
};

test('hosts get the inventory and a file a target', async () => {
  expect(await readGivenBackup(clusterWith('@daily'), 'the text')).toEqual(
    new Map([
      ['backup-inventory', 'the text'],
      ['backup-target-1', identity],
      ['backup-target-2', credentials],
    ]),
  );
});

test('nothing is read without a schedule', async () => {
  expect(await readGivenBackup(clusterWith(undefined, 'nowhere'), 'the text')).toEqual(new Map());
});

test('a file that is not there is named with its field', async () => {
  const reading = readGivenBackup(clusterWith('@daily', 'nowhere'), '');
  await expect(reading).rejects.toThrow(ConfigurationError);
  await expect(reading).rejects.toThrow(
    /^cluster\.etcd\.snapshots\.copyTo\[1\]\.identityFile: .*nowhere cannot be read: there is no such file$/,
  );
});

describe('a private key', () => {
  test.each<[string, () => string, string | undefined]>([
    ['as ssh-keygen makes it', () => identity, undefined],
    ['in PEM', () => keyWith('pem', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', ''), undefined],
    ['with a passphrase', () => keyWith('locked', '-t', 'ed25519', '-N', 'secret'), 'has a passphrase'],
    ['in PEM with a passphrase', () => keyWith('pem-locked', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', 'secret'), 'has a passphrase'],
    ['that is the public one', () => readFileSync(path.join(directory, 'plain.pub'), 'utf8'), 'is no private key'],
  ])('%s', (_, make, fact) => {
    if (fact === undefined) expect(judgeIdentity(make())).toBeUndefined();
    else expect(judgeIdentity(make())).toContain(fact);
  });
});

test.each([
  [credentials, undefined],
  ['aws_access_key_id=A\n\taws_secret_access_key=B', undefined],
  ['aws_access_key_id = A\n', 'has no line "aws_secret_access_key = …"'],
  ['aws_access_key_id = A B\naws_secret_access_key = C\n', 'has no line "aws_access_key_id = …"'],
  ['aws_access_key_id = "A"\naws_secret_access_key = C\n', 'has no line "aws_access_key_id = …"'],
])('credentials %j', (text, fact) => {
  expect(judgeCredentials(text)).toBe(fact);
});
