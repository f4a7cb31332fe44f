import { expect, test } from 'vitest';
import type { Action } from '../../src/engine/action.ts';
import { createForecast } from '../../src/engine/forecast.ts';
import { sha256Of } from '../../src/engine/kinds/file.ts';
import { planResource } from '../../src/engine/kinds/kinds.ts';
import { emptyObservations } from '../../src/engine/observation.ts';
import type { Resource } from '../../src/engine/resource.ts';
import { contextWith, fileSeen, linkSeen, seenWith } from './support/context.ts';

const root = { owner: 'root', group: 'root' };
const file = (text: string, mode = 0o644): Resource => ({ kind: 'file', path: '/a', content: { text }, mode, ...root });
const held = { binary: () => ({ sha256: 'aa', sizeBytes: 7 }), image: () => ({ sha256: 'bb', sizeBytes: 9 }) };

/** Plans a resource after others on one host, as one plan does. */
function planAfter(first: readonly Resource[], last: Resource, observed = emptyObservations()): readonly Action[] {
  const forecast = createForecast(observed);
  const plan = (resource: Resource) => planResource(resource, contextWith({ ...held, seen: forecast.seen, changed: forecast.changed }));
  for (const resource of first) {
    for (const action of plan(resource)) forecast.add(action);
  }
  return plan(last);
}

const resources: readonly Resource[] = [
  file('text'),
  { ...file('text'), content: { secret: 'ca.key' } } as Resource,
  { kind: 'directory', path: '/d', mode: 0o700, ...root },
  { kind: 'link', path: '/l', target: '/a' },
  { kind: 'user', name: 'etcd', home: '/' },
  { kind: 'module', name: 'overlay' },
  { kind: 'sysctl', key: 'vm.overcommit_memory', value: '1' },
  { kind: 'binary', component: 'etcd', version: '3', name: 'etcd', path: '/opt/etcd' },
  { kind: 'image', reference: 'pause' },
];

test.each(resources.map((resource) => [resource.kind, resource] as const))('%s: wanted by two phases, done by the first', (_, resource) => {
  expect(planAfter([], resource)).toHaveLength(1);
  expect(planAfter([resource], resource)).toEqual([]);
});

test('a second phase that writes the same path expects what the first one wrote', () => {
  expect(planAfter([file('one')], file('two'), seenWith({ files: new Map([['/a', fileSeen('zero')]]) }))).toMatchObject([
    { kind: 'file', expected: { sha256: sha256Of('one') }, why: 'differs' },
  ]);
});

test('attributes set by a first phase are known to the second', () => {
  const observed = seenWith({ files: new Map([['/a', fileSeen('text')]]) });
  expect(planAfter([], file('text', 0o600), observed)).toMatchObject([{ kind: 'attributes' }]);
  expect(planAfter([file('text', 0o600)], file('text', 0o600), observed)).toEqual([]);
});

test('a removed file is absent for what comes after', () => {
  const forecast = createForecast(seenWith({ files: new Map([['/a', fileSeen('x')]]) }));
  forecast.add({ kind: 'remove', path: '/a', expected: { sha256: sha256Of('x') }, why: 'old' });
  expect(planResource(file('new'), contextWith({ seen: forecast.seen }))).toMatchObject([{ expected: 'absent' }]);
});

test.each<readonly [string, Action, readonly string[]]>([
  ['file', { kind: 'file', path: '/a', content: { text: '' }, mode: 0o600, ...root, expected: 'absent', why: '' }, ['/a']],
  ['link', { kind: 'link', path: '/a', target: '/b', expected: 'absent' }, ['/a']],
  ['remove', { kind: 'remove', path: '/a', expected: 'absent', why: '' }, ['/a']],
  ['binary', { kind: 'binary', component: 'c', version: 'v', name: 'n', path: '/a', sha256: '', sizeBytes: 0 }, ['/a']],
  ['attributes', { kind: 'attributes', path: '/a', mode: 0o600, ...root, why: '' }, []],
  ['directory', { kind: 'directory', path: '/a', mode: 0o700, ...root }, []],
  ['daemon-reload', { kind: 'daemon-reload' }, []],
])('paths whose content changes by %s', (_, action, changed) => {
  const forecast = createForecast(emptyObservations());
  forecast.add(action);
  expect([...forecast.changed]).toEqual(changed);
});

test('the paths of an issued certificate change', () => {
  const forecast = createForecast(emptyObservations());
  const files = ['/c.crt', '/c.key'].map((path) => ({ path, part: 'key' as const, mode: 0o600, ...root }));
  forecast.add({ kind: 'issue', entry: { request: {} as never, files }, why: '' });
  expect([...forecast.changed]).toEqual(['/c.crt', '/c.key']);
});

test('what was observed stays as it was', () => {
  const observed = seenWith({ files: new Map([['/l', linkSeen('/a')]]) });
  const before = structuredClone(observed);
  planAfter(resources, file('text'), seenWith({ ...observed, files: new Map() }));
  const forecast = createForecast(observed);
  forecast.add({ kind: 'link', path: '/l', target: '/b', expected: { target: '/a' } });
  forecast.add({ kind: 'user', name: 'x', home: '/' });
  expect(observed).toEqual(before);
});
