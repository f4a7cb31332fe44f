import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hopelessStatus, writeConditionScript } from '../../src/engine/condition-script.ts';
import { hostPaths } from '../../src/engine/host-paths.ts';
import { shells } from './support/run-sh.ts';
import { Sandbox } from './support/sandbox.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

interface Api {
  /** What `kubectl drain` says; none: it succeeds. */
  readonly drain?: string;
  /** `namespace/name|ending|kind of controller|mirror`. */
  readonly pods?: readonly string[];
  /** `namespace|name|allowed|selector,`. */
  readonly budgets?: readonly string[];
  /** Selector -> pods on the node that it fits, `pod/name`. */
  readonly selected?: Readonly<Record<string, readonly string[]>>;
}

function fakeKubectl({ drain, pods = [], budgets = [], selected = {} }: Api): void {
  const found = Object.entries(selected).map(([selector, names]) => `*"-l ${selector} "*) printf '%s\\n' ${names.join(' ')};;`);
  sandbox.write('drain', drain ?? '');
  sandbox.write('pods', pods.map((line) => `${line}\n`).join(''));
  sandbox.write('budgets', budgets.map((line) => `${line}\n`).join(''));
  sandbox.write(
    `${hostPaths.binaries.slice(1)}/kubectl`,
    `#!/bin/sh
printf '%s\\n' "$*" >>'${sandbox.path('kubectl.log')}'
case "$*" in
*' drain '*) cat '${sandbox.path('drain')}' >&2; exit ${drain === undefined ? 0 : 1};;
*' get pods -A '*) cat '${sandbox.path('pods')}';;
*' get poddisruptionbudgets '*) cat '${sandbox.path('budgets')}';;
${found.join('\n')}
esac`,
    0o755,
  );
}

const timedOut = 'evicting pod d/web-1\nerror when evicting pods/"web-1" -n "d": global timeout reached: 4s';

describe.each(shells)('node-drained, by $name', (shell) => {
  const ask = (force = false) => sandbox.run(writeConditionScript({ kind: 'node-drained', node: 'w1', force }), { shell });

  test.each([
    [false, ''],
    [true, ' --force'],
  ])('holds when kubectl has nothing left to evict, force %s', async (force, flag) => {
    fakeKubectl({});
    expect(await ask(force)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(sandbox.calls('kubectl')).toEqual([
      expect.stringMatching(new RegExp(`--request-timeout=5s drain --ignore-daemonsets --delete-emptydir-data --timeout=2s${flag} -- w1$`)),
    ]);
  });

  test.each<readonly [string, Api, string]>([
    [
      'held by a budget',
      {
        drain: timedOut,
        pods: ['d/web-1|||', 'd/web-2|||', 'd/other|||', 'x/web-9|||', 'kube-system/proxy||DaemonSet|', 'kube-system/etcd||Node|hash'],
        budgets: ['d|web|0|app in (web,x),', 'd|roomy|1|app=other,', 'y|web|0|app=web,'],
        selected: { 'app in (web,x)': ['pod/web-1', 'pod/web-2'] },
      },
      '4 left: d/web-1, d/web-2, d/other, x/web-9; PodDisruptionBudget d/web allows no disruption now: web-1, web-2',
    ],
    [
      'one is ending, so that the budget holds the other alone',
      {
        drain: timedOut,
        pods: ['d/web-1|2026-01-01T00:00:00Z|ReplicaSet|', 'd/web-2||ReplicaSet|'],
        budgets: ['d|web|0|app=web,'],
        selected: { 'app=web': ['pod/web-1', 'pod/web-2'] },
      },
      '2 left: d/web-1 (ending), d/web-2; PodDisruptionBudget d/web allows no disruption now: web-2',
    ],
    [
      'all are ending',
      { drain: timedOut, pods: ['d/web-1|2026-01-01T00:00:00Z|ReplicaSet|'], budgets: ['d|web|0|app=web,'] },
      '1 left: d/web-1 (ending)',
    ],
    [
      'a budget of every pod of its namespace',
      { drain: timedOut, pods: ['d/web-1|||'], budgets: ['d|all|0|'], selected: { '': ['pod/web-1'] } },
      '1 left: d/web-1; PodDisruptionBudget d/all allows no disruption now: web-1',
    ],
    [
      'two budgets over one pod: the words of the API',
      {
        drain: 'evicting pod d/web-1\nerror when evicting pods/"web-1" -n "d": This pod has more than one PodDisruptionBudget',
        pods: ['d/web-1|||'],
      },
      '1 left: d/web-1; error when evicting pods/"web-1" -n "d": This pod has more than one PodDisruptionBudget',
    ],
    ['gone in the meantime', { drain: timedOut, pods: [] }, 'error when evicting pods/"web-1" -n "d": global timeout reached: 4s'],
  ])('not yet: %s', async (_, api, answer) => {
    fakeKubectl(api);
    expect(await ask()).toEqual({ code: 1, stdout: `${answer}\n`, stderr: '' });
  });

  test('hopeless: a pod without a controller came in the meantime', async () => {
    fakeKubectl({ drain: 'unable to drain\ncannot delete Pods that declare no controller (use --force to override): d/bare' });
    expect(await ask()).toEqual({
      code: hopelessStatus,
      stdout: 'cannot delete Pods that declare no controller (use --force to override): d/bare\n',
      stderr: '',
    });
  });

  test('the API does not answer: its last line', async () => {
    sandbox.write(
      `${hostPaths.binaries.slice(1)}/kubectl`,
      '#!/bin/sh\necho "E0101 retrying" >&2; echo "connection refused" >&2; exit 1',
      0o755,
    );
    expect(await ask()).toEqual({ code: 1, stdout: 'connection refused\n', stderr: '' });
  });
});
