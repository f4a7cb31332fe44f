import { expect, test } from 'vitest';
import { planResource, probesOf } from '../../../src/engine/kinds/kinds.ts';
import { contextSeeing } from '../support/context.ts';

const path = '/etc/kcluster/backup';
const plan = (seen: readonly string[] | undefined, names: readonly string[]) =>
  planResource({ kind: 'only', path, names }, contextSeeing({ entries: new Map(seen === undefined ? [] : [[path, seen]]) }));
const gone = (name: string) => ({ kind: 'take-away', of: 'file', path: `${path}/${name}` });

test('its entries are looked at', () => {
  expect(probesOf({ kind: 'only', path, names: [] })).toEqual([{ kind: 'entries', path }]);
});

test.each<[string, readonly string[] | undefined, readonly string[], readonly object[]]>([
  ['is not there', undefined, ['a'], []],
  ['is not there, and is not wanted', undefined, [], []],
  ['holds what it should', ['b', 'a'], ['a', 'b'], []],
  ['holds less', ['a'], ['a', 'b'], []],
  ['holds more', ['z', 'a', 'b'], ['a'], [gone('b'), gone('z')]],
  ['is not wanted', ['b', 'a'], [], [gone('a'), gone('b'), { kind: 'take-away', of: 'directory', path }]],
])('a directory that %s', (_, seen, names, actions) => {
  expect(plan(seen, names)).toEqual(actions);
});
