import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostPaths } from '../../src/engine/host-paths.ts';
import { observeHost } from '../../src/engine/observe.ts';
import type { Probe } from '../../src/engine/probe.ts';
import { endOfLook, writeProbeScript } from '../../src/engine/probe-script.ts';
import { readObservations } from '../../src/engine/read-observations.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';
import { shells } from './support/run-sh.ts';
import { Sandbox } from './support/sandbox.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
  sandbox.write('etc/kubernetes/admin.conf', '');
});
afterEach(() => sandbox[Symbol.dispose]());

function fakeKubectl(body: string): void {
  sandbox.write(
    `${hostPaths.binaries.slice(1)}/kubectl`,
    `#!/bin/sh\nprintf '%s\\n' "$*" >>'${sandbox.path('kubectl.log')}'\n${body}`,
    0o755,
  );
}
const print = (...lines: readonly (readonly string[])[]): string =>
  `cat <<'END'\n${lines.map((fields) => fields.join('\t')).join('\n')}\nEND\n`;

const owners = '[{"kind":"Other","name":"x"},{"apiVersion":"apps/v1","controller":true,"kind":"ReplicaSet","name":"web-1"}]';
const probes: readonly Probe[] = [{ kind: 'kube-pods', node: 'w1' }, { kind: 'kube-pods', node: 'w2' }, { kind: 'kube-pod-counts' }];

describe.each(shells)('pods of nodes, by $name', (shell) => {
  const look = async () => readObservations(probes, (await sandbox.run(writeProbeScript(probes), { shell })).stdout);

  test('what matters of them, budgets, and workloads of one replica', async () => {
    fakeKubectl(`case "$*" in
*spec.nodeName=w1*) ${print(
      ['pod', 'w1', 'd', 'web-1-a', 'Running', owners, '{"app":"web"}', '{} {"medium":"Memory"}', ''],
      ['pod', 'w1', 'd', 'bare', 'Pending', '', '', '', ''],
      ['pod', 'w1', 'kube-system', 'etcd-w1', 'Running', '[{"controller":true,"kind":"Node","name":"w1"}]', '{}', '', 'hash'],
    )};;
*spec.nodeName=w2*) echo;;
*poddisruptionbudgets*) ${print(['budget', 'd', 'web', '0', '{"matchLabels":{"app":"web"}}'], ['budget', 'd', 'none', '2', ''])};;
*replicasets,statefulsets*) ${print(['single', 'ReplicaSet', 'd', 'web-1'])};;
*status.phase!=Succeeded*) printf 'w1\\nw2\\nw1\\n\\n';;
esac`);
    const { kubePods, kubePodCounts } = await look();
    expect(kubePods?.pods).toEqual(
      new Map([
        [
          'w1',
          [
            {
              namespace: 'd',
              name: 'web-1-a',
              phase: 'Running',
              labels: { app: 'web' },
              controller: { kind: 'ReplicaSet', name: 'web-1' },
              hasEmptyDir: true,
              isMirror: false,
            },
            { namespace: 'd', name: 'bare', phase: 'Pending', labels: {}, hasEmptyDir: false, isMirror: false },
            {
              namespace: 'kube-system',
              name: 'etcd-w1',
              phase: 'Running',
              labels: {},
              controller: { kind: 'Node', name: 'w1' },
              hasEmptyDir: false,
              isMirror: true,
            },
          ],
        ],
        ['w2', []],
      ]),
    );
    expect(kubePods?.budgets).toEqual([
      { namespace: 'd', name: 'web', disruptionsAllowed: 0, selector: { matchLabels: { app: 'web' } } },
      { namespace: 'd', name: 'none', disruptionsAllowed: 2 },
    ]);
    expect(kubePods?.singles).toEqual(new Set(['ReplicaSet/d/web-1']));
    expect(kubePodCounts).toEqual(
      new Map([
        ['w1', 2],
        ['w2', 1],
      ]),
    );
  });

  test('a node whose pods are not to be had is not one without pods', async () => {
    fakeKubectl('case "$*" in *spec.nodeName=w1*) exit 1;; *nodeName*) echo;; esac; exit 0');
    expect([...((await look()).kubePods?.pods.keys() ?? [])]).toEqual(['w2']);
  });

  test('not known while no API server answers, nor on a host without admin.conf', async () => {
    fakeKubectl('exit 1');
    expect(await look()).toMatchObject({ kubePods: undefined, kubePodCounts: undefined });
    const script = writeProbeScript(probes).replaceAll(hostPaths.adminKubeconfig, sandbox.path('none'));
    expect(await sandbox.run(script, { shell })).toEqual({ code: 0, stdout: `${endOfLook}\n`, stderr: '' });
  });
});

test('lines of a node that nobody asked about are left out', async () => {
  const host = new FakeHost().on(/./, { stdout: `pod\tw9\td\ta\tRunning\t\t\t\t\nkube-pods\tw1\n${endOfLook}\n` });
  expect((await observeHost(host, probes)).kubePods?.pods).toEqual(new Map([['w1', []]]));
});
