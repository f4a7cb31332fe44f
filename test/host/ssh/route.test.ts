import { homedir } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { SshSettings } from '../../../src/cluster/cluster.ts';
import { parseJump, routeTo } from '../../../src/host/ssh/route.ts';
import type { HostEntry } from '../../../src/host/ssh/user-ssh-config.ts';

const nothing: HostEntry = { identityFiles: [], identitiesOnly: false };

/** The route of a node with these settings, where ~/.ssh/config has these entries. */
function route(ssh: Partial<SshSettings> = {}, entries: Readonly<Record<string, Partial<HostEntry>>> = {}) {
  const settings: SshSettings = { user: 'root', port: 22, jump: [], become: 'none', ...ssh };
  const config = { file: '~/.ssh/config', entryFor: (alias: string) => ({ ...nothing, ...entries[alias] }) };
  return routeTo({ name: 'cp1', address: 'cp1.example', ssh: settings }, config);
}

describe('the inventory and ~/.ssh/config together', () => {
  test.each<[string, Partial<SshSettings>, Partial<HostEntry>, object]>([
    ['nothing in either', {}, {}, { host: 'cp1.example', port: 22, user: 'root' }],
    ['HostName', {}, { hostName: '10.0.0.1' }, { alias: 'cp1.example', host: '10.0.0.1' }],
    ['HostName with a token', {}, { hostName: '%h.internal' }, { host: 'cp1.example.internal' }],
    ['Port, when the inventory has the default', {}, { port: 2222 }, { port: 2222 }],
    ['Port, when the inventory has another', { port: 2200 }, { port: 2222 }, { port: 2200 }],
    ['User without sudo: only root can work', {}, { user: 'me' }, { user: 'root' }],
    ['User with sudo', { become: 'sudo' }, { user: 'me' }, { user: 'me' }],
    ['User, when the inventory has another', { become: 'sudo', user: 'ops' }, { user: 'me' }, { user: 'ops' }],
    [
      'keys of both',
      { identityFile: '~/k1' },
      { identityFiles: ['~/k2', '%d/k3-%h%%'] },
      { requiredIdentities: [`${homedir()}/k1`], optionalIdentities: [`${homedir()}/k2`, `${homedir()}/k3-cp1.example%`] },
    ],
    ['IdentitiesOnly', {}, { identitiesOnly: true }, { identitiesOnly: true }],
    ['a pinned key', { hostKey: 'ssh-ed25519 AAAA' }, {}, { hostKey: 'ssh-ed25519 AAAA' }],
  ])('%s', (_title, ssh, entry, wanted) => {
    expect(route(ssh, { 'cp1.example': entry })).toEqual([expect.objectContaining(wanted)]);
  });
});

describe('the hops', () => {
  const hosts = (hops: ReturnType<typeof route>) => hops.map((hop) => `${hop.user}@${hop.host}:${hop.port}`);

  test('of the inventory win over ProxyJump', () => {
    expect(hosts(route({ jump: ['a', 'b:23'] }, { 'cp1.example': { proxyJump: ['c'] } }))).toEqual([
      'root@a:22',
      'root@b:23',
      'root@cp1.example:22',
    ]);
  });

  test('of ProxyJump are taken, each with its own entry', () => {
    const entries = {
      'cp1.example': { proxyJump: ['gate', 'x@inner'] },
      gate: { hostName: '192.0.2.1', port: 443, user: 'me', identityFiles: ['/k'] },
    };
    const hops = route({ user: 'ops' }, entries);
    expect(hosts(hops)).toEqual(['me@192.0.2.1:443', 'x@inner:22', 'ops@cp1.example:22']);
    expect(hops[0]?.optionalIdentities).toEqual(['/k']);
  });

  test("carry the inventory's key and not its pin", () => {
    const [jump] = route({ jump: ['a'], identityFile: '/k', hostKey: 'ssh-ed25519 AAAA' });
    expect(jump).toMatchObject({ requiredIdentities: ['/k'] });
    expect(jump).not.toHaveProperty('hostKey');
  });

  test('cannot be a ProxyCommand, unless the inventory says how to get there', () => {
    const entries = { 'cp1.example': { proxyCommand: 'nc %h %p' } };
    expect(() => route({}, entries)).toThrow(/cp1: .*ProxyCommand/);
    expect(hosts(route({ jump: ['a'] }, entries)).length).toBe(2);
  });
});

test.each([
  ['a', { host: 'a' }],
  ['me@a', { user: 'me', host: 'a' }],
  ['me@a.example:2222', { user: 'me', host: 'a.example', port: 2222 }],
  ['ssh://me@a:22', { user: 'me', host: 'a', port: 22 }],
  ['10.0.0.1:23', { host: '10.0.0.1', port: 23 }],
  ['[fd00::1]:23', { host: 'fd00::1', port: 23 }],
  ['me@[fd00::1]', { user: 'me', host: 'fd00::1' }],
  ['fd00::1', { host: 'fd00::1' }],
])('the jump host %s is read', (text, wanted) => {
  expect(parseJump({ name: 'cp1' }, text)).toEqual(wanted);
});

test.each(['', ' ', 'a b', '@a', 'a:0', 'a:65536', 'a:x', 'a@b@c', '-oProxyCommand=x y', '[fd00::1'])(
  'the jump host %j is refused',
  (text) => {
    expect(() => parseJump({ name: 'cp1' }, text)).toThrow(/^cp1: the jump host .* is not \[user@\]host\[:port\]$/);
  },
);
