import { describe, expect, test } from 'vitest';
import { type ComponentName, type ComponentSettings, componentNames } from '../../src/cluster/cluster.ts';
import { checkInventory } from '../../src/inventory/check-inventory.ts';
import { clusterOf, problemsOf } from './sample.ts';

const empty: ComponentSettings = { extraArgs: {}, config: {}, env: {} };

function settingsOf(name: ComponentName, cluster: object, node: object = {}): ComponentSettings | undefined {
  const built = clusterOf({ cluster: { components: { [name]: cluster } }, nodes: [{ components: { [name]: node } }] });
  return built.nodes[0]?.components[name];
}

test('every component is there, with nothing said', () => {
  const [node] = clusterOf({}).nodes;
  expect(node?.components).toEqual(Object.fromEntries(componentNames.map((name) => [name, empty])));
});

describe('a node wins', () => {
  test('flag by flag', () => {
    const merged = settingsOf('kube-apiserver', { extraArgs: { v: '1', profiling: 'false' } }, { extraArgs: { v: '4', audit: null } });
    expect(merged?.extraArgs).toEqual({ v: '4', profiling: 'false', audit: null });
  });

  test('variable by variable', () => {
    expect(settingsOf('containerd', { env: { A: '1', B: '1' } }, { env: { B: '2' } })?.env).toEqual({ A: '1', B: '2' });
  });

  test('key by key in configuration, lists as a whole', () => {
    const common = { config: { a: { x: 1, y: [1, 2] }, b: 1, c: { z: 1 } } };
    const own = { config: { a: { y: [3], w: null }, c: 'text' } };
    expect(settingsOf('kubelet', common, own)?.config).toEqual({ a: { x: 1, y: [3], w: null }, b: 1, c: 'text' });
  });

  test('in its version', () => {
    expect(settingsOf('runc', { version: '1.3.0' }, { version: 'v1.4.0' })).toEqual({ ...empty, version: '1.4.0' });
    expect(settingsOf('runc', { version: 'v1.3.0' })).toEqual({ ...empty, version: '1.3.0' });
  });

  test('and no other node', () => {
    const { nodes } = clusterOf({ nodes: [{ components: { etcd: { env: { A: '1' } } } }, {}] });
    expect(nodes.map((node) => node.components.etcd.env)).toEqual([{ A: '1' }, {}]);
  });
});

test('unquoted values keep the form in which they were typed', () => {
  const text = `
apiVersion: kcluster/v1alpha1
kind: Inventory
cluster:
  name: sample
  components:
    kube-apiserver:
      extraArgs: { a: 1.30, b: 0755, c: true, d: 1e3, e: "1.30", f: [0x10, 08, x], g: null, h: }
      env: { A: 1.30, B: yes, C: 0o7 }
nodes:
  - { name: a, address: 192.0.2.1, roles: [control-plane, worker], components: { kube-apiserver: { extraArgs: { a: 1.40 } } } }
`;
  const settings = checkInventory(text).cluster?.nodes[0]?.components['kube-apiserver'];
  expect(settings?.extraArgs).toEqual({ a: '1.40', b: '0755', c: 'true', d: '1e3', e: '1.30', f: ['0x10', '08', 'x'], g: null, h: null });
  expect(settings?.env).toEqual({ A: '1.30', B: 'yes', C: '0o7' });
});

describe('what a component does not have', () => {
  test.each<[ComponentName, object, string]>([
    ['runc', { extraArgs: { v: '1' } }, 'runc.extraArgs: unknown key "extraArgs"; known: version'],
    ['kube-scheduler', { config: {} }, 'kube-scheduler.config: unknown key "config"; known: version, extraArgs, env'],
    ['kubelet', { extraargs: {} }, 'kubelet.extraargs: unknown key "extraargs"; did you mean "extraArgs"?'],
    ['kubelet', { version: 'latest' }, 'kubelet.version: "latest" is not a version, such as "1.3.4"'],
    ['pause', { version: 3.1 }, 'pause.version: 3.1 without quotes is read as a number; write "3.1" in quotes'],
    ['etcd', { extraArgs: { '--name': 'x' } }, 'etcd.extraArgs.--name: "--name" is not a flag; write its name without dashes'],
    ['etcd', { extraArgs: { name: { a: 1 } } }, 'etcd.extraArgs.name: must be one value, a list of values, or null to leave a default out'],
    ['etcd', { extraArgs: { name: ['a', ['b']] } }, 'etcd.extraArgs.name[1]: must be text, a number, or true or false'],
    ['etcd', { extraArgs: { name: 'a\nb' } }, 'etcd.extraArgs.name: "a\\nb" contains a line break'],
    ['etcd', { env: { 'A-B': 'x' } }, 'etcd.env.A-B: "A-B" is not the name of an environment variable'],
    ['etcd', { env: { A: null } }, 'etcd.env.A: must be text, a number, or true or false'],
  ])('%s %j', (name, settings, message) => {
    const problems = problemsOf({ cluster: { components: { [name]: settings } } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(problemsOf({ nodes: [{ components: { [name]: settings } }] })[0]).toContain(message);
  });

  test('a component nobody knows', () => {
    expect(problemsOf({ cluster: { components: { apiserver: {} } } })).toEqual([
      'error cluster.components.apiserver: unknown key "apiserver"; did you mean "kube-apiserver"?',
    ]);
  });
});
