import { describe, expect, test } from 'vitest';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { etcdPeerURL, initialClusterFile, initialClusterPath } from '../../src/components/etcd.ts';
import { apart, describeOne, flagsOf, one, placementOf, render, resources, sample, textOf, three } from './sample.ts';

const settingsOf = (text: string) =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => /^[A-Z]/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
const initialCluster = (cluster = sample(three), node = 'a', etcdExists = false) =>
  settingsOf(textOf(describeOne(cluster, node, 'etcd', placementOf(cluster, { etcdExists })), initialClusterPath));

describe('what an empty member reads', () => {
  test('founders know each other, sorted by name', () => {
    const expected = {
      ETCD_INITIAL_CLUSTER: 'a=https://192.0.2.1:2380,b=https://192.0.2.2:2380,c=https://192.0.2.3:2380',
      ETCD_INITIAL_CLUSTER_STATE: 'new',
    };
    expect(initialCluster()).toEqual(expected);
    expect(initialCluster(sample(three), 'c')).toEqual(expected);
  });

  test('members of external etcd are those of the role', () => {
    const cluster = sample(apart, { etcd: { topology: 'external' } });
    expect(initialCluster(cluster, 'e1').ETCD_INITIAL_CLUSTER).toBe(
      'e1=https://192.0.2.21:2380,e2=https://192.0.2.22:2380,e3=https://192.0.2.23:2380',
    );
  });

  test('an IPv6 address gets its brackets', () => {
    const cluster = sample([{ name: 'n1', address: 'fd00::1', roles: ['control-plane', 'worker'] }], {
      network: { podCIDR: 'fd00:10:244::/48', serviceCIDR: 'fd00:10:96::/112' },
    });
    expect(initialCluster(cluster, 'n1').ETCD_INITIAL_CLUSTER).toBe('n1=https://[fd00::1]:2380');
  });

  test('once the cluster exists, there is nothing to found or to join', () => {
    expect(initialCluster(sample(three), 'a', true)).toEqual({ ETCD_INITIAL_CLUSTER_STATE: 'existing' });
  });

  test('a node that joins is told of the members of that moment', () => {
    const cluster = sample(three);
    const file = initialClusterFile(render, 'existing', new Map(['c', 'a'].map((name) => [name, etcdPeerURL(nodeNamed(cluster, name))])));
    expect(file).toMatchObject({ path: initialClusterPath, mode: 0o600, owner: 'root' });
    expect(settingsOf('text' in file.content ? file.content.text : '')).toEqual({
      ETCD_INITIAL_CLUSTER: 'a=https://192.0.2.1:2380,c=https://192.0.2.3:2380',
      ETCD_INITIAL_CLUSTER_STATE: 'existing',
    });
  });
});

describe('a running member', () => {
  test('is not restarted when others come or its own certificate is renewed', () => {
    const [unit] = resources(describeOne(sample(three), 'a', 'etcd'), 'unit');
    expect(unit?.inputs).toEqual(['/etc/systemd/system/etcd.service', '/opt/kcluster/bin/etcd', '/etc/etcd/pki/ca.crt']);
  });

  test('has the same unit in a cluster of one and of three, before and after', () => {
    const text = (nodes: typeof three, etcdExists: boolean) => {
      const cluster = sample(nodes);
      return textOf(describeOne(cluster, 'a', 'etcd', placementOf(cluster, { etcdExists })), '/etc/systemd/system/etcd.service');
    };
    expect(text(three, true)).toBe(
      text(
        three.filter(({ name }) => name === 'a'),
        false,
      ),
    );
  });

  test('refuses to start without data once it was a member', () => {
    const unit = textOf(describeOne(sample(), 'n1', 'etcd'), '/etc/systemd/system/etcd.service');
    expect(unit).toMatch(/^ExecStartPre=.*test -n "\$\$ETCD_INITIAL_CLUSTER" \|\| test -d \/var\/lib\/etcd\/member \|\| .*exit 1/m);
    expect(unit).toContain(`EnvironmentFile=${initialClusterPath}\n`);
  });

  test.each([
    ['client-cert-auth', 'true'],
    ['peer-client-cert-auth', 'true'],
    ['auto-tls', 'false'],
    ['peer-auto-tls', 'false'],
    ['listen-client-urls', 'https://127.0.0.1:2379,https://192.0.2.1:2379'],
    ['listen-metrics-urls', 'http://127.0.0.1:2381'],
    ['data-dir', '/var/lib/etcd'],
    ['name', 'n1'],
    ['initial-cluster-token', 'sample'],
    ['quota-backend-bytes', '8589934592'],
  ])('--%s=%s', (flag, value) => {
    expect(flagsOf(describeOne(sample(), 'n1', 'etcd'))[flag]).toEqual([value]);
  });

  test('has no flag that etcd 3.7 dropped', () => {
    expect(Object.keys(flagsOf(describeOne(sample(one), 'n1', 'etcd'))).filter((name) => name.startsWith('experimental'))).toEqual([]);
  });
});

test('a user may change flags and environment', () => {
  const cluster = sample(one, {
    components: { etcd: { extraArgs: { 'heartbeat-interval': '200', 'watch-progress-notify-interval': null }, env: { GOGC: '50' } } },
  });
  const description = describeOne(cluster, 'n1', 'etcd');
  expect(flagsOf(description)['heartbeat-interval']).toEqual(['200']);
  expect(flagsOf(description)['watch-progress-notify-interval']).toBeUndefined();
  expect(textOf(description, '/etc/systemd/system/etcd.service')).toContain('\nEnvironment=GOGC=50\n');
});
