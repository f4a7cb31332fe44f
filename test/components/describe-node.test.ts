import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { componentTable } from '../../src/components/component-table.ts';
import { describeClusterObjects, describeNode } from '../../src/components/describe-node.ts';
import { certificateEntries } from '../../src/pki/certificate-table.ts';
import { apart, componentNamesOf, dualStackSample, one, placementOf, render, resources, sample, three } from './sample.ts';

const clusters: readonly (readonly [string, Cluster])[] = [
  ['single', sample(one)],
  ['three control planes', sample(three)],
  ['external etcd, dual stack', dualStackSample(apart, { etcd: { topology: 'external' } })],
  ['no proxy, no network', sample(three, { network: { plugin: 'none', proxyMode: 'none' } })],
  ['ipvs', sample(three, { network: { proxyMode: 'ipvs' } })],
];

describe('which components run where', () => {
  const pods = ['runc', 'cni-plugins', 'crictl', 'containerd', 'network', 'kubelet', 'kube-proxy'];
  const controlPlane = ['kubectl', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

  test.each([
    ['a single node runs all', sample(one), 'n1', ['host', 'authorities', 'balancer', 'etcd', ...controlPlane, ...pods]],
    ['a control plane with stacked etcd', sample(three), 'a', ['host', 'authorities', 'balancer', 'etcd', ...controlPlane, ...pods]],
    ['a worker', sample(three), 'w', ['host', 'authorities', 'balancer', ...pods]],
    ['a member of external etcd', sample(apart, { etcd: { topology: 'external' } }), 'e1', ['host', 'authorities', 'etcd']],
    [
      'a control plane without etcd',
      sample(apart, { etcd: { topology: 'external' } }),
      'cp',
      ['host', 'authorities', 'balancer', 'etcd-tools', ...controlPlane, ...pods],
    ],
  ])('%s', (_, cluster, node, expected) => {
    expect(componentNamesOf(cluster, node)).toEqual(expected);
  });

  test('a network or a proxy that somebody else brings is left out', () => {
    const names = componentNamesOf(sample(one, { network: { plugin: 'none', proxyMode: 'none' } }), 'n1');
    expect(names).not.toContain('network');
    expect(names).not.toContain('kube-proxy');
    expect(names).toContain('cni-plugins');
  });

  test('with an endpoint there is no balancer', () => {
    for (const node of ['a', 'w']) expect(componentNamesOf(sample(three, { endpoint: 'k8s.example.com' }), node)).not.toContain('balancer');
  });

  test('the table has each component once', () => {
    const names = componentTable.map(({ component }) => component);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe.each(clusters)('%s', (_, cluster) => {
  const everywhere = cluster.nodes.map((node) => ({ node, descriptions: describeNode(cluster, node, placementOf(cluster), render) }));

  test('every certificate of the table has its component, once', () => {
    for (const { node, descriptions } of everywhere) {
      const placed = descriptions.flatMap((description) => resources(description, 'certificate')).map(({ entry }) => entry.request.id);
      expect(placed.toSorted()).toEqual(
        certificateEntries(cluster, node)
          .map(({ request }) => request.id)
          .toSorted(),
      );
    }
  });

  test('no path is written twice', () => {
    for (const { descriptions } of everywhere) {
      const paths = descriptions
        .flatMap(({ install, run }) => [...install, ...run])
        .flatMap((resource) => ('path' in resource ? [resource.path] : []));
      expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
    }
  });

  test('every input of a unit is something that the node is given', () => {
    for (const { descriptions } of everywhere) {
      const all = descriptions.flatMap(({ install, run }) => [...install, ...run]);
      const given = new Set(
        all.flatMap((resource) =>
          'path' in resource ? [resource.path] : resource.kind === 'certificate' ? resource.entry.files.map(({ path }) => path) : [],
        ),
      );
      for (const resource of all) if (resource.kind === 'unit') expect(resource.inputs.filter((input) => !given.has(input))).toEqual([]);
    }
  });

  test('a credential is a file that the node is given, and a change of it restarts the unit', () => {
    for (const description of everywhere.flatMap(({ descriptions }) => descriptions)) {
      const [unit] = resources(description, 'unit');
      const text = resources(description, 'file').find(({ path }) => path === `/etc/systemd/system/${unit?.unit}`);
      const credentials =
        text !== undefined && 'text' in text.content ? [...text.content.text.matchAll(/^LoadCredential=[^:]+:(.+)$/gm)] : [];
      for (const [, path] of credentials) expect(unit?.inputs).toContain(path);
    }
  });

  test('directories come before what lies in them', () => {
    for (const { descriptions } of everywhere) {
      const paths = descriptions
        .flatMap(({ install, run }) => [...install, ...run])
        .flatMap((resource) => ('path' in resource ? [resource.path] : []));
      const directories = descriptions.flatMap((description) => resources(description, 'directory')).map(({ path }) => path);
      const early = directories.flatMap((parent) => paths.slice(0, paths.indexOf(parent)).filter((path) => path.startsWith(`${parent}/`)));
      expect(early).toEqual([]);
    }
  });

  test('a unit stands after everything that it reads', () => {
    for (const { run } of everywhere.flatMap(({ descriptions }) => descriptions)) {
      const unit = run.findIndex(({ kind }) => kind === 'unit');
      const late = run.slice(unit + 1).filter(({ kind }) => kind === 'file' || kind === 'link' || kind === 'certificate');
      if (unit >= 0) expect(late).toEqual([]);
    }
  });

  test('keys, kubeconfigs and units are for root or their own account alone', () => {
    for (const description of everywhere.flatMap(({ descriptions }) => descriptions)) {
      for (const { path, mode } of resources(description, 'file')) {
        if (/\.(key|conf|service)$|encryption/.test(path) && path.startsWith('/etc/') && !/sysctl|modules-load/.test(path))
          expect([path, mode]).toEqual([path, 0o600]);
      }
    }
  });

  test('ports are unique on a host', () => {
    for (const { descriptions } of everywhere) {
      const ports = descriptions.flatMap((description) => description.ports).map(({ port, protocol }) => `${port}/${protocol}`);
      expect(new Set(ports).size).toBe(ports.length);
    }
  });

  test('describing it twice gives the same bytes, in whatever order the inventory is written', () => {
    const backwards: Cluster = { ...cluster, nodes: cluster.nodes.toReversed() };
    for (const { node, descriptions } of everywhere) {
      expect(describeNode(backwards, node, placementOf(backwards), render)).toEqual(descriptions);
    }
  });
});

describe('cluster objects', () => {
  test.each([
    [true, ['rbac', 'coredns']],
    [false, ['rbac']],
  ])('with coredns %s', (coredns, expected) => {
    const cluster = sample(one, { addons: { coredns } });
    expect(describeClusterObjects(cluster, placementOf(cluster)).map(({ component }) => component)).toEqual(expected);
  });
});
