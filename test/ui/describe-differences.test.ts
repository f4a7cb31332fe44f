import { expect, test } from 'vitest';
import { describeDifferences } from '../../src/ui/describe-differences.ts';

test('the largest first, and what is no difference is not shown', () => {
  const text = describeDifferences([
    { resource: 'secrets', gone: 0, back: 1, changed: 0 },
    { resource: 'configmaps', gone: 200, back: 0, changed: 3 },
    { resource: 'apps', gone: 0, back: 1, changed: 0 },
  ]);
  expect(text).toMatchInlineSnapshot(`
    "what the restore changes, by resource:
    RESOURCE     DISAPPEAR   RETURN   SET BACK
    configmaps   200         0        3
    apps         0           1        0
    secrets      0           1        0
    "
  `);
});

test('twenty resources, and what is left together', () => {
  const many = Array.from({ length: 23 }, (_, index) => ({ resource: `r${100 + index}`, gone: 23 - index, back: 0, changed: 0 }));
  const lines = describeDifferences(many).trimEnd().split('\n');
  expect(lines).toHaveLength(2 + 20 + 1);
  expect(lines.at(-1)).toBe('and 6 objects of 3 more resources');
});

test.each([
  [undefined, 'no member of etcd answers: what the restore changes is not known\n'],
  [[], 'the cluster holds exactly what the backup holds\n'],
])('nothing to compare', (differences, text) => {
  expect(describeDifferences(differences)).toBe(text);
});
