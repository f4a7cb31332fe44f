import { expect, test } from 'vitest';
import { resetQuestion } from '../../src/ui/reset-question.ts';

const question = { cluster: 'prod', nodes: ['a', 'b'], ends: true, keepsEtcdData: false };

test.each([
  [{}, 'This ends cluster prod: all pods end, and everything that its etcd holds is deleted. Reset a, b?'],
  [{ keepsEtcdData: true }, 'This ends cluster prod: all pods end, and what its etcd holds is set aside on its hosts. Reset a, b?'],
  [{ ends: false, nodes: ['w1'] }, 'Pods on w1 end now, and what kcluster put there is removed. Reset w1 of cluster prod?'],
  [
    { nodes: ['a', 'b', 'c', 'd', 'e', 'f'] },
    'This ends cluster prod: all pods end, and everything that its etcd holds is deleted. Reset 6 hosts?',
  ],
])('%j', (more, text) => {
  expect(resetQuestion({ ...question, ...more })).toBe(text);
});
