import { describe, expect, test } from 'vitest';
import { desire } from '../../src/app/desire.ts';
import { endpointWait } from '../../src/phases/endpoint-wait.ts';
import { apart, placementOf, sample, three } from '../components/sample.ts';

const gateOf = (endpoint: string | undefined) => {
  const cluster = sample(three, endpoint === undefined ? {} : { endpoint });
  const [node] = cluster.nodes;
  if (node === undefined) throw new Error('no node');
  return endpointWait.gate?.(desire(cluster, placementOf(cluster)), node) ?? [];
};

describe('the endpoint is awaited', () => {
  test('under its own name, verified, and what to mend is named', () => {
    expect(gateOf('k8s.example.com:8443')).toEqual([
      {
        title: 'endpoint k8s.example.com:8443 answers /readyz',
        deadlineMs: 120_000,
        test: { kind: 'http', url: 'https://k8s.example.com:8443/readyz', caFile: '/etc/kubernetes/pki/ca.crt' },
        remedy: expect.stringMatching(/^mend the load balancer or virtual address k8s\.example\.com:8443: .*run again/),
      },
    ]);
  });

  test('an IPv6 address in brackets', () => {
    expect(gateOf('[2001:db8::10]:6443')).toMatchObject([{ test: { url: 'https://[2001:db8::10]:6443/readyz' } }]);
  });

  test('not where every node balances for itself', () => {
    expect(gateOf(undefined)).toEqual([]);
  });

  test('on nodes with pods, by which alone it is used', () => {
    expect(endpointWait.targets(sample(apart, { endpoint: 'k:6443', etcd: { topology: 'external' } })).map(({ name }) => name)).toEqual([
      'cp',
      'w',
    ]);
  });
});
