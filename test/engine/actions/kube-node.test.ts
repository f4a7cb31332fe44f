import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Taint } from '../../../src/cluster/cluster.ts';
import type { Action } from '../../../src/engine/action.ts';
import { movedStatus } from '../../../src/engine/actions/shell-library.ts';
import { hostPaths } from '../../../src/engine/host-paths.ts';
import { sh, shells } from '../support/run-sh.ts';
import { Sandbox } from '../support/sandbox.ts';
import { doneOf, scriptOf } from '../support/step-of.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

/** Notes its arguments, and that it was given the short-lived kubeconfig. */
function fakeKubectl(body = ''): void {
  const log = `printf '%s\\n' "$*" >>'${sandbox.path('kubectl.log')}'; cat "$2" >'${sandbox.path('seen')}'; shift 3`;
  sandbox.write(`${hostPaths.binaries.slice(1)}/kubectl`, `#!/bin/sh\n${log}\n${body}\n`, 0o755);
}
const calls = (): readonly string[] => sandbox.calls('kubectl').map((call) => call.replace(/^--kubeconfig \S+ --request-timeout=20s /, ''));
const says = (text: string, code: number): void => fakeKubectl(`cat <<'END'\n${text}\nEND\nexit ${code}`);

describe.each(shells)('cordon, by $name', (shell) => {
  test.each<[on: boolean, mark: string | undefined, patch: object]>([
    [true, undefined, { spec: { unschedulable: true } }],
    [false, undefined, { spec: { unschedulable: null } }],
    [true, 'x.io/why', { metadata: { annotations: { 'x.io/why': 'kcluster' } }, spec: { unschedulable: true } }],
    [false, 'x.io/why', { metadata: { annotations: { 'x.io/why': null } }, spec: { unschedulable: null } }],
  ])('%s, marked %s: all of it at once', async (on, mark, patch) => {
    fakeKubectl();
    const { code, stdout } = await sandbox.run(scriptOf({ kind: 'kube-cordon', node: 'w1', on, ...(mark && { mark }) }), { shell });
    expect([code, doneOf(stdout), calls()]).toEqual([0, [0], [`patch node w1 --type=merge -p ${JSON.stringify(patch)}`]]);
    expect(sandbox.read('seen')).toBe('token: top-secret\n');
    expect(sandbox.list('run/kcluster')).toEqual([]);
  });
});

const drain = (force = false): Action => ({ kind: 'kube-drain', node: 'w1', timeoutSeconds: 300, force });

describe.each(shells)('drain, by $name', (shell) => {
  test.each([
    [false, ''],
    [true, ' --force'],
  ])('force %s: evicts, for one short pass', async (force, flag) => {
    fakeKubectl();
    expect((await sandbox.run(scriptOf(drain(force)), { shell })).code).toBe(0);
    expect(calls()).toEqual([`drain --ignore-daemonsets --delete-emptydir-data --timeout=2s${flag} -- w1`]);
  });

  test.each([
    ['some are still there', 'evicting pod a/b\nerror when evicting pods/"b" -n "a": global timeout reached: 4s', 1, 0, [0]],
    ['the pass was ended', 'node/w1 already cordoned', 124, 0, [0]],
    ['the node is not there', 'Error from server (NotFound): nodes "w1" not found', 1, 1, []],
    ['no API server', 'The connection to the server was refused', 1, 1, []],
    ['pods without a controller', 'evicting pod a/b\ncannot delete Pods that declare no controller: a/bare', 1, 1, []],
  ])('%s', async (_, text, code, expected, done) => {
    says(text, code);
    const result = await sandbox.run(scriptOf(drain()), { shell });
    expect([result.code, doneOf(result.stdout)]).toEqual([expected, done]);
    expect(result.stderr).toBe(expected === 0 ? '' : `${text}\n`);
  });
});

describe.each(shells)('delete, by $name', (shell) => {
  const remove: Action = { kind: 'kube-delete-node', node: 'w1', uid: 'u-1' };

  test('names the object that was observed', async () => {
    fakeKubectl(`cat >'${sandbox.path('stdin')}'`);
    expect((await sandbox.run(scriptOf(remove), { shell })).code).toBe(0);
    expect(calls()).toEqual(['delete --raw /api/v1/nodes/w1 -f -']);
    expect(JSON.parse(sandbox.read('stdin'))).toEqual({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'u-1' } });
  });

  test.each([
    ['is gone already', 'Error from server (NotFound): nodes "w1" not found', 0],
    [
      'is another one of the same name',
      'Error from server (Conflict): the UID in the precondition (u-1) does not match the UID in record (u-2).',
      movedStatus,
    ],
    ['is not to be had', 'Error from server (Forbidden): no', 1],
  ])('%s', async (_, text, code) => {
    says(text, 1);
    const result = await sandbox.run(scriptOf(remove), { shell });
    expect([result.code, result.stderr]).toEqual([code, code === 0 ? '' : `${text}\n`]);
  });
});

describe('taints', () => {
  const taint = (key: string, value = '', effect: Taint['effect'] = 'NoSchedule'): Taint => ({ key, value, effect });
  const taints = (set: readonly Taint[], remove: readonly Taint[] = []): Action => ({ kind: 'kube-taints', node: 'w1', set, remove });
  const foreign = { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', timeAdded: '2026-01-01T00:00:00Z' };

  /** As kubectl prints them. The patch it is given is kept; the first `failures` of them fail. */
  function fakeApi(live: readonly Record<string, string>[], failures = 0): void {
    const lines = live.map((object) => `${object.key}|${object.effect}|${object.value ?? ''}|${JSON.stringify(object)}`);
    sandbox.write('live', lines.map((line) => `${line}\n`).join(''));
    fakeKubectl(`case $1 in
get) cat '${sandbox.path('live')}';;
patch) for last; do :; done; printf '%s\\n' "$last" >>'${sandbox.path('patches')}'
  [ "$(wc -l <'${sandbox.path('patches')}')" -gt ${failures} ] || { echo 'the server rejected our request' >&2; exit 1; };;
esac`);
  }
  const patches = () =>
    sandbox
      .read('patches')
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [guard, change] = JSON.parse(line) as readonly { op: string; path: string; value: unknown }[];
        expect([guard?.op, guard?.path, change?.op, change?.path]).toEqual(['test', '/spec/taints', 'add', '/spec/taints']);
        return [guard?.value, change?.value];
      });

  test.each(shells)('come and go beside those of others, by $name', async (shell) => {
    const live = [{ key: 'a', effect: 'NoSchedule', value: 'x' }, foreign, { key: 'old', effect: 'NoExecute' }];
    fakeApi(live);
    const { code } = await sandbox.run(scriptOf(taints([taint('a', 'y'), taint('new')], [taint('old', '', 'NoExecute')])), { shell });
    expect(code).toBe(0);
    expect(patches()).toEqual([[live, [foreign, { key: 'a', value: 'y', effect: 'NoSchedule' }, { key: 'new', effect: 'NoSchedule' }]]]);
    expect(calls()[1]).toContain('patch node w1 --type=json --field-manager=kcluster -p [');
  });

  test.each([
    ['the first of a node', [], taints([taint('a')]), [null, [{ key: 'a', effect: 'NoSchedule' }]]],
    ['the last of a node', [{ key: 'a', effect: 'NoSchedule' }], taints([], [taint('a')]), [[{ key: 'a', effect: 'NoSchedule' }], []]],
    [
      'what goes has another value now: it stays',
      [{ key: 'a', effect: 'NoSchedule', value: 'mine' }],
      taints([], [taint('a', 'x')]),
      [[{ key: 'a', effect: 'NoSchedule', value: 'mine' }], [{ key: 'a', effect: 'NoSchedule', value: 'mine' }]],
    ],
    [
      'the same key with another effect stays',
      [{ key: 'a', effect: 'NoExecute' }],
      taints([taint('a')]),
      [
        [{ key: 'a', effect: 'NoExecute' }],
        [
          { key: 'a', effect: 'NoExecute' },
          { key: 'a', effect: 'NoSchedule' },
        ],
      ],
    ],
  ] as const)('%s', async (_, live, action, patch) => {
    fakeApi(live);
    expect((await sandbox.run(scriptOf(action), { shell: sh })).code).toBe(0);
    expect(patches()).toEqual([patch]);
  });

  test('somebody was faster: read and asked again, in the end given up', async () => {
    fakeApi([foreign], 2);
    expect((await sandbox.run(scriptOf(taints([taint('a')])), { shell: sh })).code).toBe(0);
    expect(patches()).toHaveLength(3);
    fakeApi([foreign], 99);
    const { code, stderr } = await sandbox.run(scriptOf(taints([taint('a')])), { shell: sh });
    expect([code, stderr]).toEqual([1, 'the server rejected our request (attempt 5)\n']);
  });

  test('a node that cannot be read is not patched', async () => {
    fakeKubectl('echo "Error from server (NotFound)" >&2; exit 1');
    expect(await sandbox.run(scriptOf(taints([taint('a')])), { shell: sh })).toMatchObject({
      code: 1,
      stderr: 'Error from server (NotFound)\n',
    });
    expect(calls()).toHaveLength(1);
  });
});
