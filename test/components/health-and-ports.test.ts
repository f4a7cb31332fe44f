import { describe, expect, test } from 'vitest';
import { describeOne, flagsOf, one, resources, sample, yamlOf } from './sample.ts';

const cluster = sample(one);
const ca = '/etc/kubernetes/pki/ca.crt';

describe('health is asked on the host itself', () => {
  test.each([
    ['etcd', 'http://127.0.0.1:2381/readyz', undefined],
    ['kube-apiserver', 'https://127.0.0.1:6443/readyz', ca],
    ['kube-controller-manager', 'https://127.0.0.1:10257/healthz', ca],
    ['kube-scheduler', 'https://127.0.0.1:10259/readyz', ca],
    ['kubelet', 'http://127.0.0.1:10248/healthz', undefined],
    ['kube-proxy', 'http://127.0.0.1:10256/healthz', undefined],
  ])('%s at %s', (component, url, caFile) => {
    const { health } = describeOne(cluster, 'n1', component);
    expect(health).toEqual([caFile === undefined ? { component, url } : { component, url, caFile }]);
  });

  test.each(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'])('the certificate of %s holds for 127.0.0.1', (component) => {
    const servers = resources(describeOne(cluster, 'n1', component), 'certificate').filter(({ entry }) =>
      entry.request.usages.includes('server'),
    );
    expect(servers.map(({ entry }) => entry.request.addresses.includes('127.0.0.1'))).toEqual([true]);
  });
});

describe('ports', () => {
  test.each([
    ['etcd', ['2379 nodes', '2380 nodes', '2381 host']],
    ['kube-apiserver', ['6443 nodes']],
    ['kube-controller-manager', ['10257 host']],
    ['kube-scheduler', ['10259 host']],
    ['kubelet', ['10248 host', '10250 nodes']],
    ['kube-proxy', ['10249 host', '10256 nodes']],
  ])('%s listens on %j', (component, expected) => {
    const { ports } = describeOne(cluster, 'n1', component);
    expect(ports.map(({ port, reach }) => `${port} ${reach}`).sort()).toEqual(expected);
  });

  test('what only the host needs is bound to it', () => {
    expect(flagsOf(describeOne(cluster, 'n1', 'etcd'))['listen-metrics-urls']).toEqual(['http://127.0.0.1:2381']);
    for (const component of ['kube-controller-manager', 'kube-scheduler']) {
      expect(flagsOf(describeOne(cluster, 'n1', component))['bind-address']).toEqual(['127.0.0.1']);
    }
    expect(yamlOf(describeOne(cluster, 'n1', 'kubelet'), '/var/lib/kubelet/config.yaml')).toMatchObject({
      healthzBindAddress: '127.0.0.1',
      healthzPort: 10248,
    });
    expect(yamlOf(describeOne(cluster, 'n1', 'kube-proxy'), '/var/lib/kube-proxy/config.yaml')).toMatchObject({
      metricsBindAddress: '127.0.0.1:10249',
    });
  });
});
