import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Action } from '../../../src/engine/action.ts';
import { shells } from '../support/run-sh.ts';
import { Sandbox } from '../support/sandbox.ts';
import { scriptOf } from '../support/step-of.ts';

const own = 'https://192.0.2.2:2380';
const rest = { name: 'b', peerURL: own, endpoints: ['https://192.0.2.1:2379', 'https://192.0.2.3:2379'] };
const add: Action = { kind: 'etcd-add-member', ...rest };
const promote: Action = { kind: 'etcd-promote', ...rest };
const remove: Action = { kind: 'etcd-remove-member', id: 'beef', ...rest };

const first = 'a1, started, a, https://192.0.2.1:2380, https://192.0.2.1:2379, false';
const lines = {
  nobody: [first],
  unstarted: [first, `beef, unstarted, , ${own}, , true`],
  started: [first, `beef, started, b, ${own}, https://192.0.2.2:2379, true`],
  lookalike: [first, `cafe, started, z, ${own}0, https://192.0.2.9:2379, false`],
} as const;

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

/** An etcdctl that knows these members, and answers changes with what the files in its folder say. */
function etcdctl(members: keyof typeof lines, changes: string): void {
  sandbox.write('members', `${lines[members].join('\n')}\n`);
  sandbox.write(
    'opt/kcluster/bin/etcdctl',
    `#!/bin/sh
printf '%s\\n' "$*" | sed 's/--c[a-z]*=[^ ]* //g; s/--key=[^ ]* //; s/--dial-timeout=3s --command-timeout=10s //' >>'${sandbox.path('etcdctl.log')}'
case "$*" in *'member list'*) cat '${sandbox.path('members')}'; exit 0 ;; *'endpoint status'*) exit 0 ;; esac
${changes}
`,
    0o755,
  );
}
const at = '--endpoints=https://192.0.2.1:2379,https://192.0.2.3:2379';
const changes = (): string[] =>
  sandbox.calls('etcdctl').filter((call) => !call.includes('member list') && !call.includes('endpoint status'));
const failTimes = (count: number, words: string): string =>
  `n=$(cat '${sandbox.path('n')}' 2>/dev/null || echo 0); echo $((n + 1)) >'${sandbox.path('n')}'
[ "$n" -ge ${count} ] || { echo 'Error: ${words}' >&2; exit 1; }`;

describe.each(shells)('by $name', (shell) => {
  const run = (action: Action) => {
    sandbox.fake('sleep', 'exit 0');
    return sandbox.run(scriptOf(action), { shell });
  };

  test('a node that is no member is added as a learner, through members that are there', async () => {
    etcdctl('nobody', '');
    expect((await run(add)).code).toBe(0);
    expect(changes()).toEqual([`${at} member add b --learner --peer-urls=${own}`]);
  });

  test('an address that only begins alike is another one', async () => {
    etcdctl('lookalike', '');
    expect((await run(add)).code).toBe(0);
    expect(changes()).toHaveLength(1);
  });

  test('one that an earlier run added is not added again', async () => {
    etcdctl('unstarted', 'exit 9');
    expect((await run(add)).code).toBe(0);
    expect(sandbox.calls('etcdctl').every((call) => call.includes('member list'))).toBe(true);
  });

  test('a member that ran before and has no data here is not taken over', async () => {
    etcdctl('started', 'exit 9');
    const { code, stderr } = await run(add);
    expect([code, stderr]).toEqual([1, expect.stringContaining('its data is not here')]);
  });

  test('what etcd refuses for now is asked for again', async () => {
    etcdctl('nobody', failTimes(3, 'etcdserver: unhealthy cluster'));
    expect((await run(add)).code).toBe(0);
    expect(changes()).toHaveLength(4);
  });

  test('what etcd refuses for good is told in its words', async () => {
    etcdctl('nobody', "echo 'Error: etcdserver: too many learner members in cluster' >&2; exit 1");
    const { code, stderr } = await run(add);
    expect([code, stderr]).toEqual([1, expect.stringContaining('too many learner members')]);
  });

  test('etcd that does not answer is no empty list of members', async () => {
    sandbox.write('opt/kcluster/bin/etcdctl', '#!/bin/sh\nexit 4\n', 0o755);
    expect((await run(add)).code).not.toBe(0);
    expect((await run(promote)).code).not.toBe(0);
    expect((await run(remove)).code).not.toBe(0);
  });

  test('a learner is promoted by its id, once it is in sync', async () => {
    etcdctl('started', failTimes(2, 'etcdserver: can only promote a learner member which is in sync with leader'));
    expect((await run(promote)).code).toBe(0);
    expect(changes()).toEqual(Array.from({ length: 3 }, () => `${at} member promote beef`));
  });

  test('who votes already is done', async () => {
    etcdctl('started', "echo 'Error: etcdserver: can only promote a learner member' >&2; exit 1");
    expect((await run(promote)).code).toBe(0);
    expect(changes()).toHaveLength(1);
  });

  test('nobody can be promoted who is no member', async () => {
    etcdctl('nobody', '');
    const { code, stderr } = await run(promote);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`no member has the peer URL ${own}`)]);
  });

  test('a member is removed by its id', async () => {
    etcdctl('started', '');
    expect((await run(remove)).code).toBe(0);
    expect(changes().at(-1)).toBe(`${at} member remove beef`);
  });

  test('one that is gone already is done', async () => {
    etcdctl('nobody', 'exit 9');
    expect((await run(remove)).code).toBe(0);
    expect(changes()).toEqual([]);
  });
});
