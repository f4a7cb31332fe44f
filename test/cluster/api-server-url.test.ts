import { expect, test } from 'vitest';
import { apiServerURL, httpsURL, ownAPIServerURL } from '../../src/cluster/api-server-url.ts';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { sampleCluster } from '../pki/sample.ts';

const one = { cp: ['control-plane'], w: ['worker'] };
const two = { cp: ['control-plane'], other: ['control-plane'], w: ['worker'] };

test.each([
  ['the only control plane, from a worker', { nodes: one }, 'w', 'https://198.51.100.1:6443'],
  ['a control plane, itself', { nodes: two }, 'other', 'https://198.51.100.2:6443'],
  ['several, from a worker: its own balancer', { nodes: two }, 'w', 'https://127.0.0.1:6443'],
  ['an endpoint, from a worker', { nodes: two, cluster: { endpoint: 'k8s.example.com' } }, 'w', 'https://k8s.example.com:6443'],
  ['an endpoint, from a control plane', { nodes: one, cluster: { endpoint: '192.0.2.99:8443' } }, 'cp', 'https://192.0.2.99:8443'],
  ['an IPv6 endpoint', { nodes: one, cluster: { endpoint: '[2001:db8::9]:443' } }, 'w', 'https://[2001:db8::9]:443'],
])('%s', (_title, options, node, url) => {
  const cluster = sampleCluster(options);
  expect(apiServerURL(cluster, nodeNamed(cluster, node))).toBe(url);
});

test('the own API server never goes through the endpoint', () => {
  const cluster = sampleCluster({ nodes: one, cluster: { endpoint: 'k8s.example.com' } });
  expect(ownAPIServerURL(nodeNamed(cluster, 'cp'))).toBe('https://198.51.100.1:6443');
});

test.each([
  ['node.example.com', 1, 'https://node.example.com:1'],
  ['::1', 6443, 'https://[::1]:6443'],
])('httpsURL(%s, %i) is %s', (host, port, url) => {
  expect(httpsURL(host, port)).toBe(url);
});
