import { describe, expect, test } from 'vitest';
import { hostPaths } from '../../../src/engine/host-paths.ts';
import { planResource, probesOf } from '../../../src/engine/kinds/kinds.ts';
import { type Manifest, readManifest } from '../../../src/engine/kinds/ownership.ts';
import type { HostFacts, Observations } from '../../../src/engine/observation.ts';
import type { OwnershipResource, Resource } from '../../../src/engine/resource.ts';
import { RefusedError } from '../../../src/errors.ts';
import { contextSeeing, directorySeen, fileSeen } from '../support/context.ts';

const root = { owner: 'root', group: 'root' };
const of: readonly Resource[] = [
  { kind: 'file', path: '/etc/b', content: { text: 'b' }, mode: 0o644, ...root },
  { kind: 'directory', path: '/data', mode: 0o755, ...root },
  { kind: 'user', name: 'etcd', home: '/' },
  { kind: 'module', name: 'overlay' },
  { kind: 'sysctl', key: 'net.ipv4.ip_forward', value: '1' },
  { kind: 'package', command: 'socat', names: { apt: 'socat', dnf: 'socat2', zypper: 'socat3' } },
  { kind: 'unit', unit: 'toy.service', inputs: [] },
  { kind: 'image', reference: 'r/pause' },
  { kind: 'link', path: '/a', target: '/b' },
  { kind: 'systemd' },
];
const resource: OwnershipResource = { kind: 'ownership', cluster: 'toy', of };

function planned(seen: Partial<Observations>, wanted = resource): Manifest | undefined {
  const [action] = planResource(wanted, contextSeeing(seen));
  if (action === undefined) return undefined;
  if (action.kind !== 'file' || !('text' in action.content)) throw new Error(`planned ${action.kind}`);
  return readManifest(action.content.text, 'n1');
}
const names = (manifest: Manifest | undefined): string[] => (manifest?.things ?? []).map(({ kind, name }) => `${kind} ${name}`);
const onHost = (manifest: Manifest): Partial<Observations> => {
  const text = JSON.stringify(manifest);
  return { contents: new Map([[hostPaths.manifest, text]]), files: new Map([[hostPaths.manifest, fileSeen(text, { mode: 0o600 })]]) };
};

test('an empty host: everything is claimed, sorted, with the value that a setting had', () => {
  const manifest = planned({ facts: { packageManager: 'dnf' } as HostFacts, sysctls: new Map([['net.ipv4.ip_forward', '0']]) });
  expect(names(manifest)).toEqual([
    'directory /data',
    'file /etc/b',
    'image r/pause',
    'link /a',
    'module overlay',
    'package socat2',
    'sysctl net.ipv4.ip_forward',
    'unit toy.service',
    'user etcd',
  ]);
  expect(manifest?.things.find(({ kind }) => kind === 'sysctl')?.was).toBe('0');
});

test('what was there before is not claimed', () => {
  const manifest = planned({
    files: new Map([['/data', directorySeen()]]),
    users: new Set(['etcd']),
    modules: new Set(['overlay']),
    commands: new Set(['socat']),
    sysctls: new Map([['net.ipv4.ip_forward', '1']]),
  });
  expect(names(manifest)).toEqual(['file /etc/b', 'image r/pause', 'link /a', 'unit toy.service']);
});

describe('directories with data, and what programs make by themselves', () => {
  const owned: OwnershipResource = {
    kind: 'ownership',
    cluster: 'toy',
    of: [
      { kind: 'directory', path: '/var/lib/etcd', mode: 0o700, ...root, data: true },
      { kind: 'byproduct', of: 'directory', name: '/var/log/pods', data: true },
      { kind: 'byproduct', of: 'directory', name: '/run/netns' },
      { kind: 'byproduct', of: 'file', name: '/etc/made.conf' },
      { kind: 'byproduct', of: 'sysctl', name: 'kernel.panic' },
    ],
  };
  const all = ['/var/lib/etcd', '/var/log/pods', '/run/netns'];
  const there = { files: new Map([...all.map((path) => [path, directorySeen()] as const), ['/etc/made.conf', fileSeen('theirs')]]) };

  test('all of it is claimed on a host that has none of it', () => {
    expect(planned({ sysctls: new Map([['kernel.panic', '0']]) }, owned)?.things).toEqual([
      { kind: 'directory', name: '/run/netns' },
      { kind: 'directory', name: '/var/lib/etcd', data: true },
      { kind: 'directory', name: '/var/log/pods', data: true },
      { kind: 'file', name: '/etc/made.conf' },
      { kind: 'sysctl', name: 'kernel.panic', was: '0' },
    ]);
  });

  test('what was there empty is given back empty, with its mode and owner', () => {
    expect(planned({ ...there, emptyDirectories: new Set(all) }, owned)?.things).toEqual([
      { kind: 'directory', name: '/var/lib/etcd', was: '755 root:root', data: true },
      { kind: 'directory', name: '/var/log/pods', was: '755 root:root', data: true },
      { kind: 'sysctl', name: 'kernel.panic', was: '' },
    ]);
  });

  test('what somebody else put something into is not claimed', () => {
    expect(names(planned(there, owned))).toEqual(['sysctl kernel.panic']);
  });

  test('whether they are empty is asked, and nothing of it is made', () => {
    expect(probesOf(owned).filter(({ kind }) => kind === 'empty-directory')).toEqual([
      { kind: 'empty-directory', path: '/var/lib/etcd' },
      { kind: 'empty-directory', path: '/var/log/pods' },
    ]);
    const made = owned.of.filter(({ kind }) => kind === 'byproduct');
    expect(made.flatMap((resource) => planResource(resource, contextSeeing({})))).toEqual([]);
    expect(made.flatMap(probesOf)).toEqual([
      { kind: 'file', path: '/var/log/pods' },
      { kind: 'file', path: '/run/netns' },
      { kind: 'file', path: '/etc/made.conf' },
      { kind: 'sysctl', key: 'kernel.panic' },
    ]);
  });
});

test('what is claimed stays claimed: once written, a second look changes nothing', () => {
  const first = planResource(resource, contextSeeing({}))[0];
  if (first?.kind !== 'file' || !('text' in first.content)) throw new Error('no file planned');
  const { text } = first.content;
  const seen = { contents: new Map([[hostPaths.manifest, text]]), files: new Map([[hostPaths.manifest, fileSeen(text, { mode: 0o600 })]]) };
  const converged = {
    users: new Set(['etcd']),
    modules: new Set(['overlay']),
    sysctls: new Map([['net.ipv4.ip_forward', '1']]),
    commands: new Set(['socat']),
  };
  expect(
    planResource(resource, contextSeeing({ ...seen, ...converged, files: new Map([...seen.files, ['/data', directorySeen()]]) })),
  ).toEqual([]);
});

test('what is no longer wanted stays on the list', () => {
  const before: Manifest = {
    apiVersion: 'kcluster/v1alpha1',
    kind: 'Ownership',
    cluster: 'toy',
    things: [{ kind: 'file', name: '/old', was: 'x' }],
  };
  const manifest = planned(onHost(before), { ...resource, of: of.slice(0, 1) });
  expect(manifest?.things).toEqual([
    { kind: 'file', name: '/etc/b' },
    { kind: 'file', name: '/old', was: 'x' },
  ]);
});

describe('refused', () => {
  test('a host of another cluster', () => {
    const other: Manifest = { apiVersion: 'kcluster/v1alpha1', kind: 'Ownership', cluster: 'theirs', things: [] };
    expect(() => planned(onHost(other))).toThrow(RefusedError);
    expect(() => planned(onHost(other))).toThrow('n1: the host belongs to cluster theirs');
  });

  test.each(['', '{', '[]', '{"kind":"Ownership"}', '{"kind":"Other","things":[]}', 'null'])(
    'a list that cannot be understood: %s',
    (text) => {
      expect(() => planned({ contents: new Map([[hostPaths.manifest, text]]) })).toThrow(RefusedError);
    },
  );
});

test('its file is looked at and read', () => {
  expect(probesOf(resource)).toEqual([
    { kind: 'content', path: hostPaths.manifest },
    { kind: 'file', path: hostPaths.manifest },
  ]);
});
