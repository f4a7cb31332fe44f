import { describe, expect, test } from 'vitest';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { authorityFiles } from '../../src/components/authorities.ts';
import { etcdClientPaths, etcdPrefix, givenEtcdTable } from '../../src/components/etcd-client.ts';
import { componentNamesOf, describeOne, flagsOf, one, resources, sample, three } from './sample.ts';

const endpoints = ['https://e2.example.com:2379', 'https://e1.example.com:2379'];
const etcd = { topology: 'external', endpoints, caFile: 'ca.crt', certFile: 'c.crt', keyFile: 'c.key' };
const given = sample(three, { etcd });

describe('an API server of an etcd that others run', () => {
  const description = describeOne(given, 'b', 'kube-apiserver');

  test('asks the endpoints as they are written', () => {
    expect(flagsOf(description)['etcd-servers']).toEqual([endpoints.join(',')]);
  });

  test('finds the files where those of an own etcd would lie', () => {
    const own = flagsOf(describeOne(sample(three), 'b', 'kube-apiserver'));
    for (const flag of ['etcd-cafile', 'etcd-certfile', 'etcd-keyfile']) expect(flagsOf(description)[flag]).toEqual(own[flag]);
  });

  test('has them from the operator, replaceable, and none of them issued', () => {
    const files = resources(description, 'file').filter(({ content }) => 'secret' in content);
    expect(files.map(({ path, mode, owner, replaceable }) => [path, mode, owner, replaceable])).toEqual([
      [etcdClientPaths.authority, 0o644, 'root', true],
      [etcdClientPaths.certificate, 0o644, 'root', true],
      [etcdClientPaths.key, 0o600, 'root', true],
    ]);
    expect(resources(description, 'certificate').map(({ entry }) => entry.request.ca)).not.toContain('etcd');
  });

  test('restarts with each of them', () => {
    const [unit] = resources(description, 'unit');
    for (const { path } of givenEtcdTable) expect(unit?.inputs).toContain(path);
  });
});

test.each(['a', 'w'])('on %s nothing of etcd runs, and no authority of it lies', (name) => {
  expect(componentNamesOf(given, name)).not.toContain('etcd');
  const secrets = authorityFiles(given, nodeNamed(given, name)).map(({ content }) => ('secret' in content ? content.secret : ''));
  expect(secrets.filter((secret) => secret.includes('etcd'))).toEqual([]);
  expect(secrets).toContain('ca.crt');
});

test('workers get none of the files', () => {
  const paths = componentNamesOf(given, 'w').flatMap((component) =>
    resources(describeOne(given, 'w', component), 'file').map(({ path }) => path),
  );
  expect(paths.filter((path) => givenEtcdTable.some((row) => row.path === path))).toEqual([]);
});

test.each([
  ['nothing', undefined, '/registry'],
  ['a prefix of its own', '/cluster-a', '/cluster-a'],
  ['a slash too many', '/cluster-a/', '/cluster-a'],
  ['null, which is the default', null, '/registry'],
])('with %s, what is below it is the cluster’s', (_, prefix, expected) => {
  const extraArgs = prefix === undefined ? {} : { 'etcd-prefix': prefix };
  const cluster = sample(one, { components: { 'kube-apiserver': { extraArgs } } });
  expect(etcdPrefix(nodeNamed(cluster, 'n1'))).toBe(expected);
});
