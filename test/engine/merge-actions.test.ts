import { expect, test } from 'vitest';
import type { Action } from '../../src/engine/action.ts';
import { mergeActions } from '../../src/engine/merge-actions.ts';

const packages = (manager: 'apt' | 'dnf', ...names: readonly string[]): Action => ({ kind: 'packages', manager, names });
const withUnits = (name: string, ...services: readonly string[]): Action => ({ kind: 'packages', manager: 'apt', names: [name], services });
const apply = (name: string, why = 'missing'): Action => ({ kind: 'kube-apply', objects: [{ name }], why });
const reload: Action = { kind: 'daemon-reload' };
const module: Action = { kind: 'module', name: 'overlay' };

test.each<readonly [string, readonly Action[], readonly Action[]]>([
  ['nothing', [], []],
  ['one', [reload], [reload]],
  ['different ones', [module, reload, apply('a')], [module, reload, apply('a')]],
  [
    'packages: one command, sorted, each once',
    [packages('apt', 'socat'), packages('apt', 'conntrack'), packages('apt', 'socat')],
    [packages('apt', 'conntrack', 'socat')],
  ],
  [
    'packages with units that stay off',
    [withUnits('b', 'b.service'), packages('apt', 'c'), withUnits('a', 'a.service')],
    [{ kind: 'packages', manager: 'apt', names: ['a', 'b', 'c'], services: ['a.service', 'b.service'] }],
  ],
  ['packages of two managers', [packages('apt', 'a'), packages('dnf', 'a')], [packages('apt', 'a'), packages('dnf', 'a')]],
  ['reloads', [reload, reload, reload], [reload]],
  ['modules are loaded one by one', [module, module], [module, module]],
  [
    'what stands between keeps its place',
    [packages('apt', 'a'), module, packages('apt', 'b')],
    [packages('apt', 'a'), module, packages('apt', 'b')],
  ],
])('%s', (_, actions, merged) => {
  expect(mergeActions(actions)).toEqual(merged);
});

test('objects keep their order: what others lie in comes first', () => {
  const [merged, ...rest] = mergeActions([apply('namespace'), apply('account', 'data differs'), apply('deployment')]);
  expect(rest).toEqual([]);
  const objects = [{ name: 'namespace' }, { name: 'account' }, { name: 'deployment' }];
  expect(merged).toMatchObject({ kind: 'kube-apply', objects, why: 'missing; data differs' });
});

test('what was given is left as it was', () => {
  const given = [packages('apt', 'b'), packages('apt', 'a')];
  mergeActions(given);
  expect(given).toEqual([packages('apt', 'b'), packages('apt', 'a')]);
});
