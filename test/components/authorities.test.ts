import { describe, expect, test } from 'vitest';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { authorityFiles, authorityTable } from '../../src/components/authorities.ts';
import { secretNames } from '../../src/engine/secret-name.ts';
import { apart, describeOne, resources, sample, three } from './sample.ts';

const external = sample(apart, { etcd: { topology: 'external' } });
const secretsOn = (cluster: typeof external, node: string) =>
  authorityFiles(cluster, nodeNamed(cluster, node)).map(({ content }) => ('secret' in content ? content.secret : ''));

describe('authority files', () => {
  test.each([
    ['stacked', sample(three), 'a'],
    ['external etcd', external, 'cp'],
  ])('any control-plane node gives every secret back: %s', (_, cluster, node) => {
    expect(new Set(secretsOn(cluster, node))).toEqual(new Set(secretNames));
  });

  test.each([
    ['a worker', external, 'w', ['ca.crt']],
    ['a member of external etcd', external, 'e1', ['ca.crt', 'etcd-ca.crt']],
  ])('%s holds public halves only', (_, cluster, node, expected) => {
    expect(secretsOn(cluster, node)).toEqual(expected);
  });

  test('what is secret is for its owner alone', () => {
    for (const { secret, mode } of authorityTable) expect([secret, mode]).toEqual([secret, /\.(crt|pub)$/.test(secret) ? 0o644 : 0o600]);
  });

  test('everything under /etc/kubernetes belongs to root', () => {
    for (const row of authorityTable) expect('owner' in row ? row.owner : 'root').toBe(row.path.startsWith('/etc/etcd/') ? 'etcd' : 'root');
  });

  test('each is written once, by the component that makes its directory', () => {
    const written = ['authorities', 'etcd'].flatMap((component) =>
      resources(describeOne(sample(three), 'a', component), 'file').filter(({ content }) => 'secret' in content),
    );
    expect(written).toEqual(authorityFiles(sample(three), nodeNamed(sample(three), 'a')));
  });
});
