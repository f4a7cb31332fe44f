import { describe, expect, test } from 'vitest';
import type { Cluster, ComponentName } from '../../src/cluster/cluster.ts';
import { emptyObservations } from '../../src/engine/observation.ts';
import { compareReleases } from '../../src/upgrade/compare-releases.ts';
import { apart, sample, three } from '../components/sample.ts';
import { inputOf, type Situation } from './situation.ts';

const dns = (image: string) => ({
  kind: 'Deployment',
  metadata: { name: 'coredns', namespace: 'kube-system' },
  spec: { template: { spec: { containers: [{ image }] } } },
});

/** `component: nodes current -> new (why)`. */
function rows(cluster: Cluster, situation: Situation = {}): readonly string[] {
  const { running, observations } = inputOf(cluster, situation);
  return compareReleases({ cluster, running, observations }).map(
    ({ component, nodes, currentVersion, newVersion, reason }) =>
      `${component}: ${nodes.join(' ')} ${currentVersion} -> ${newVersion} (${reason})`,
  );
}
const of = (component: ComponentName, lines: readonly string[]) => lines.filter((line) => line.startsWith(`${component}: `));

/** With another version of a component on some nodes, or on all. */
function naming(cluster: Cluster, component: ComponentName, version: string, names?: readonly string[]): Cluster {
  const nodes = cluster.nodes.map((node) =>
    names?.includes(node.name) === false
      ? node
      : { ...node, components: { ...node.components, [component]: { ...node.components[component], version } } },
  );
  return { ...cluster, nodes };
}

const cluster = sample(three);

describe('rows', () => {
  test('nodes that are alike stand together, by name; parts of control planes on control planes only', () => {
    const lines = rows(cluster);
    expect(of('kube-apiserver', lines)).toEqual(['kube-apiserver: a b c 1.36.5 -> 1.37.1 (released with Kubernetes)']);
    expect(of('etcd', lines)).toEqual(['etcd: a b c 3.6.16 -> 3.7.3 (belongs to Kubernetes 1.37)']);
    expect(of('kubelet', lines)).toEqual(['kubelet: a b c w 1.36.5 -> 1.37.1 (released with Kubernetes)']);
  });

  test('a cluster that is half upgraded has two', () => {
    expect(of('kubelet', rows(cluster, { releases: { 'kubelet@a': '1.37.1' } }))).toEqual([
      'kubelet: a 1.37.1 -> 1.37.1 (released with Kubernetes)',
      'kubelet: b c w 1.36.5 -> 1.37.1 (released with Kubernetes)',
    ]);
  });

  test('what a node names for itself is told apart, and why', () => {
    expect(of('containerd', rows(naming(cluster, 'containerd', 'v2.2.1', ['w']), { releases: { 'containerd@w': '2.3.7' } }))).toEqual([
      'containerd: a b c 2.3.7 -> 2.3.7 (belongs to Kubernetes 1.37)',
      'containerd: w 2.3.7 -> 2.2.1 (the inventory names it)',
    ]);
  });

  test('who was not looked at is not told of; what is not known is none', () => {
    expect(of('kubelet', rows(cluster, { seen: { w: undefined } }))[0]).toMatch(/^kubelet: a b c 1/);
    expect(of('crictl', rows(cluster))[0]).toMatch(/^crictl: a b c w none -> /);
  });

  test('members on machines of their own; nothing that runs in pods, and no way to encrypt backups', () => {
    const lines = rows(sample(apart, { etcd: { topology: 'external' } }));
    expect(of('etcd', lines)[0]).toMatch(/^etcd: e1 e2 e3 /);
    expect(of('kubelet', lines)[0]).toMatch(/^kubelet: cp w /);
    for (const absent of ['pause', 'age'] as const) expect(of(absent, lines)).toEqual([]);
  });

  test('what the inventory does without is left out', () => {
    const lines = rows({ ...cluster, network: { ...cluster.network, proxyMode: 'none' }, addons: { ...cluster.addons, coredns: false } });
    expect([...of('kube-proxy', lines), ...of('coredns', lines)]).toEqual([]);
    expect(of('kubelet', lines)).toHaveLength(1);
  });

  test('another order of the inventory tells the same', () => {
    const half: Situation = { releases: { 'kubelet@a': '1.37.1', 'kubelet@c': '1.37.1' } };
    expect(rows({ ...cluster, nodes: cluster.nodes.toReversed() }, half)).toEqual(rows(cluster, half));
  });
});

describe('CoreDNS, which runs in the cluster', () => {
  const now = (image?: string) => {
    const kubeObjects = new Map([
      ['Service/kube-system/coredns', { kind: 'Service', metadata: { name: 'coredns', namespace: 'kube-system' } }],
      ['Deployment/other/coredns', { ...dns('x/coredns:v9.9.9'), metadata: { name: 'coredns', namespace: 'other' } }],
      ...(image === undefined ? [] : [['Deployment/kube-system/coredns', dns(image)] as const]),
    ]);
    return of('coredns', rows(cluster, { seen: { b: { ...emptyObservations(), kubeObjects } } }))[0];
  };

  test.each([
    ['registry.k8s.io/coredns/coredns:v1.14.7', '1.14.7'],
    ['mirror.local:5000/coredns:1.12.0', '1.12.0'],
    ['mirror.local:5000/coredns:v1.12.0@sha256:0123456789abcdef', '1.12.0'],
    ['mirror.local:5000/coredns@sha256:0123456789abcdef', 'none'],
    ['coredns', 'none'],
    [undefined, 'none'],
  ])('of image %s is %s', (image, version) => {
    expect(now(image)).toMatch(new RegExp(`^coredns:  ${version} -> 1\\.`));
  });

  test('becomes what most nodes name, whoever stands first in the inventory', () => {
    const named = naming(cluster, 'coredns', '1.12.0', ['a', 'b', 'w']);
    for (const nodes of [named.nodes, named.nodes.toReversed()])
      expect(of('coredns', rows({ ...named, nodes }))).toEqual(['coredns:  none -> 1.12.0 (the inventory names it)']);
  });
});
