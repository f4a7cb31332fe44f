import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RestoreAim } from '../../../src/cluster/restore.ts';
import type { Action } from '../../../src/engine/action.ts';
import { shells } from '../support/run-sh.ts';
import { Sandbox } from '../support/sandbox.ts';
import { scriptOf } from '../support/step-of.ts';

const aim: RestoreAim = {
  id: '20260101T000000-abcdef',
  backup: 'prod-20260101T000000Z-cp1',
  snapshot: { sha256: 'ab'.repeat(32), sizeBytes: 4096, hash: 77, revision: 42, keys: 9 },
  bumpRevision: 1_000_000_000,
  members: { b: 'https://192.0.2.2:2380', a: 'https://192.0.2.1:2380' },
};
const snapshot = '/var/lib/kcluster/restore/abab.db';
const stage: Action = { kind: 'restore-stage', aim, name: 'a', path: snapshot, program: '/opt/kcluster/etcd/3.7.1/etcdutl' };
const change: Action = { kind: 'restore-switch', id: aim.id };
const data = 'var/lib/etcd';
const staged = `${data}/restored-${aim.id}`;
const replaced = `${data}/replaced-${aim.id}`;

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
  sandbox.directory(data);
  sandbox.fake('chown', 'exit 0');
  sandbox.fakeLogged('systemctl', '');
});
afterEach(() => sandbox[Symbol.dispose]());

describe.each(shells)('data made from a snapshot, by $name', (shell) => {
  const run = () => sandbox.run(scriptOf(stage), { shell });

  function etcdutl(status: string, restore = 'mkdir -p "$d/member/snap" "$d/member/wal" && echo new >"$d/member/snap/db"'): void {
    sandbox.write('var/lib/kcluster/restore/abab.db', 'snapshot');
    sandbox.write(
      'opt/kcluster/etcd/3.7.1/etcdutl',
      `#!/bin/sh
printf '%s\\n' "$*" >>'${sandbox.path('etcdutl.log')}'
case "$*" in *status*) printf '%s\\n' '${status}'; exit 0 ;; esac
while [ "$1" != --data-dir ]; do shift; done; d=$2
${restore}
`,
      0o755,
    );
  }
  const right = '{"hash":77,"revision":42,"totalKey":9,"totalSize":4064,"version":"3.7.0"}';

  test('has its final name when it is whole, with everything that Kubernetes needs of it', async () => {
    etcdutl(right);
    expect(await run()).toMatchObject({ code: 0 });
    expect(sandbox.list(data)).toEqual([`restored-${aim.id}`]);
    expect(sandbox.read(`${staged}/member/snap/db`)).toBe('new\n');
    const [, call = ''] = sandbox.calls('etcdutl');
    for (const flag of [
      '--name a',
      '--initial-cluster a=https://192.0.2.1:2380,b=https://192.0.2.2:2380',
      `--initial-cluster-token restore-${aim.id}`,
      '--initial-advertise-peer-urls https://192.0.2.1:2380',
      '--bump-revision 1000000000 --mark-compacted',
    ])
      expect(call).toContain(flag);
  });

  test('is made once; what is left of restores that were given up goes', async () => {
    etcdutl(right);
    for (const name of ['restored-old', 'restoring-old', `restoring-${aim.id}`, 'replaced-old', 'member'])
      sandbox.directory(`${data}/${name}`);
    expect((await run()).code).toBe(0);
    expect((await run()).code).toBe(0);
    expect(sandbox.calls('etcdutl')).toHaveLength(2);
    expect(sandbox.list(data)).toEqual(['member', 'replaced-old', `restored-${aim.id}`]);
  });

  test.each(['"hash":77', '"revision":42', '"totalKey":9'])(
    'a snapshot that is not the one of the record in %s is refused',
    async (field) => {
      etcdutl(right.replace(field, field.replace(/\d+/, '1')));
      const { code, stderr } = await run();
      expect(code).toBe(1);
      expect(stderr).toContain('its record says');
      expect(sandbox.list(data)).toEqual([]);
    },
  );

  test('without room beside the data in use nothing is made', async () => {
    etcdutl(right);
    sandbox.fake('df', 'printf "Filesystem 1024-blocks Used Available\\nx 1 1 1000 1%% /\\n"');
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toContain('has 1024000 bytes free');
    expect(sandbox.list(data)).toEqual([]);
  });

  test('what etcdutl leaves behind when it fails is not taken for data', async () => {
    etcdutl(right, 'mkdir -p "$d/member/snap"; echo "disk full" >&2; exit 1');
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toContain('disk full');
    expect(sandbox.list(data)).toEqual([]);
  });
});

describe('the switch', () => {
  function lay(old: boolean): void {
    if (old) sandbox.write(`${data}/member/snap/db`, 'old');
    sandbox.write(`${staged}/member/snap/db`, 'new');
  }
  const run = () => sandbox.run(scriptOf(change));

  test('keeps what was in use, and uses what was restored; again changes nothing', async () => {
    lay(true);
    for (const _ of [1, 2]) {
      expect(await run()).toMatchObject({ code: 0, stderr: '' });
      expect(sandbox.list(data)).toEqual(['member', `replaced-${aim.id}`]);
      expect(sandbox.read(`${data}/member/snap/db`)).toBe('new');
      expect(sandbox.read(`${replaced}/member/snap/db`)).toBe('old');
    }
    expect(sandbox.calls('systemctl')[0]).toBe('stop etcd.service');
  });

  test('on a new host there is nothing to keep', async () => {
    lay(false);
    expect(await run()).toMatchObject({ code: 0, stderr: '' });
    expect(sandbox.read(`${data}/member/snap/db`)).toBe('new');
    expect(sandbox.list(replaced)).toEqual([]);
  });

  const tools = ['mkdir', 'chown', 'sync', 'mv', 'rmdir'];
  test.each(Array.from({ length: 10 }, (_, index) => index))(
    'cut off before its change number %i, it is finished by the next',
    async (fatal) => {
      lay(true);
      for (const tool of tools) {
        const real = `PATH=/usr/bin:/bin; exec ${tool} "$@"`;
        const body = tool === 'chown' ? 'exit 0' : real;
        sandbox.fake(
          tool,
          `n=$(cat '${sandbox.path('n')}' 2>/dev/null || echo 0); echo $((n + 1)) >'${sandbox.path('n')}'
[ "$n" != '${fatal}' ] || { kill -KILL $PPID; exit 137; }
${body}`,
        );
      }
      const first = await run();
      const [member, kept] = [`${data}/member/snap/db`, `${replaced}/member/snap/db`];
      const seen = [member, kept].map((name) => (existsSync(sandbox.path(name)) ? sandbox.read(name) : ''));
      // Nobody's data is ever gone, and nothing half of one and half of the other is in use.
      expect(['old,', ',old', 'new,old']).toContain(seen.join());
      if (first.code !== 0) sandbox.write('n', '1000');
      expect(await run()).toMatchObject({ code: 0 });
      expect([sandbox.read(member), sandbox.read(kept)]).toEqual(['new', 'old']);
      expect(sandbox.list(data)).toEqual(['member', `replaced-${aim.id}`]);
    },
  );

  test('data that came into being in between is nobody’s to move', async () => {
    lay(true);
    sandbox.write(`${replaced}/member/snap/db`, 'older');
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toContain('came into being again');
    expect([sandbox.read(`${data}/member/snap/db`), sandbox.read(`${replaced}/member/snap/db`)]).toEqual(['old', 'older']);
  });

  test('without restored data nothing is moved', async () => {
    sandbox.write(`${data}/member/snap/db`, 'old');
    expect(await run()).toMatchObject({ code: 1 });
    expect(sandbox.read(`${data}/member/snap/db`)).toBe('old');
  });
});

describe('halt', () => {
  const halt: Action = { kind: 'halt', units: ['a.service', 'b.service'], why: 'nobody may write' };
  const run = async () => {
    sandbox.fake('sleep', 'exit 0');
    return sandbox.run(scriptOf(halt));
  };

  test('stops what is there, and kills what takes its time', async () => {
    sandbox.fakeLogged('systemctl', 'case "$*" in "cat b.service") exit 1 ;; show*) echo 4711 ;; esac');
    expect(await run()).toMatchObject({ code: 0 });
    const calls = sandbox.calls('systemctl').filter((call) => !call.startsWith('show'));
    expect(calls).toEqual(['cat a.service', 'cat b.service', 'stop --no-block a.service', 'kill -s KILL a.service', 'stop a.service']);
  });

  test('what is not there has stopped', async () => {
    sandbox.fakeLogged('systemctl', 'exit 1');
    expect(await run()).toMatchObject({ code: 0 });
    expect(sandbox.calls('systemctl')).toEqual(['cat a.service', 'cat b.service']);
  });
});
