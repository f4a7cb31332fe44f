import { expect, test } from 'vitest';
import { problemsOf } from '../sample.ts';

const kubelet = (version: string): object => ({ components: { kubelet: { version } } });

test.each<[string, Parameters<typeof problemsOf>[0]]>([
  ['nothing is said of releases', {}],
  ['a node that waits for its turn', { cluster: { kubernetesVersion: '1.37.1' }, nodes: [{}, kubelet('1.35.4')] }],
  ['another patch', { cluster: { kubernetesVersion: '1.36.3' }, nodes: [{}, kubelet('v1.36.5')] }],
  [
    'controllers of the minor before',
    { cluster: { kubernetesVersion: '1.37.1', components: { 'kube-controller-manager': { version: '1.36.5' } } } },
  ],
  ['releases that Kubernetes does not have', { cluster: { components: { containerd: { version: '2.2.0' } } } }],
])('%s is allowed', (_, inventory) => {
  expect(problemsOf(inventory)).toEqual([]);
});

test.each<[string, Parameters<typeof problemsOf>[0], string]>([
  [
    'a kubelet that is newer',
    { cluster: { kubernetesVersion: '1.36.5' }, nodes: [{}, kubelet('1.37.1')] },
    'error nodes[1].components.kubelet.version: kubelet 1.37.1 on node-1 is newer than kube-apiserver 1.36.5 on node-0: it must not be newer',
  ],
  [
    'a scheduler that is newer, for all',
    { cluster: { kubernetesVersion: '1.36.5', components: { 'kube-scheduler': { version: '1.37.1' } } } },
    'error cluster.components.kube-scheduler.version: kube-scheduler 1.37.1 on node-0 is newer than kube-apiserver 1.36.5 on node-0: it must not be newer',
  ],
  [
    'API servers two minors apart',
    {
      cluster: { kubernetesVersion: '1.37.1' },
      nodes: [{}, { roles: ['control-plane'], components: { 'kube-apiserver': { version: '1.35.4' } } }, { roles: ['control-plane'] }],
    },
    'error nodes[1].components.kube-apiserver.version: kube-apiserver 1.35.4 on node-1 is too old for kube-apiserver 1.37.1 on node-2: API servers may be one minor apart',
  ],
])('%s is refused where it is written', (_, inventory, problem) => {
  expect(problemsOf(inventory)).toContain(problem);
});

test('a version that is none is told once, by its form', () => {
  expect(problemsOf({ nodes: [{}, kubelet('1.x')] }).filter((line) => line.includes('kubelet'))).toHaveLength(1);
});
