import { expect, test } from 'vitest';
import { type LabelSelector, matchesSelector } from '../../src/cluster/label-selector.ts';

const labels = { app: 'web', tier: 'front' };

test.each<readonly [string, LabelSelector | undefined, boolean]>([
  ['absent', undefined, false],
  ['empty', {}, true],
  ['one label', { matchLabels: { app: 'web' } }, true],
  ['another value', { matchLabels: { app: 'db' } }, false],
  ['one of two labels', { matchLabels: { app: 'web', tier: 'back' } }, false],
  ['In', { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'web'] }] }, true],
  ['In, another', { matchExpressions: [{ key: 'app', operator: 'In', values: ['db'] }] }, false],
  ['In, no such label', { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }, false],
  ['NotIn', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['db'] }] }, true],
  ['NotIn, the value', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
  ['NotIn, no such label', { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, true],
  ['Exists', { matchExpressions: [{ key: 'app', operator: 'Exists' }] }, true],
  ['Exists, no such label', { matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, false],
  ['DoesNotExist', { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, true],
  ['DoesNotExist, but does', { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, false],
  ['an operator of the future', { matchExpressions: [{ key: 'app', operator: 'Like', values: ['web'] }] }, false],
  ['labels and expressions', { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['back'] }] }, false],
])('%s', (_, selector, matches) => {
  expect(matchesSelector(selector, labels)).toBe(matches);
});
