import { expect, test } from 'vitest';
import { describeAbsence } from '../../src/ui/describe-absence.ts';

const since = '2026-03-01T10:00:00Z';

test.each([
  ['Ready', undefined, 'Ready'],
  ['declared down', undefined, 'declared down'],
  ['declared down', { since, misses: [] }, `declared down since ${since}`],
  ['declared down', { since, misses: ['etcd', 'kubelet'] }, `declared down since ${since}, misses etcd, kubelet`],
  ['declared down', { since, misses: ['a', 'b', 'c', 'd', 'e', 'f'] }, `declared down since ${since}, misses a, b, c, d and 2 more`],
  ['Ready', { since, misses: ['kubelet'] }, `Ready, absent since ${since}, misses kubelet: run kcluster init`],
])('%s, %j', (state, absence, text) => {
  expect(describeAbsence(state, absence)).toBe(text);
});
