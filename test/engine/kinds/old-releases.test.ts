import { describe, expect, test } from 'vitest';
import { planResource, probesOf } from '../../../src/engine/kinds/kinds.ts';
import { contextSeeing } from '../support/context.ts';

const releases = new Map([
  ['kubelet', '1.37.1'],
  ['containerd', '2.3.7'],
]);
const resource = { kind: 'old-releases', releases } as const;
const manifestOf = (paths: readonly string[]): string =>
  JSON.stringify({
    apiVersion: 'kcluster/v1alpha1',
    kind: 'Ownership',
    cluster: 'a',
    things: paths.map((name) => ({ kind: 'binary', name })),
  });
const pathsOf = (names: readonly string[]): readonly string[] => names.map((name) => `/opt/kcluster/${name}`);

interface Host {
  readonly ours?: readonly string[];
  readonly running?: readonly string[];
}

/** Paths that go, below /opt/kcluster. */
function gone(names: readonly string[], { ours = names, running = [] }: Host = {}): readonly string[] {
  const entries = new Map([
    ['/opt/kcluster', names],
    ['/proc/*/exe', pathsOf(running)],
  ]);
  const contents = new Map([['/var/lib/kcluster/manifest.json', manifestOf(pathsOf(ours))]]);
  return planResource(resource, contextSeeing({ entries, contents })).map((action) => {
    if (action.kind !== 'take-away') throw new Error(action.kind);
    expect([action.of, action.unlessUsed]).toEqual(['binary', true]);
    return action.path.replace('/opt/kcluster/', '');
  });
}

test('programs, those that run, and what is ours are looked at', () => {
  expect(probesOf(resource)).toEqual([{ kind: 'programs' }, { kind: 'content', path: '/var/lib/kcluster/manifest.json' }]);
});

describe('of a component', () => {
  const three = ['kubelet/1.35.9/kubelet', 'kubelet/1.36.5/kubelet', 'kubelet/1.37.1/kubelet'];
  test.each<[string, readonly string[], Host, readonly string[]]>([
    ['one release stays', ['kubelet/1.37.1/kubelet'], {}, []],
    ['the release before stays', three.slice(1), {}, []],
    ['what is older goes', three, {}, ['kubelet/1.35.9/kubelet']],
    ['all that is older goes', ['kubelet/1.34.1/kubelet', ...three], {}, ['kubelet/1.34.1/kubelet', 'kubelet/1.35.9/kubelet']],
    [
      'versions are no texts',
      ['kubelet/1.9.0/kubelet', 'kubelet/1.36.5/kubelet', 'kubelet/1.36.10/kubelet'],
      {},
      ['kubelet/1.36.5/kubelet', 'kubelet/1.9.0/kubelet'].sort(),
    ],
    ['a newer one, sent ahead or taken back, stays', ['kubelet/1.38.0/kubelet', ...three.slice(1)], {}, []],
    ['before it is there, the two before it are told apart all the same', three.slice(0, 2), {}, ['kubelet/1.35.9/kubelet']],
    ['what a process runs stays', three, { running: ['kubelet/1.35.9/kubelet'] }, []],
    [
      'with all of its release',
      ['containerd/2.1.0/containerd', 'containerd/2.1.0/containerd-shim-runc-v2', 'containerd/2.2.0/containerd'],
      { running: ['containerd/2.1.0/containerd-shim-runc-v2'] },
      [],
    ],
    ['what somebody else put there stays', three, { ours: three.slice(1) }, []],
    ['what is no release stays', ['kubelet/old/kubelet', ...three.slice(1)], {}, []],
  ])('%s', (_, names, host, paths) => {
    expect(gone(names, host)).toEqual(paths);
  });
});

test('a component that the node has no more is left alone', () => {
  expect(gone(['etcd/3.5.1/etcd', 'etcd/3.6.1/etcd', 'etcd/3.7.1/etcd'])).toEqual([]);
});
