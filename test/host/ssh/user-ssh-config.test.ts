import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { expandHome, readUserSshConfig } from '../../../src/host/ssh/user-ssh-config.ts';

const directory = mkdtempSync(join(tmpdir(), 'kcluster-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

async function read(text: string, name = 'config') {
  const file = join(directory, name);
  writeFileSync(file, text);
  return readUserSshConfig(file);
}

const nothing = { identityFiles: [], identitiesOnly: false };

describe('an entry', () => {
  test.each([
    ['', nothing],
    ['Host other\n  Port 1\n', nothing],
    ['Host a\n  HostName 10.0.0.1\n  Port 2222\n  User me\n', { ...nothing, hostName: '10.0.0.1', port: 2222, user: 'me' }],
    ['host a\n\thostname=10.0.0.1\n\tUSER "me"\n', { ...nothing, hostName: '10.0.0.1', user: 'me' }],
    ['Host a\n  User first\nHost *\n  User second\n  Port 3\n', { ...nothing, user: 'first', port: 3 }],
    ['Host * !a\n  User me\n', nothing],
    [
      'Host a\n  IdentityFile ~/k1\n  IdentityFile "/with space/k2"\n  IdentitiesOnly yes\n',
      { identityFiles: ['~/k1', '/with space/k2'], identitiesOnly: true },
    ],
    ['Host a\n  ProxyJump x@one:23,two\n', { ...nothing, proxyJump: ['x@one:23', 'two'] }],
    ['Host a\n  ProxyJump none\n', { ...nothing, proxyJump: [] }],
    ['Host a\n  ProxyCommand nc %h %p\n', { ...nothing, proxyCommand: 'nc %h %p' }],
    ['Host a\n  ProxyCommand none\n', nothing],
    ['Host a\n  Port none\n', nothing],
    ['Host a\n  Port 70000\n', nothing],
  ])('%j', async (text, wanted) => {
    const config = await read(text);
    expect(config.entryFor('a')).toEqual(wanted);
  });
});

test('a section that would run a command never matches, and the command does not run', async () => {
  const canary = join(directory, 'canary');
  const config = await read(`Match exec "touch ${canary}"\n  User me\n`);
  expect(config.entryFor('a')).toEqual(nothing);
  const { existsSync } = await import('node:fs');
  expect(existsSync(canary)).toBe(false);
});

test('included files count where they stand, by pattern and relative to the file', async () => {
  mkdirSync(join(directory, 'conf.d'));
  writeFileSync(join(directory, 'conf.d/1'), 'Host a\n  User from-1\n');
  writeFileSync(join(directory, 'conf.d/2'), 'Host a\n  User from-2\n  Port 2\n');
  const config = await read('Include conf.d/* missing/*\nHost a\n  Port 3\n  HostName h\n');
  expect(config.entryFor('a')).toEqual({ ...nothing, user: 'from-1', port: 2, hostName: 'h' });
});

test('a file that includes itself is a configuration error', async () => {
  await expect(read(`Include ${join(directory, 'circle')}\n`, 'circle')).rejects.toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining('circle'),
  });
});

test('a missing file is an empty one, an unreadable one an error', async () => {
  expect((await readUserSshConfig(join(directory, 'nowhere'))).entryFor('a')).toEqual(nothing);
  await expect(readUserSshConfig(directory)).rejects.toMatchObject({
    name: 'ConfigurationError',
    exitCode: 2,
    message: expect.stringContaining(directory),
  });
});

test.each([
  ['~', homedir()],
  ['~/k', join(homedir(), 'k')],
  ['~other/k', '~other/k'],
  ['/k', '/k'],
])('%s is %s', (path, wanted) => {
  expect(expandHome(path, homedir())).toBe(wanted);
});
