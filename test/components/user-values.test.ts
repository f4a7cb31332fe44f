import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { describeNode } from '../../src/components/describe-node.ts';
import { strongSuites } from '../../src/components/tls.ts';
import { urlOf } from '../../src/components/url.ts';
import { readTemplate } from '../../src/engine/template-source.ts';
import { createRenderer } from '../../src/render/templates.ts';
import { describeOne, flagsOf, one, placementOf, sample, textOf } from './sample.ts';

const units = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'containerd', 'kubelet', 'kube-proxy'] as const;
const unitOf = (component: string, settings: object) =>
  textOf(describeOne(sample(one, { components: { [component]: settings } }), 'n1', component), `/etc/systemd/system/${component}.service`);

describe.each(units)('what a user sets for %s', (component) => {
  test('reaches the process as it was written', () => {
    const text = unitOf(component, { extraArgs: { 'x-flag': 'a b $HOME %n "q"' } });
    expect(text).toContain('\n  "--x-flag=a b $$HOME %%n \\"q\\""');
  });

  test('stands in one command: each line but the last goes on', () => {
    const lines = unitOf(component, { extraArgs: { 'x-flag': ['1', '2'] } }).split('\n');
    const start = lines.findIndex((line) => line.startsWith('ExecStart='));
    const end = lines.findIndex((line, index) => index >= start && !line.endsWith(' \\'));
    const flags = lines.slice(start + 1, end + 1);
    expect(flags.every((line) => /^ {2}"?--[\w-]+=/.test(line))).toBe(true);
    expect(flags.filter((line) => line.includes('--x-flag='))).toHaveLength(2);
    expect(lines[end + 1]).not.toMatch(/^\s*--/);
  });

  test('is in its environment, sorted, after what is there by default', () => {
    const lines = unitOf(component, { env: { ZED: 'last one', ALPHA: '50%' } })
      .split('\n')
      .filter((line) => line.startsWith('Environment='));
    expect(lines.slice(-2)).toEqual(['Environment=ALPHA=50%%', 'Environment="ZED=last one"']);
  });

  test('cannot start a new line of the unit', () => {
    expect(() => unitOf(component, { extraArgs: { 'x-flag': 'a\nExecStartPost=/bin/evil' } })).toThrow();
    expect(() => unitOf(component, { env: { A: 'a\nUser=root' } })).toThrow();
  });
});

test('flags are sorted by name', () => {
  for (const component of units) {
    const names = Object.keys(flagsOf(describeOne(sample(), 'n1', component)));
    expect(names).toEqual(names.toSorted());
  }
});

test('every template is one that a node uses', () => {
  const [used, root] = [new Set<string>(), new URL('../../templates/', import.meta.url)];
  const render = createRenderer((name) => {
    used.add(existsSync(new URL(`${name}.hbs`, root)) ? `${name}.hbs` : name);
    return readTemplate(name);
  });
  const cluster = sample(undefined, { etcd: { snapshots: { schedule: '@daily' } } });
  // Texts are made when they are read.
  JSON.stringify(describeNode(cluster, nodeNamed(cluster, 'n1'), placementOf(cluster), render));
  // A drill comes and goes with its script: it is on no node.
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.\w+$/.test(path) && path !== 'backup/drill.sh',
  );
  expect([...used].sort()).toEqual(files.sort());
});

test('a node with a release of its own runs that release', () => {
  const cluster = sample();
  const placement = placementOf(cluster);
  const description = describeOne(cluster, 'n1', 'kubelet', { ...placement, versions: { ...placement.versions, kubelet: '1.36.5' } });
  expect(description.run).toContainEqual({
    kind: 'link',
    path: '/opt/kcluster/bin/kubelet',
    target: '/opt/kcluster/kubelet/1.36.5/kubelet',
  });
});

test('suites have forward secrecy and authenticated encryption', () => {
  for (const suite of strongSuites) expect(suite).toMatch(/^TLS_ECDHE_(ECDSA|RSA)_WITH_AES_(128|256)_GCM_SHA(256|384)$/);
});

test.each([
  ['192.0.2.1', 'https://192.0.2.1:2379'],
  ['fd00::1', 'https://[fd00::1]:2379'],
  ['k8s.example.com', 'https://k8s.example.com:2379'],
])('the URL of %s', (host, expected) => {
  expect(urlOf('https', host, 2379)).toBe(expected);
  expect(new URL(expected).port).toBe('2379');
});
