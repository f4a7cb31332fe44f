import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Action } from '../../../src/engine/action.ts';
import { me, Sandbox } from '../support/sandbox.ts';
import { doneOf, scriptOf } from '../support/step-of.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

type TakeAway = Extract<Action, { kind: 'take-away' }>;
const take = (of: TakeAway['of'], path: string, was?: string): Action => ({
  kind: 'take-away',
  of,
  path,
  ...(was === undefined ? {} : { was }),
});

/** Twice, since a run that was killed is run again: the second time finds its work done. */
async function runTwice(...actions: readonly Action[]): Promise<void> {
  for (const _ of [1, 2]) {
    const { code, stdout, stderr } = await sandbox.run(scriptOf(...actions));
    expect({ code, stderr, done: doneOf(stdout) }).toEqual({ code: 0, stderr: '', done: [...actions.keys()] });
  }
}

async function refuse(action: Action, message: string): Promise<void> {
  const { code, stderr, stdout } = await sandbox.run(scriptOf(action));
  expect({ code, done: doneOf(stdout) }).toEqual({ code: 1, done: [] });
  expect(stderr).toContain(message);
}

describe('files', () => {
  test('one goes with what was cut off while it was written; neighbours stay', async () => {
    const path = sandbox.write('pki/ca.key', 'secret');
    sandbox.write('pki/.ca.key.kcluster-77', 'half a secret');
    sandbox.write('pki/.ca.keys.kcluster-77', 'another');
    await runTwice(take('file', path));
    expect(sandbox.list('pki')).toEqual(['.ca.keys.kcluster-77']);
  });

  test('a link goes, what it points to stays', async () => {
    sandbox.write('there', 'x');
    symlinkSync(sandbox.path('there'), sandbox.path('link'));
    await runTwice(take('link', sandbox.path('link')));
    expect([existsSync(sandbox.path('link')), sandbox.read('there')]).toEqual([false, 'x']);
  });

  test('a directory under the name of a file is somebody else’s', async () => {
    sandbox.write('a.conf/theirs', 'x');
    await refuse(take('file', sandbox.path('a.conf')), 'is a directory, not what was put there');
    expect(sandbox.read('a.conf/theirs')).toBe('x');
  });

  test('a binary goes with its record and its directories, as far as they are empty', async () => {
    const path = sandbox.write('etcd/3.6/etcd', 'ELF');
    sandbox.write('etcd/3.6/.etcd.verified', 'sha256');
    sandbox.write('etcd/3.7/etcd', 'ELF');
    await runTwice(take('binary', path));
    expect(sandbox.list('etcd')).toEqual(['3.7']);
  });

  describe('a binary that may be in use', () => {
    const action = (name: string): Action => ({ kind: 'take-away', of: 'binary', path: `/opt/kcluster/${name}`, unlessUsed: true });

    test('goes when nothing uses it', async () => {
      sandbox.write('opt/kcluster/etcd/3.5.1/etcd', 'ELF');
      sandbox.directory('opt/kcluster/bin');
      await runTwice(action('etcd/3.5.1/etcd'));
      expect(sandbox.list('opt/kcluster')).toEqual(['bin']);
    });

    test('stays while a process runs it', async () => {
      const path = sandbox.write('opt/kcluster/toy/1.0.0/toy', readFileSync('/bin/sleep'), 0o755);
      const child = spawn(path, ['60']);
      try {
        await once(child, 'spawn');
        await runTwice(action('toy/1.0.0/toy'));
        expect(existsSync(path)).toBe(true);
      } finally {
        child.kill();
        await once(child, 'exit');
      }
      await runTwice(action('toy/1.0.0/toy'));
      expect(existsSync(path)).toBe(false);
    });

    test('stays while a link leads to it', async () => {
      const path = sandbox.write('opt/kcluster/etcd/3.5.1/etcd', 'ELF');
      sandbox.directory('opt/kcluster/bin');
      symlinkSync(path, sandbox.path('opt/kcluster/bin/etcd'));
      await runTwice(action('etcd/3.5.1/etcd'));
      expect(existsSync(path)).toBe(true);
    });
  });

  test('logind reads its settings again once the kubelet’s are gone', async () => {
    sandbox.fakeLogged('systemctl');
    await sandbox.run(scriptOf(take('file', '/etc/systemd/logind.conf.d/99-of-a-test-kubelet.conf')));
    expect(sandbox.calls('systemctl')).toEqual(['kill -s HUP systemd-logind.service']);
  });
});

describe('directories', () => {
  test('an empty one goes, one with content stays', async () => {
    sandbox.directory('empty');
    sandbox.write('full/theirs', 'x');
    await runTwice(take('directory', sandbox.path('empty')), take('directory', sandbox.path('full')));
    expect([existsSync(sandbox.path('empty')), sandbox.read('full/theirs')]).toEqual([false, 'x']);
  });

  test('data goes with its content, hidden files too', async () => {
    sandbox.write('data/member/wal/0.wal', 'x');
    sandbox.write('data/.hidden', 'x');
    sandbox.write('data.kept/a', 'x');
    await runTwice(take('data', sandbox.path('data')));
    expect([existsSync(sandbox.path('data')), sandbox.list('data.kept')]).toEqual([false, ['a']]);
  });

  test('one that was there before is emptied and gets its mode back; what was set aside in it stays', async () => {
    sandbox.write('data/member/wal/0.wal', 'x');
    sandbox.write('data/kcluster-kept-1/member/a', 'x');
    sandbox.directory('data/lost+found');
    await runTwice(take('data', sandbox.path('data'), `751 ${me.owner}:${me.group}`));
    expect(sandbox.list('data')).toEqual(['kcluster-kept-1', 'lost+found']);
    expect(lstatSync(sandbox.path('data')).mode & 0o7777).toBe(0o751);
  });

  test('one that was there before and was set aside is made again', async () => {
    await runTwice(take('data', sandbox.path('data'), `755 ${me.owner}:${me.group}`));
    expect(sandbox.list('data')).toEqual([]);
  });

  test('what is mounted below is unmounted first, the deepest first', async () => {
    sandbox.write('data/a/b/file', 'x');
    const table = sandbox.write(
      'mountinfo',
      ['a', 'a/b', 'c\\040d'].map((name) => `1 2 0:1 / ${sandbox.path(`data/${name}`)} rw - t t rw\n`).join(''),
    );
    sandbox.fakeLogged('umount', `: >'${table}'`);
    const script = scriptOf(take('data', sandbox.path('data'))).replaceAll('/proc/self/mountinfo', table);
    expect(await sandbox.run(script)).toMatchObject({ code: 0, stderr: '' });
    expect(sandbox.calls('umount')).toEqual(['c d', 'a/b', 'a'].map((name) => `-- ${sandbox.path(`data/${name}`)}`));
  });

  test('while something is still mounted below, nothing is removed', async () => {
    sandbox.write('data/volume/theirs', 'x');
    sandbox.write('data/ours', 'x');
    const table = sandbox.write('mountinfo', `1 2 0:1 / ${sandbox.path('data/volume')} rw - nfs srv rw\n`);
    sandbox.fake('umount', 'exit 32');
    const script = scriptOf(take('data', sandbox.path('data'))).replaceAll('/proc/self/mountinfo', table);
    expect(await sandbox.run(script)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('still mounted, so nothing of it was removed'),
    });
    expect([sandbox.read('data/volume/theirs'), sandbox.read('data/ours')]).toEqual(['x', 'x']);
  });

  test('a mount point is emptied and stays', async () => {
    sandbox.write('data/ours', 'x');
    const table = sandbox.write('mountinfo', `1 2 0:1 / ${sandbox.path('data')} rw - ext4 /dev/sdb rw\n`);
    sandbox.fake('umount', 'exit 99');
    const script = scriptOf(take('data', sandbox.path('data'))).replaceAll('/proc/self/mountinfo', table);
    expect(await sandbox.run(script)).toMatchObject({ code: 0, stderr: '' });
    expect(sandbox.list('data')).toEqual([]);
  });

  test('a link in its place is somebody else’s', async () => {
    sandbox.write('elsewhere/theirs', 'x');
    symlinkSync(sandbox.path('elsewhere'), sandbox.path('data'));
    await refuse(take('data', sandbox.path('data')), 'is a link, not the directory that was put there');
    expect(sandbox.read('elsewhere/theirs')).toBe('x');
  });
});

describe('setting data aside', () => {
  const aside = (): Action => ({
    kind: 'set-aside',
    path: sandbox.path('etcd'),
    to: sandbox.path('etcd.kept-1'),
    within: sandbox.path('etcd/kcluster-kept-1'),
  });

  test('a rename', async () => {
    sandbox.write('etcd/member/snap/db', 'data');
    await runTwice(aside());
    expect([sandbox.read('etcd.kept-1/member/snap/db'), existsSync(sandbox.path('etcd'))]).toEqual(['data', false]);
  });

  test('within, where it is a mount of its own', async () => {
    sandbox.write('etcd/member/snap/db', 'data');
    const table = sandbox.write('mountinfo', `1 2 0:1 / ${sandbox.path('etcd')} rw - ext4 /dev/sdb rw\n`);
    expect(await sandbox.run(scriptOf(aside()).replaceAll('/proc/self/mountinfo', table))).toMatchObject({ code: 0, stderr: '' });
    expect([sandbox.read('etcd/kcluster-kept-1/member/snap/db'), sandbox.list('etcd')]).toEqual(['data', ['kcluster-kept-1']]);
  });

  test('nothing that was kept before is overwritten', async () => {
    sandbox.write('etcd/member/snap/db', 'new');
    sandbox.write('etcd.kept-1/member/snap/db', 'old');
    await refuse(aside(), 'is there already');
    expect([sandbox.read('etcd/member/snap/db'), sandbox.read('etcd.kept-1/member/snap/db')]).toEqual(['new', 'old']);
  });
});

describe('units and containers', () => {
  const unit: Action = { kind: 'unit-end', unit: 'toy.service' };

  test('a unit is disabled and stopped', async () => {
    sandbox.fakeLogged('systemctl', 'case $1 in show) echo loaded;; esac');
    await sandbox.run(scriptOf(unit));
    expect(sandbox.calls('systemctl')).toEqual([
      'disable --no-reload -q toy.service',
      'show -p LoadState --value -- toy.service',
      'stop toy.service',
      'reset-failed -q toy.service',
    ]);
  });

  test('one that is gone has ended', async () => {
    sandbox.fake('systemctl', 'case $1 in show) echo not-found;; *) exit 5;; esac');
    await runTwice(unit);
  });

  test('one that does not stop stops the run', async () => {
    sandbox.fake('systemctl', 'case $1 in show) echo loaded;; stop) echo "Job failed" >&2; exit 1;; esac');
    await refuse(unit, 'Job failed');
  });

  test('without a runtime there is nobody to ask', async () => {
    await runTwice({ kind: 'pods-end' });
  });

  test('scopes of the runtime are killed by name, nothing else', async () => {
    sandbox.fakeLogged(
      'systemctl',
      'case $1 in list-units) printf "cri-containerd-aa.scope loaded active running x\\ncri-containerd-bb.scope loaded active running y\\n";; esac',
    );
    await runTwice({ kind: 'containers-end' });
    expect(sandbox.calls('systemctl').slice(0, 4)).toEqual([
      'list-units --all --plain --no-legend cri-containerd-*.scope',
      'kill -s KILL cri-containerd-aa.scope',
      'kill -s KILL cri-containerd-bb.scope',
      'stop kubepods.slice',
    ]);
  });
});

describe('packet filter', () => {
  beforeEach(() => {
    for (const name of ['ip', 'ipset', 'nft', 'ip6tables-save', 'ip6tables-restore']) sandbox.fakeLogged(name, 'exit 1');
  });
  const saved = `*filter
:INPUT ACCEPT [0:0]
:KUBE-FIREWALL - [0:0]
:MINE - [0:0]
-A INPUT -j KUBE-FIREWALL
-A INPUT -p tcp --dport 9 -m comment --comment "KUBE- mine" -j ACCEPT
-A INPUT -m comment --comment "kubernetes \\"forward\\" rules" -j KUBE-FIREWALL
-A KUBE-FIREWALL -s 127.0.0.0/8 -j DROP
-A MINE -g KUBE-FIREWALL
COMMIT`;

  test('only chains of the kubelet and kube-proxy go, and the rules that lead to them', async () => {
    sandbox.write('saved', saved);
    sandbox.fake('iptables-save', `[ "$2" != filter ] || cat '${sandbox.path('saved')}'`);
    sandbox.fake('iptables-restore', `echo "$*" >>'${sandbox.path('restored')}'; cat >>'${sandbox.path('restored')}'`);
    expect(await sandbox.run(scriptOf({ kind: 'network-end' }))).toMatchObject({ code: 0, stderr: '' });
    expect(sandbox.read('restored')).toBe(`-w 30 --noflush
*filter
-D INPUT -j KUBE-FIREWALL
-D INPUT -m comment --comment "kubernetes \\"forward\\" rules" -j KUBE-FIREWALL
-D MINE -g KUBE-FIREWALL
-F KUBE-FIREWALL
-X KUBE-FIREWALL
COMMIT
`);
  });

  /** A rule set of one table with one chain; every other table is not there. */
  const chainText = (body: string): string => `table ip filter {\n\tchain INPUT {\n${body}\t}\n}\n`;
  const accept = '\t\ttype filter hook input priority filter; policy accept;\n';

  test.each([
    ['accepts everything', accept, true],
    ['has a rule', `${accept}\t\ttcp dport 22 accept\n`, false],
    ['has a rule with a comment that ends like a header', `${accept}\t\tcounter packets 0 bytes 0 drop comment "policy accept;"\n`, false],
    ['drops by policy', accept.replace('accept', 'drop'), false],
  ])('a base chain of iptables that %s: removed %s %s', async (_, body, removed) => {
    sandbox.write('chain', chainText(body));
    sandbox.fake('iptables-save', 'exit 0');
    sandbox.fakeLogged(
      'nft',
      `case $* in 'list chain ip filter INPUT') cat '${sandbox.path('chain')}';; delete*) exit 0;; *) exit 1;; esac`,
    );
    expect(await sandbox.run(scriptOf({ kind: 'network-end' }))).toMatchObject({ code: 0, stderr: '' });
    expect(sandbox.calls('nft').filter((call) => call.startsWith('delete'))).toEqual(removed ? ['delete chain ip filter INPUT'] : []);
  });

  test.each([
    ['nothing', '', true],
    ['a chain of somebody', '\tchain mine {\n\t}\n', false],
    ['a set', '\tset addresses {\n\t\ttype ipv4_addr\n\t}\n', false],
  ])('a table of iptables with %s: removed %s %s', async (_, body, removed) => {
    sandbox.write('table', `table ip nat {\n${body}}\n`);
    sandbox.fake('iptables-save', 'exit 0');
    sandbox.fakeLogged('nft', `case $* in 'list table ip nat') cat '${sandbox.path('table')}';; delete*) exit 0;; *) exit 1;; esac`);
    expect(await sandbox.run(scriptOf({ kind: 'network-end' }))).toMatchObject({ code: 0, stderr: '' });
    expect(sandbox.calls('nft').filter((call) => call.startsWith('delete'))).toEqual(removed ? ['delete table ip nat'] : []);
  });

  test('tables of kube-proxy and of the portmap plugin go, those of others are not asked for', async () => {
    sandbox.fake('iptables-save', 'exit 0');
    sandbox.fakeLogged('nft', "case $* in 'list table ip kube-proxy'|'list table ip6 cni_hostport'|delete*) exit 0;; *) exit 1;; esac");
    expect(await sandbox.run(scriptOf({ kind: 'network-end' }))).toMatchObject({ code: 0, stderr: '' });
    expect(sandbox.calls('nft').filter((call) => call.startsWith('delete'))).toEqual([
      'delete table ip kube-proxy',
      'delete table ip6 cni_hostport',
    ]);
  });
});

describe('accounts and records', () => {
  test('an account and its group go; when they are gone, nothing is asked of them', async () => {
    sandbox.fake('id', 'exit 0');
    sandbox.fake('getent', 'exit 0');
    for (const name of ['userdel', 'groupdel']) sandbox.fakeLogged(name);
    await sandbox.run(scriptOf({ kind: 'user-end', name: 'toy' }));
    sandbox.fake('id', 'exit 1');
    sandbox.fake('getent', 'exit 2');
    await sandbox.run(scriptOf({ kind: 'user-end', name: 'toy' }));
    expect([sandbox.calls('userdel'), sandbox.calls('groupdel')]).toEqual([['toy'], ['toy']]);
  });

  test('a setting that is not there, or is as it was, is left alone', async () => {
    await runTwice({ kind: 'sysctl-back', key: 'net.gone.with.its.module', value: '1' });
  });

  test('records go, the list among them, and their directory; the runs after that find nothing', async () => {
    for (const name of ['manifest.json', 'lock', 'lock.holder', 'units/a', 'issued/b', '.manifest.json.kcluster-7'])
      sandbox.write(`var/lib/kcluster/${name}`, '');
    sandbox.write('run/kcluster/kubectl/cache', '');
    expect(await sandbox.run(scriptOf({ kind: 'host-end' }))).toMatchObject({ code: 0, stderr: '' });
    expect([sandbox.list('var/lib'), sandbox.list('run')]).toEqual([[], []]);
  });

  test('what somebody else keeps beside the records stays', async () => {
    sandbox.write('var/lib/kcluster/snapshots/etcd.db', 'precious');
    sandbox.write('var/lib/kcluster/manifest.json', '');
    expect(await sandbox.run(scriptOf({ kind: 'host-end' }))).toMatchObject({ code: 0, stderr: '' });
    expect(sandbox.list('var/lib/kcluster')).toEqual(['snapshots']);
  });
});
