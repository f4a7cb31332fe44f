import { expect, test } from 'vitest';
import { nearest, quote, suggestion } from '../../src/inventory/suggest.ts';

const roles = ['control-plane', 'etcd', 'worker'];

test.each([
  ['workr', 'worker'],
  ['WORKER', 'worker'],
  ['controlplane', 'control-plane'],
  ['control_plane', 'control-plane'],
  ['controlPlane', 'control-plane'],
  ['ectd', 'etcd'],
  ['master', undefined],
  ['database', undefined],
  ['', undefined],
])('nearest(%j) is %s', (word, known) => {
  expect(nearest(word, roles)).toBe(known);
});

test.each([
  ['netwrok', ['name', 'network'], 'network'],
  ['podCidr', ['podCIDR', 'serviceCIDR'], 'podCIDR'],
  ['apiserver', ['kube-apiserver', 'etcd'], 'kube-apiserver'],
  ['kube', ['kubelet', 'kube-proxy'], undefined],
  ['anything', [], undefined],
])('nearest(%j, %j) is %s', (word, known, found) => {
  expect(nearest(word, known)).toBe(found);
});

test('suggestion names the nearest word, or all', () => {
  expect(suggestion('workr', roles)).toBe('; did you mean "worker"?');
  expect(suggestion('database', roles)).toBe('; known: control-plane, etcd, worker');
  expect(suggestion(7, roles)).toBe('; known: control-plane, etcd, worker');
});

test('quote never fills the screen', () => {
  expect(quote('a"b\n')).toBe('"a\\"b\\n"');
  expect(quote(undefined)).toBe('undefined');
  expect(quote('x'.repeat(500))).toHaveLength(78);
});
