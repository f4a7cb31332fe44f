import { expect, test } from 'vitest';
import { parseTaint } from '../../src/inventory/parse-taint.ts';

test.each([
  ['dedicated=storage:NoSchedule', { key: 'dedicated', value: 'storage', effect: 'NoSchedule' }],
  ['dedicated:NoExecute', { key: 'dedicated', value: '', effect: 'NoExecute' }],
  ['dedicated=:NoExecute', { key: 'dedicated', value: '', effect: 'NoExecute' }],
  [
    'node-role.kubernetes.io/control-plane:PreferNoSchedule',
    { key: 'node-role.kubernetes.io/control-plane', value: '', effect: 'PreferNoSchedule' },
  ],
])('reads %s', (text, taint) => {
  expect(parseTaint(text)).toEqual(taint);
});

test.each([
  ['', 'is not a taint'],
  ['dedicated', 'is not a taint'],
  ['dedicated=storage', 'is not a taint'],
  [':NoSchedule', 'is not a taint'],
  ['a:b:NoSchedule', 'is not a taint'],
  ['a=b=c:NoSchedule', '"b=c" is not a label value'],
  ['dedicated=storage:NoSchedul', 'did you mean "NoSchedule"?'],
  ['dedicated:noschedule', 'did you mean "NoSchedule"?'],
  ['dedicated:Evict', 'known: NoSchedule, PreferNoSchedule, NoExecute'],
  ['a b=c:NoSchedule', '"a b" is not a key'],
  ['a=b c:NoSchedule', '"b c" is not a label value'],
  ['kcluster.dev/absent:NoExecute', "is kcluster's own: state: down sets it"],
])('refuses %j', (text, message) => {
  expect(parseTaint(text)).toContain(message);
});
