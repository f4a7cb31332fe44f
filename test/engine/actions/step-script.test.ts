import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Action } from '../../../src/engine/action.ts';
import { writeStepScript } from '../../../src/engine/actions/step-script.ts';
import { hostPaths } from '../../../src/engine/host-paths.ts';
import { issueStampOf } from '../../../src/engine/kinds/certificate.ts';
import { sha256Of } from '../../../src/engine/kinds/file.ts';
import { stampOf } from '../../../src/engine/kinds/unit.ts';
import { emptyObservations } from '../../../src/engine/observation.ts';
import { look, lookAtFiles } from '../support/look.ts';
import { sh, shells } from '../support/run-sh.ts';
import { me, Sandbox } from '../support/sandbox.ts';
import { doneOf, material, scriptOf, stepOf } from '../support/step-of.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
  sandbox.fakeLogged('systemctl', 'case $1 in show) echo 0;; esac');
});
afterEach(() => sandbox[Symbol.dispose]());

const unit = (op: Extract<Action, { kind: 'unit' }>['op'], inputs: readonly string[] = []): Action => ({
  kind: 'unit',
  unit: 'toy.service',
  op,
  inputs,
  why: 'new',
});
const text = (path: string, more: Partial<Extract<Action, { kind: 'file' }>> = {}): Action => ({
  kind: 'file',
  path,
  content: { text: 'text\n' },
  mode: 0o644,
  ...me,
  expected: 'absent',
  why: 'missing',
  ...more,
});
const stamp = 'var/lib/kcluster/units/toy.service';

describe.each(shells)('units, by $name', (shell) => {
  test.each([
    ['enable', ['enable --no-reload -q toy.service']],
    ['disable', ['disable --no-reload -q toy.service']],
    ['stop', ['stop toy.service']],
    ['start', ['reset-failed -q toy.service', 'start --no-block toy.service']],
    ['reload', ['reload toy.service']],
    ['restart', ['reset-failed -q toy.service', 'show -p MainPID --value -- toy.service', 'restart --no-block toy.service']],
  ] as const)('%s', async (op, calls) => {
    expect((await sandbox.run(scriptOf(unit(op)), { shell })).code).toBe(0);
    expect(sandbox.calls('systemctl')).toEqual(calls);
  });

  test.each(['start', 'restart', 'reload'] as const)(
    '%s stamps what the process is started with, as planning will expect it',
    async (op) => {
      const inputs = ['b.conf', 'a link', 'a.conf', 'missing', 'directory'].map((name) => sandbox.path(name));
      sandbox.write('a.conf', 'a');
      sandbox.write('b.conf', 'b');
      sandbox.directory('directory');
      symlinkSync('/opt/kcluster-toy/1', sandbox.path('a link'));
      expect((await sandbox.run(scriptOf(unit(op, inputs)), { shell })).code).toBe(0);
      expect(sandbox.read(stamp)).toBe(stampOf(inputs, await lookAtFiles(sandbox, shell, inputs)));
      expect(sandbox.read(stamp)).toContain(`${sha256Of('a')}  ${sandbox.path('a.conf')}\n`);
      expect(statSync(sandbox.path(stamp)).mode & 0o7777).toBe(0o600);
      expect(sandbox.list('var/lib/kcluster/units')).toEqual(['toy.service']);
    },
  );

  test('a start that fails keeps the stamp of the process before', async () => {
    sandbox.write(stamp, 'before\n');
    sandbox.fake('systemctl', 'case $1 in restart) exit 5;; show) echo 0;; esac');
    const { code, stdout } = await sandbox.run(scriptOf(unit('restart', [sandbox.write('a', 'a')])), { shell });
    expect([code, doneOf(stdout)]).toEqual([5, []]);
    expect(sandbox.read(stamp)).toBe('before\n');
  });

  test('a reload that the process refuses keeps the stamp: the next run tries again', async () => {
    sandbox.write(stamp, 'before\n');
    sandbox.fake('systemctl', 'case $1 in reload) exit 1;; esac');
    const { code, stdout } = await sandbox.run(scriptOf(unit('reload', [sandbox.write('a', 'a')])), { shell });
    expect([code, doneOf(stdout)]).toEqual([1, []]);
    expect(sandbox.read(stamp)).toBe('before\n');
  });

  test('nothing is started when the stamp cannot be written', async () => {
    sandbox.fake('sync', 'exit 5');
    expect((await sandbox.run(scriptOf(unit('start')), { shell })).code).toBe(5);
    expect(existsSync(sandbox.path('systemctl.log'))).toBe(false);
  });

  test('a unit without inputs has an empty stamp', async () => {
    await sandbox.run(scriptOf(unit('start')), { shell });
    expect(sandbox.read(stamp)).toBe(stampOf([], emptyObservations()));
  });

  test('restart ends after the old process has ended', async () => {
    const old = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    const ended = new Promise((resolve) => old.on('exit', resolve));
    sandbox.fake('systemctl', `case $1 in show) echo ${old.pid};; restart) : >'${sandbox.path('asked')}';; esac`);
    // The old process goes only once somebody waits for it.
    sandbox.fake('tail', `echo waits >'${sandbox.path('waits')}'; kill ${old.pid}; exec /usr/bin/tail "$@"`);
    const { code } = await sandbox.run(scriptOf(unit('restart')), { shell });
    expect(code).toBe(0);
    expect(existsSync(sandbox.path('asked'))).toBe(true);
    expect(sandbox.read('waits')).toBe('waits\n');
    await ended;
  });

  test('daemon-reload', async () => {
    await sandbox.run(scriptOf({ kind: 'daemon-reload' }), { shell });
    expect(sandbox.calls('systemctl')).toEqual(['daemon-reload']);
  });
});

describe.each(shells)('certificates and binaries, by $name', (shell) => {
  const entryAt = (paths: { certificate: string; key: string }) => ({
    request: {
      id: 'etcd-server',
      ca: 'etcd',
      commonName: 'n1',
      organizations: [],
      usages: ['server'],
      names: [],
      addresses: [],
      days: 1,
      keyAlgorithm: 'ecdsa-p256',
    } as const,
    files: [
      { path: paths.key, part: 'key', mode: 0o600, ...me },
      { path: paths.certificate, part: 'certificate', mode: 0o644, ...me },
    ] as const,
  });

  test('issued: key, certificate and the stamp that planning expects', async () => {
    const entry = entryAt({ certificate: sandbox.path('pki/server.crt'), key: sandbox.path('pki/server.key') });
    expect((await sandbox.run(scriptOf({ kind: 'issue', entry, why: 'missing' }), { shell })).code).toBe(0);
    expect([sandbox.read('pki/server.key'), sandbox.read('pki/server.crt')]).toEqual([
      'key of etcd-server\n',
      'certificate of etcd-server\n',
    ]);
    const seen = await lookAtFiles(
      sandbox,
      shell,
      entry.files.map(({ path }) => path),
    );
    expect(entry.files.map(({ path }) => seen.files.get(path)?.mode)).toEqual([0o600, 0o644]);
    expect(sandbox.read('var/lib/kcluster/issued/etcd-server')).toBe(issueStampOf(entry, seen));
  });

  test('a half that cannot be written leaves no stamp', async () => {
    const entry = entryAt({ certificate: `${sandbox.write('blocker', '')}/server.crt`, key: sandbox.path('pki/server.key') });
    const { code, stdout } = await sandbox.run(scriptOf({ kind: 'issue', entry, why: 'missing' }), { shell });
    expect(code).not.toBe(0);
    expect(doneOf(stdout)).toEqual([]);
    expect(sandbox.list('var/lib/kcluster/issued')).toEqual([]);
  });

  test('a directory in its place is left as it is', async () => {
    const entry = entryAt({ certificate: sandbox.directory('pki/server.crt'), key: sandbox.path('pki/server.key') });
    const { code, stdout } = await sandbox.run(scriptOf({ kind: 'issue', entry, why: 'holds no certificate' }), { shell });
    expect(code).not.toBe(0);
    expect(doneOf(stdout)).toEqual([]);
    expect([sandbox.list('pki'), sandbox.list('pki/server.crt')]).toEqual([['server.crt', 'server.key'], []]);
  });

  test('the record of a binary', async () => {
    const path = sandbox.write('opt/etcd/3.6/etcd', 'program', 0o755);
    utimesSync(path, 1_000, 1_000);
    const sha256 = 'ab'.repeat(32);
    const action: Action = { kind: 'binary', component: 'etcd', version: '3.6', name: 'etcd', path, sha256, sizeBytes: 7 };
    expect((await sandbox.run(scriptOf(action), { shell })).code).toBe(0);
    expect(sandbox.read('opt/etcd/3.6/.etcd.verified')).toBe(`${sha256} 7 1000\n`);
  });
});

const calls = (name: string): string => `printf '%s\\n' "$*" >>'${sandbox.path(`${name}.log`)}'`;
const installKubectl = (body: string): string =>
  sandbox.write(`${hostPaths.binaries.slice(1)}/kubectl`, `#!/bin/sh\n${calls('kubectl')}\n${body}\n`, 0o755);
const objects = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: "it's" } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'n' }, data: { a: 'KCLUSTER_END\n$x' } },
];

describe.each(shells)('the API, by $name', (shell) => {
  const look = (): string =>
    `[ "$1" = --kubeconfig ] && stat -c %a "$2" >'${sandbox.path('mode')}' && cat "$2" >'${sandbox.path('seen')}' && cat >'${sandbox.path('stdin')}'`;

  test.each([
    ['plain', objects.slice(0, 1)],
    ['with the end mark', objects],
  ])('objects are applied from standard input: %s', async (_, applied) => {
    installKubectl(look());
    const { code, stdout, stderr } = await sandbox.run(scriptOf({ kind: 'kube-apply', objects: applied, why: 'missing' }), { shell });
    expect({ code, stderr, done: doneOf(stdout) }).toEqual({ code: 0, stderr: '', done: [0] });
    expect([sandbox.read('mode'), sandbox.read('seen')]).toEqual(['600\n', 'token: top-secret\n']);
    expect(
      sandbox
        .read('stdin')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(applied);
    expect(sandbox.calls('kubectl')).toEqual([
      expect.stringMatching(/apply --server-side --force-conflicts --field-manager=kcluster -f -$/),
    ]);
    expect(sandbox.calls('kubectl').join()).not.toContain('secret');
    expect(sandbox.list('run/kcluster')).toEqual([]);
  });

  test('nodes are waited for before their labels are applied', async () => {
    installKubectl('cat >/dev/null');
    const nodes = ['n1', 'n2'].map((name) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } }));
    expect((await sandbox.run(scriptOf({ kind: 'kube-apply', objects: nodes, why: 'registers' }), { shell })).code).toBe(0);
    expect(sandbox.calls('kubectl').map((call) => call.replace(/^.*timeout=\d+s? /, ''))).toEqual([
      'node/n1 node/n2',
      'apply --server-side --force-conflicts --field-manager=kcluster -f -',
    ]);
  });

  test.each([
    ['fails', 'echo "Error from server" >&2; exit 9', 9],
    ['is killed', 'kill -9 $$', 137],
  ])('when kubectl %s the step ends there and the kubeconfig is gone', async (_, body, status) => {
    installKubectl(body);
    const { code, stdout } = await sandbox.run(scriptOf({ kind: 'kube-apply', objects, why: 'missing' }, unit('enable')), { shell });
    expect([code, doneOf(stdout)]).toEqual([status, []]);
    expect(sandbox.list('run/kcluster')).toEqual([]);
    expect(existsSync(sandbox.path('systemctl.log'))).toBe(false);
  });

  test('the kubeconfig is gone when a later action fails', async () => {
    installKubectl('cat >/dev/null');
    sandbox.fake('systemctl', 'exit 4');
    const { code, stdout } = await sandbox.run(scriptOf({ kind: 'kube-apply', objects, why: 'missing' }, unit('enable')), { shell });
    expect([code, doneOf(stdout)]).toEqual([4, [0]]);
    expect(sandbox.list('run/kcluster')).toEqual([]);
  });
});

test.each(['TERM', 'HUP', 'INT'])('the kubeconfig is gone when the script is ended by SIG%s', async (signal) => {
  installKubectl(`kill -s ${signal} "$PPID"`);
  const { code, stdout } = await sandbox.run(scriptOf({ kind: 'kube-apply', objects, why: 'missing' }));
  expect(code).not.toBe(0);
  expect(doneOf(stdout)).toEqual([]);
  expect(sandbox.list('run/kcluster')).toEqual([]);
});

describe('programs of the host', () => {
  test('an account is made once', async () => {
    sandbox.fake('id', 'exit 1');
    sandbox.fake('getent', 'exit 2');
    for (const name of ['groupadd', 'useradd']) sandbox.fakeLogged(name);
    const script = scriptOf({ kind: 'user', name: 'etcd', home: '/var/lib/etcd' });
    expect((await sandbox.run(script)).code).toBe(0);
    expect(sandbox.calls('groupadd')).toEqual(['--system etcd']);
    expect(sandbox.calls('useradd')).toEqual([
      `--system --gid etcd --home-dir ${sandbox.path('var/lib/etcd')} --no-create-home --shell /usr/sbin/nologin etcd`,
    ]);
    sandbox.fake('id', 'exit 0');
    expect(doneOf((await sandbox.run(script)).stdout)).toEqual([0]);
    expect(sandbox.calls('useradd')).toHaveLength(1);
  });

  test.each([
    ['apt', 'apt-get', ['-q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends -- conntrack socat']],
    ['dnf', 'dnf', ['-q -y install -- conntrack socat']],
    ['zypper', 'zypper', ['-q -n install --no-recommends -- conntrack socat']],
  ] as const)('packages by %s', async (manager, program, wanted) => {
    sandbox.fakeLogged(program);
    expect((await sandbox.run(scriptOf({ kind: 'packages', manager, names: ['conntrack', 'socat'] }))).code).toBe(0);
    expect(sandbox.calls(program)).toEqual(wanted);
  });

  test('the lists of apt are fetched only when a package is not found', async () => {
    sandbox.fakeLogged(
      'apt-get',
      `case $* in *update*) : >'${sandbox.path('fetched')}';; *) [ -e '${sandbox.path('fetched')}' ] || exit 100;; esac`,
    );
    expect((await sandbox.run(scriptOf({ kind: 'packages', manager: 'apt', names: ['socat'] }))).code).toBe(0);
    expect(sandbox.calls('apt-get').map((call) => call.match(/install|update/)?.[0])).toEqual(['install', 'update', 'install']);
  });

  describe('packages with a unit that stays off', () => {
    const action: Action = { kind: 'packages', manager: 'apt', names: ['haproxy'], services: ['haproxy.service'] };
    /** systemctl, apt and their calls in one log; the unit is there once the package is. */
    const machine = ({ unitThere = false, install = 0 } = {}) => {
      const there = sandbox.path('unit');
      if (unitThere) sandbox.write('unit', '');
      const log = sandbox.path('all.log');
      sandbox.fake('systemctl', `case $1 in cat) [ -e '${there}' ];; *) echo "systemctl $*" >>'${log}';; esac`);
      sandbox.fake('apt-get', `case $* in *install*) echo install >>'${log}'; : >'${there}'; exit ${install};; esac`);
    };

    test('masked while it is installed, then disabled', async () => {
      machine();
      expect((await sandbox.run(scriptOf(action))).code).toBe(0);
      expect(sandbox.calls('all')).toEqual([
        'systemctl mask --runtime -q -- haproxy.service',
        'install',
        'systemctl unmask --runtime -q -- haproxy.service',
        'systemctl disable -q -- haproxy.service',
      ]);
    });

    test('one that was there before is left alone', async () => {
      machine({ unitThere: true });
      expect((await sandbox.run(scriptOf(action))).code).toBe(0);
      expect(sandbox.calls('all')).toEqual(['install']);
    });

    test('an installation that fails half-way leaves neither mask nor service behind, and fails', async () => {
      machine({ install: 100 });
      const { code, stdout } = await sandbox.run(scriptOf(action));
      expect([code, doneOf(stdout)]).toEqual([100, []]);
      expect(sandbox.calls('all').slice(-2)).toEqual([
        'systemctl unmask --runtime -q -- haproxy.service',
        'systemctl disable -q -- haproxy.service',
      ]);
    });
  });

  test('modules, and images that are removed once containerd has them', async () => {
    sandbox.fakeLogged('modprobe');
    const archive = sandbox.write(`${hostPaths.images.slice(1)}/abc.tar`, 'image');
    sandbox.write(`${hostPaths.binaries.slice(1)}/ctr`, `#!/bin/sh\n${calls('ctr')}\ncat "$5" >'${sandbox.path('imported')}'\n`, 0o755);
    const { code } = await sandbox.run(
      scriptOf({ kind: 'module', name: 'br_netfilter' }, { kind: 'image', reference: 'r', sha256: 'abc', sizeBytes: 5 }),
    );
    expect(code).toBe(0);
    expect(sandbox.calls('modprobe')).toEqual(['br_netfilter']);
    expect(sandbox.calls('ctr')).toEqual([`-n k8s.io images import ${archive}`]);
    expect(existsSync(archive)).toBe(false);
  });

  test('an archive that was staged is found by the next look, until the runtime refuses it', async () => {
    const archive = sandbox.write(`${hostPaths.images.slice(1)}/abc.tar`, 'image');
    const digest = { reference: 'r', sha256: 'abc', sizeBytes: 5 } as const;
    const found = async () => (await look(sandbox, sh, [{ kind: 'image-archives' }])).binaries;
    expect((await found()).get(archive)).toEqual({ sizeBytes: 5 });
    expect((await sandbox.run(scriptOf({ kind: 'image-archive', ...digest }))).code).toBe(0);
    expect((await found()).get(archive)).toEqual({ sizeBytes: 5, verifiedSha256: 'abc' });
    sandbox.write(`${hostPaths.binaries.slice(1)}/ctr`, '#!/bin/sh\nexit 3\n', 0o755);
    expect((await sandbox.run(scriptOf({ kind: 'image', ...digest, isStaged: true }))).code).not.toBe(0);
    expect((await found()).get(archive)).toEqual({ sizeBytes: 5 });
    sandbox.write(`${hostPaths.binaries.slice(1)}/ctr`, '#!/bin/sh\n', 0o755);
    expect((await sandbox.run(scriptOf({ kind: 'image', ...digest }))).code).toBe(0);
    expect((await found()).size).toBe(0);
  });

  test('a kernel setting that cannot be made fails the step', async () => {
    const { code, stdout } = await sandbox.run(scriptOf({ kind: 'sysctl', key: 'no.such.key', value: '1', was: '0' }));
    expect(code).not.toBe(0);
    expect(doneOf(stdout)).toEqual([]);
  });
});

describe.each(shells)('the script of a step, by $name', (shell) => {
  test('stops at the first action that fails; marks name the finished ones', async () => {
    const [first, second, third] = ['1', '2', '3'].map((name) => sandbox.path(name)) as [string, string, string];
    const { code, stdout } = await sandbox.run(scriptOf(text(first), text(second, { owner: 'no-such-user' }), text(third)), { shell });
    expect(code).not.toBe(0);
    expect(doneOf(stdout)).toEqual([0]);
    expect([first, second, third].map((path) => existsSync(path))).toEqual([true, false, false]);
  });

  test('its directories are synced at the end', async () => {
    sandbox.fake('sync', `${calls('sync')}\nexec /bin/sync "$@"`);
    const directory = sandbox.directory('with space');
    await sandbox.run(scriptOf(text(`${directory}/a`), text(`${directory}/b`), text(sandbox.path('c'))), { shell });
    expect(sandbox.calls('sync').at(-1)).toBe(`${directory} ${sandbox.root}`);
  });

  test('the journal holds begin and end as JSON lines, and no end after a failure', async () => {
    const step = stepOf([unit('enable')], { id: `toy/it's "x" \\ %s@n1` as never });
    const script = (): string => writeStepScript(step, [...step.actions.entries()], material, 'run-1');
    await sandbox.run(script(), { shell });
    sandbox.fake('systemctl', 'exit 1');
    await sandbox.run(script(), { shell });
    const lines = sandbox
      .read('var/lib/kcluster/journal.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(lines.map(({ run, step: id, event }) => ({ run, id, event }))).toEqual(
      ['begin', 'end', 'begin'].map((event) => ({ run: 'run-1', id: step.id, event })),
    );
    for (const { at } of lines) expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(statSync(sandbox.path('var/lib/kcluster')).mode & 0o7777).toBe(0o700);
  });

  test('a second run of the same step is refused where it would write again, and changes nothing', async () => {
    const path = sandbox.path('a');
    const script = scriptOf(text(path));
    await sandbox.run(script, { shell });
    writeFileSync(path, 'edited by hand');
    expect((await sandbox.run(script, { shell })).code).toBe(78);
    expect(readFileSync(path, 'utf8')).toBe('edited by hand');
  });

  test('only some actions of a step keep their numbers', async () => {
    const step = stepOf([unit('enable'), unit('disable'), unit('stop')]);
    const script = writeStepScript(step, [...step.actions.entries()].slice(1), material, 'run-1');
    expect(doneOf((await sandbox.run(script, { shell })).stdout)).toEqual([1, 2]);
  });
});

test('no secret is part of an argument or of what a script prints', async () => {
  sandbox.fake('chown', `${calls('argv')}\nexec /bin/chown "$@"`);
  const action = text(sandbox.path('ca.key'), { content: { secret: 'ca.key' } });
  const { stdout, stderr } = await sandbox.run(scriptOf(action), { shell: sh });
  expect(stdout + stderr + sandbox.read('argv.log')).not.toContain('secret of');
});
