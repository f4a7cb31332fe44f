import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Action } from '../../../src/engine/action.ts';
import { movedStatus } from '../../../src/engine/actions/shell-library.ts';
import { shells } from '../support/run-sh.ts';
import { Sandbox } from '../support/sandbox.ts';
import { scriptOf } from '../support/step-of.ts';

const mebibyte = 1024 ** 2;
const own = '--endpoints=https://127.0.0.1:2379';

const defrag: Extract<Action, { kind: 'etcd-defrag' }> = {
  kind: 'etcd-defrag',
  id: 'beef',
  name: 'b',
  sizeBytes: 100 * mebibyte,
  inUseBytes: 10 * mebibyte,
  leastGainBytes: 45 * mebibyte,
  isAlone: false,
  timeoutSeconds: 77,
};
const moveLeader: Action = { kind: 'etcd-move-leader', to: 'cafe', toName: 'c' };
const compact = (keepRevisions: number): Action => ({ kind: 'etcd-compact', keepRevisions, timeoutSeconds: 77 });
const disarm: Action = { kind: 'etcd-disarm', endpoints: ['https://192.0.2.1:2379', 'https://192.0.2.2:2379'] };

interface Seen {
  readonly size?: number;
  readonly inUse?: number;
  readonly quota?: number;
  readonly leader?: string;
  readonly revision?: number;
}

/** As etcdctl 3.7.3 prints it; ids have 64 bits. */
const statusOf = ({
  size = 100,
  inUse = 10,
  quota = 8192,
  leader = '9',
  revision = 500,
}: Seen = {}): string => `"ClusterID" : 324952591200643719
"MemberID" : 13319814642761637952
"Revision" : ${revision}
"DBSize" : ${size * mebibyte}
"DBSizeInUse" : ${inUse * mebibyte}
"DBSizeQuota" : ${quota * mebibyte}
"Leader" : ${leader}
"Endpoint" : "https://192.0.2.1:2379"

`;
const leads = { leader: '13319814642761637952' };

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

/** An etcdctl whose status is this; `answers`: sh for whatever else it is asked. */
function etcdctl(status: string, answers = ''): void {
  sandbox.write('status', status);
  sandbox.write(
    'opt/kcluster/bin/etcdctl',
    `#!/bin/sh
printf '%s\\n' "$*" | sed 's/--c[ae][a-z]*=[^ ]* //g; s/--key=[^ ]* //; s/--dial-timeout=3s --command-timeout=10s //' >>'${sandbox.path('etcdctl.log')}'
case "$*" in *'endpoint status'*) cat '${sandbox.path('status')}'; exit 0 ;; esac
${answers}
`,
    0o755,
  );
}
const changes = (): string[] =>
  sandbox.calls('etcdctl').filter((call) => !call.includes('endpoint status') && !call.includes('alarm list'));

describe.each(shells)('by $name', (shell) => {
  const run = (action: Action) => sandbox.run(scriptOf(action), { shell });

  describe('defrag', () => {
    test('of the member on this host, with time for its size', async () => {
      etcdctl(statusOf());
      expect((await run(defrag)).code).toBe(0);
      expect(changes()).toEqual([`${own} --command-timeout=77s defrag`]);
    });

    test('nothing, when an earlier run did it', async () => {
      etcdctl(statusOf({ size: 11 }));
      expect((await run(defrag)).code).toBe(0);
      expect(changes()).toEqual([]);
    });

    test('never of one that leads now, unless it is alone', async () => {
      etcdctl(statusOf(leads));
      const { code, stderr } = await run(defrag);
      expect([code, stderr, changes()]).toEqual([movedStatus, 'its member leads etcd now\n', []]);
      expect((await run({ ...defrag, isAlone: true })).code).toBe(0);
      expect(changes()).toHaveLength(1);
    });

    test('a refusal is its end', async () => {
      etcdctl(statusOf(), 'echo refused >&2; exit 1');
      expect(await run(defrag)).toMatchObject({ code: 1, stderr: 'refused\n' });
    });

    test('a member that does not answer is left alone', async () => {
      sandbox.write('opt/kcluster/bin/etcdctl', '#!/bin/sh\nexit 1\n', 0o755);
      expect((await run(defrag)).code).toBe(1);
    });
  });

  test('the lead is handed on by the leader only', async () => {
    etcdctl(statusOf());
    expect((await run(moveLeader)).code).toBe(0);
    expect(changes()).toEqual([]);
    etcdctl(statusOf(leads));
    expect((await run(moveLeader)).code).toBe(0);
    expect(changes()).toEqual([`${own} move-leader cafe`]);
  });

  test.each<[what: string, keep: number, words: string, code: number, asked: readonly string[]]>([
    ['up to what is kept', 100, '', 0, [`${own} --command-timeout=77s compact --physical 400`]],
    ['everything', 0, '', 0, [`${own} --command-timeout=77s compact --physical 500`]],
    ['all of it is kept', 500, '', 0, []],
    [
      'done before',
      1,
      'etcdserver: mvcc: required revision has been compacted',
      0,
      [`${own} --command-timeout=77s compact --physical 499`],
    ],
    ['refused', 1, 'etcdserver: no leader', 1, [`${own} --command-timeout=77s compact --physical 499`]],
  ])('compact: %s', async (_, keep, words, code, asked) => {
    etcdctl(statusOf(), words === '' ? '' : `echo 'Error: ${words}' >&2; exit 1`);
    expect((await run(compact(keep))).code).toBe(code);
    expect(changes()).toEqual(asked);
  });

  test.each<[what: string, rooms: readonly Seen[], alarms: string, code: number, disarms: number]>([
    ['there is room', [{ quota: 200 }, { size: 50, quota: 200 }], 'memberID:9 alarm:NOSPACE ', 0, 1],
    ['no alarm', [{ quota: 200 }], '', 0, 0],
    ['one is full', [{ quota: 200 }, { quota: 100 }], 'memberID:9 alarm:NOSPACE ', 1, 0],
    ['one is nearly full', [{ quota: 200 }, { quota: 110 }], 'memberID:9 alarm:NOSPACE ', 1, 0],
    ['data differs too', [{ quota: 200 }], 'memberID:9 alarm:NOSPACE \nmemberID:8 alarm:CORRUPT ', 1, 0],
  ])('disarm: %s', async (_, rooms, alarms, code, disarms) => {
    etcdctl(rooms.map(statusOf).join(''), `case "$*" in *'alarm list'*) printf '%s\\n' '${alarms}' ;; esac`);
    const result = await run(disarm);
    expect(result.code).toBe(code);
    expect(changes()).toEqual(
      Array.from({ length: disarms }, () => '--endpoints=https://192.0.2.1:2379,https://192.0.2.2:2379 alarm disarm'),
    );
    if (rooms.length === 2 && code === 1) expect(result.stderr).toContain('holds 104857600 of');
  });
});
