import { expect, test } from 'vitest';
import { adminAPIServerURL, hasBalancers, httpsURL, nodeAPIServerURL, ownAPIServerURL } from '../../src/cluster/api-server-url.ts';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { sampleCluster } from '../pki/sample.ts';

const one = { cp: ['control-plane'], w: ['worker'] };
const two = { cp: ['control-plane'], other: ['control-plane'], w: ['worker'] };

const endpoint = 'k8s.example.com';
const balancer = 'https://127.0.0.1:6444';

test.each([
  ['one control plane: its own balancer all the same', { nodes: one }, balancer],
  ['several control planes', { nodes: two }, balancer],
  ['an endpoint', { nodes: two, cluster: { endpoint } }, 'https://k8s.example.com:6443'],
  ['an IPv6 endpoint', { nodes: one, cluster: { endpoint: '[2001:db8::9]:443' } }, 'https://[2001:db8::9]:443'],
])('a kubelet, with %s', (_title, options, url) => {
  expect(nodeAPIServerURL(sampleCluster(options))).toBe(url);
});

test.each([
  ['one control plane', { nodes: one }, 'cp', 'https://198.51.100.1:6443'],
  ['several control planes: itself', { nodes: two }, 'other', 'https://198.51.100.2:6443'],
  ['an endpoint', { nodes: one, cluster: { endpoint: '192.0.2.99:8443' } }, 'cp', 'https://192.0.2.99:8443'],
])('admin.conf, with %s', (_title, options, node, url) => {
  const cluster = sampleCluster(options);
  expect(adminAPIServerURL(cluster, nodeNamed(cluster, node))).toBe(url);
});

test.each([
  ['no endpoint', {}, true],
  ['an endpoint', { endpoint }, false],
])('balancers with %s: %s', (_title, cluster, expected) => {
  expect(hasBalancers(sampleCluster({ nodes: one, cluster }))).toBe(expected);
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
