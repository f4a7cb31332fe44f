import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Action } from '../../../src/engine/action.ts';
import { writeConditionScript } from '../../../src/engine/condition-script.ts';
import { hostPaths } from '../../../src/engine/host-paths.ts';
import { type Shell, shells } from '../support/run-sh.ts';
import { Sandbox } from '../support/sandbox.ts';
import { scriptOf } from '../support/step-of.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

const drain: Action = { kind: 'kube-drain', node: 'w1', timeoutSeconds: 300, force: false, notesWorkloads: true };
const note = `${hostPaths.drained.slice(1)}/w1`;

/** Of each pod on the node its namespace, kind and name of its controller; of each workload `namespace kind.apps/name wanted ready`. */
function fakeApi(pods: readonly string[], workloads: readonly string[], failure = ''): void {
  sandbox.write('pods', pods.map((line) => `${line}\n`).join(''));
  sandbox.write('workloads', workloads.map((line) => `${line}\n`).join(''));
  sandbox.write(
    `${hostPaths.binaries.slice(1)}/kubectl`,
    `#!/bin/sh
while [ "\${1#--}" != "$1" ]; do case $1 in --kubeconfig) shift 2 ;; *) shift ;; esac; done
printf '%s\\n' "$*" >>'${sandbox.path('kubectl.log')}'
case "$*" in
  drain*) exit 0 ;;
  *'${failure || 'no such thing'}'*) echo 'etcdserver: request timed out' >&2; exit 1 ;;
  'get pods -A --field-selector spec.nodeName=w1'*) cat '${sandbox.path('pods')}' ;;
  -n*) namespace=$2; shift 3
    for name; do awk -v n="$namespace" -v k="$name" '$1 == n && tolower($2) == k { sub(/s\\.apps\\//, " ", $2); $1 = ""; print }' '${sandbox.path('workloads')}'; done ;;
  *) exit 9 ;;
esac
`,
    0o755,
  );
}

const noted = (): readonly string[] => sandbox.read(note).split('\n').filter(Boolean).sort();
const begin = (shell: Shell) => sandbox.run(scriptOf(drain), { shell });
const ask = (shell: Shell) => sandbox.run(writeConditionScript({ kind: 'workloads-back', node: 'w1' }), { shell });

const pods = [
  'shop ReplicaSet web-1',
  'shop ReplicaSet web-1',
  'shop StatefulSet db',
  'kube-system ReplicaSet dns-7',
  'shop DaemonSet logs',
  'shop  ',
];
const whole = ['shop ReplicaSets.apps/web-1 2 2', 'shop StatefulSets.apps/db 1 1', 'kube-system ReplicaSets.apps/dns-7 2 2'];

describe.each(shells)('a drain, by $name', (shell) => {
  test('notes what is whole, before it evicts', async () => {
    fakeApi(pods, whole);
    expect((await begin(shell)).code).toBe(0);
    expect(noted()).toEqual(['kube-system ReplicaSet dns-7', 'shop ReplicaSet web-1', 'shop StatefulSet db']);
    expect(sandbox.calls('kubectl').at(-1)).toContain('drain ');
    expect(sandbox.calls('kubectl').filter((call) => call.startsWith('-n shop get '))).toHaveLength(1);
  });

  test.each([
    ['a pod is missing', 'shop ReplicaSets.apps/web-1 2 1'],
    ['no pod is Ready', 'shop ReplicaSets.apps/web-1 2 <none>'],
    ['none is wanted', 'shop ReplicaSets.apps/web-1 0 <none>'],
    ['it is gone', 'other ReplicaSets.apps/web-1 2 2'],
  ])('leaves out what is not: %s', async (_, line) => {
    fakeApi(['shop ReplicaSet web-1', 'shop StatefulSet db'], [line, 'shop StatefulSets.apps/db 1 1']);
    expect((await begin(shell)).code).toBe(0);
    expect(noted()).toEqual(['shop StatefulSet db']);
  });

  test('of a node without pods notes nothing', async () => {
    fakeApi([], whole);
    expect((await begin(shell)).code).toBe(0);
    expect(noted()).toEqual([]);
    expect(await ask(shell)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.each(['get pods', '-n shop'])('does not begin when the API does not answer: %s', async (failure) => {
    fakeApi(pods, whole, failure);
    const { code, stderr } = await begin(shell);
    expect([code, stderr]).toEqual([1, 'etcdserver: request timed out\n']);
    expect(sandbox.calls('kubectl').filter((call) => call.startsWith('drain'))).toEqual([]);
  });
});

describe.each(shells)('workloads of a drained node, by $name', (shell) => {
  const askAfter = async (workloads: readonly string[], failure = '') => {
    fakeApi(pods, whole);
    await begin(shell);
    fakeApi([], workloads, failure);
    return ask(shell);
  };

  test('are back, and nothing is left of the note', async () => {
    expect(await askAfter(whole)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(sandbox.list(hostPaths.drained.slice(1))).toEqual([]);
  });

  test('are not missed when somebody has deleted them or wants none', async () => {
    expect(await askAfter(['shop ReplicaSets.apps/web-1 0 <none>'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('that lack pods are named', async () => {
    const { code, stdout } = await askAfter(['shop ReplicaSets.apps/web-1 2 1', 'shop StatefulSets.apps/db 1 <none>']);
    const parts = stdout.trimEnd().split(', ').sort();
    expect([code, parts]).toEqual([1, ['ReplicaSet shop/web-1 has 1 of 2 pods Ready', 'StatefulSet shop/db has 0 of 1 pods Ready']]);
    expect(noted()).toHaveLength(3);
  });

  test('are not said to be back by an API that does not answer', async () => {
    expect(await askAfter(whole, '-n shop')).toEqual({ code: 1, stdout: 'etcdserver: request timed out\n', stderr: '' });
  });

  test('are not awaited where nothing was drained', async () => {
    fakeApi([], []);
    expect(await ask(shell)).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
