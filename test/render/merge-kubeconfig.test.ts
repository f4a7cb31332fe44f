import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ConfigurationError } from '../../src/errors.ts';
import { mergeKubeconfig } from '../../src/render/merge-kubeconfig.ts';
import { stringifyYaml } from '../../src/render/yaml.ts';

const entry = (cluster: string, user: string, mark: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: cluster, cluster: { server: `https://${mark}` } }],
  users: [{ name: user, user: { token: mark } }],
  contexts: [{ name: `${user}@${cluster}`, context: { cluster, user } }],
  'current-context': `${user}@${cluster}`,
});
const added = stringifyYaml(entry('new', 'admin', 'new'));
const merge = (existing: object | string) =>
  parse(mergeKubeconfig(typeof existing === 'string' ? existing : stringifyYaml(existing), added));

describe('mergeKubeconfig', () => {
  test.each(['', '\n', '# nothing yet\n', '---\n', 'null\n', '{}\n'])('into %j gives what is added', (existing) => {
    expect(merge(existing)).toEqual(entry('new', 'admin', 'new'));
  });

  test('keeps what belongs to others, and puts the new one in use', () => {
    const mine = { ...entry('mine', 'me', 'old'), preferences: { colors: true }, extensions: [{ name: 'x', extension: 1 }] };
    expect(merge(mine)).toEqual({
      ...mine,
      clusters: [...mine.clusters, ...entry('new', 'admin', 'new').clusters],
      users: [...mine.users, ...entry('new', 'admin', 'new').users],
      contexts: [...mine.contexts, ...entry('new', 'admin', 'new').contexts],
      'current-context': 'admin@new',
    });
  });

  test('replaces entries of the same name, once each', () => {
    expect(merge(entry('new', 'admin', 'old'))).toEqual(entry('new', 'admin', 'new'));
  });

  test('a second time changes nothing', () => {
    const once = mergeKubeconfig(stringifyYaml(entry('mine', 'me', 'old')), added);
    expect(mergeKubeconfig(once, added)).toBe(once);
  });

  test('lists that are null are empty', () => {
    expect(merge({ clusters: null, users: null, contexts: null })).toMatchObject(entry('new', 'admin', 'new'));
  });

  test.each(['just text', '[]', '7', 'clusters: {}', 'users: text', 'clusters: [', '"', 'a: 1\na: 2'])(
    '%j is refused: nothing of it may be lost',
    (existing) => {
      expect(() => merge(existing)).toThrow(ConfigurationError);
      expect(() => merge(existing)).toThrow('cannot be understood; it was left as it is');
    },
  );
});
