import { expect, test } from 'vitest';
import { allPlaces } from '../../src/app/all-places.ts';
import { openPlace, openTarget } from '../../src/app/open-place.ts';
import type { Session } from '../../src/app/session.ts';
import { UnreachableError } from '../../src/errors.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';
import type { SshNode } from '../../src/host/ssh/route.ts';
import { sample, three } from '../components/sample.ts';

const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJfA6DOOGyFgKsT4sANBXzyJ2uZBCWnYh3Xp4JBD0H6R';
const copyTo = [
  '/srv/backup',
  { url: 'ssh://backup@NAS.example.com:2222/srv/etcd', identityFile: '/keys/nas', hostKey },
  { url: 's3://etcd/lab', endpoint: 'https://store.example.com', credentialsFile: '/keys/s3' },
];
const cluster = sample(three, { etcd: { snapshots: { schedule: '@daily', copyTo } } });
const { signal } = new AbortController();

function session() {
  const asked: SshNode[] = [];
  const connectTo = async (node: SshNode) => {
    asked.push(node);
    return Promise.reject(new UnreachableError('away'));
  };
  const hosts = new Map(['a', 'b'].map((name) => [name, new FakeHost(name)]));
  const made = { cluster, hosts, connectTo, state: { path: (name: string) => `/state/${name}` } };
  return { asked, session: made as unknown as Session };
}

test('all places are those of the inventory, and those of control planes that answer', () => {
  expect(allPlaces(session().session).map(({ name }) => name)).toEqual([
    '/state/backups',
    'a',
    'b',
    'a:/srv/backup',
    'b:/srv/backup',
    'ssh://backup@nas.example.com:2222/srv/etcd',
    's3://etcd/lab',
  ]);
});

test.each([
  ['/srv/x', '/srv/x', 'directory'],
  ['a', 'a', 'remote'],
  ['/a', '/a', 'directory'],
  ['s3://other', 's3://other', 'remote'],
  ['s3://other/x/', 's3://other/x', 'remote'],
  ['ssh://me@host/x', 'ssh://me@host/x', 'remote'],
])('%s is the place %s', (given, name, kind) => {
  expect(openPlace(session().session, given)).toMatchObject({ name, kind });
});

test('a new backup goes to a directory or a URL, never to a node', () => {
  expect(openTarget(session().session, 'a').kind).toBe('directory');
  expect(openTarget(session().session, 's3://etcd').kind).toBe('remote');
});

test.each(['ftp://x/y', 's3://B', 's3:///x', 'ssh://host/x', 'ssh://me@host', 'ssh://me@host/../x'])('%s is refused', (url) => {
  expect(() => openTarget(session().session, url)).toThrow(expect.objectContaining({ exitCode: 2 }));
});

test.each<[string, object]>([
  ['ssh://backup@nas.example.com:2222/srv/etcd', { identityFile: '/keys/nas', hostKey }],
  ['ssh://backup@nas.example.com:2222/elsewhere', { identityFile: '/keys/nas', hostKey }],
  ['ssh://other@nas.example.com:2222/srv/etcd', {}],
  ['ssh://backup@nas.example.com/srv/etcd', {}],
])('%s is reached with what the inventory knows of that machine', async (url, known) => {
  const { asked, session: made } = session();
  const { username, port } = new URL(url);
  await expect(openPlace(made, url).shelf(signal)).rejects.toThrow('away');
  const [{ address, ssh } = { address: '', ssh: {} }] = asked;
  expect(address).toBe('nas.example.com');
  expect(ssh).toEqual({ user: username, port: port === '' ? 22 : Number(port), become: 'none', jump: [], ...known });
});

test.each([
  ['s3://etcd/lab', '/keys/s3'],
  ['s3://etcd/elsewhere', '/keys/s3'],
])('%s is reached with the credentials of its bucket', async (url, file) => {
  await expect(openPlace(session().session, url).shelf(signal)).rejects.toThrow(`${url}: ${file} has no aws_access_key_id`);
});
