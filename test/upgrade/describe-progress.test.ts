import { expect, test } from 'vitest';
import { describeProgress } from '../../src/upgrade/describe-progress.ts';
import { sample, three } from '../components/sample.ts';
import { inputOf, type Releases } from './situation.ts';

const cluster = sample(three);
const told = (releases: Releases, silent: readonly string[] = []): string =>
  describeProgress(
    inputOf(cluster, { releases }).running.filter(({ node }) => !silent.includes(node)),
    silent,
  );

test.each<[string, Releases, readonly string[], string]>([
  [
    'what is alike everywhere is told without names, several parts at once',
    {},
    [],
    'in use now: etcd 3.6.16; kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, kube-proxy 1.36.5',
  ],
  [
    'what is in between is told with them, the newest first',
    { etcd: '3.7.3', 'kube-apiserver@b': '1.37.1' },
    [],
    'in use now: etcd 3.7.3; kube-apiserver 1.37.1 on b, 1.36.5 on a, c; kube-controller-manager, kube-scheduler, kubelet, kube-proxy 1.36.5',
  ],
  [
    'whoever cannot be asked is named',
    { 'etcd@a': '3.7.3' },
    ['b'],
    'in use now: etcd 3.7.3 on a, 3.6.16 on c; kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, kube-proxy 1.36.5; no answer from b',
  ],
])('%s', (_, releases, silent, text) => {
  expect(told(releases, silent)).toBe(text);
});

test('when nobody answers', () => {
  expect(describeProgress([], ['a', 'b'])).toBe('in use now: no answer from a, b');
});
