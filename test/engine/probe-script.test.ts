import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, totalmem, userInfo } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeProbeScript } from '../../src/engine/probe-script.ts';
import { readObservations } from '../../src/engine/read-observations.ts';
import { look, lookAtFiles } from './support/look.ts';
import { sh, shells } from './support/run-sh.ts';
import { me, Sandbox } from './support/sandbox.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

describe.each(shells)('files, by $name', (shell) => {
  test('a file: type, mode, owner, size and sha256', async () => {
    const path = sandbox.write('a.conf', 'hello\n', 0o640);
    const { files } = await lookAtFiles(sandbox, shell, [path]);
    expect(files.get(path)).toEqual({ type: 'file', mode: 0o640, ...me, sizeBytes: 6, sha256: sha256('hello\n') });
  });

  test('nothing, a directory, a link, a dangling link and a device', async () => {
    const directory = sandbox.directory('d');
    const target = sandbox.write('target', 'x');
    symlinkSync(target, sandbox.path('link'));
    symlinkSync('no/such', sandbox.path('dangling'));
    const paths = ['missing', 'd', 'link', 'dangling'].map((name) => sandbox.path(name));
    const { files } = await lookAtFiles(sandbox, shell, [...paths, '/dev/null']);
    expect([...files.keys()].sort()).toEqual(['/dev/null', directory, sandbox.path('dangling'), sandbox.path('link')]);
    expect(files.get(directory)).toMatchObject({ type: 'directory', mode: statSync(directory).mode & 0o7777 });
    expect(files.get(directory)?.sha256).toBeUndefined();
    expect(files.get(sandbox.path('link'))).toMatchObject({ type: 'link', target });
    expect(files.get(sandbox.path('link'))?.sha256).toBeUndefined();
    expect(files.get(sandbox.path('dangling'))).toMatchObject({ type: 'link', target: 'no/such' });
    expect(files.get('/dev/null')?.type).toBe('other');
  });

  test.each(['with space', "it's", 'a "b" c', '$HOME `x` \\ y', '-n', 'grün', '*'])('a file and a link named %s', async (name) => {
    const path = sandbox.write(name, name);
    const link = sandbox.path(`${name} -> 'link'`);
    symlinkSync(path, link);
    const { files, contents } = await look(sandbox, shell, [
      { kind: 'file', path },
      { kind: 'file', path: link },
      { kind: 'content', path },
    ]);
    expect(files.get(path)?.sha256).toBe(sha256(name));
    expect(files.get(link)?.target).toBe(path);
    expect(contents.get(path)).toBe(name);
  });

  test('set-id and sticky bits belong to the mode', async () => {
    const paths = (
      [
        ['u', 0o4755],
        ['g', 0o2755],
        ['t', 0o1777],
      ] as const
    ).map(([name, mode]) => {
      const path = sandbox.directory(name);
      chmodSync(path, mode);
      return path;
    });
    const { files } = await lookAtFiles(sandbox, shell, paths);
    expect(paths.map((path) => files.get(path)?.mode)).toEqual([0o4755, 0o2755, 0o1777]);
  });

  test('content comes back byte for byte; what is no file has none', async () => {
    const text = 'tab\there\nkcluster \\n %s $x `y` \'q\' "d"\r\nno newline at the end: ü€𝄞';
    const path = sandbox.write('c', text);
    const empty = sandbox.write('e', '');
    const { contents } = await look(
      sandbox,
      shell,
      [path, empty, sandbox.path('none'), sandbox.root].map((each) => ({ kind: 'content', path: each })),
    );
    expect([...contents]).toEqual([
      [path, text],
      [empty, ''],
    ]);
  });

  test('binary content cannot break the other answers', async () => {
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256));
    const path = sandbox.write('b', bytes);
    const after = sandbox.write('after', 'after');
    const seen = await look(sandbox, shell, [
      { kind: 'content', path },
      { kind: 'content', path: after },
      { kind: 'file', path },
    ]);
    expect(seen.contents.get(after)).toBe('after');
    expect(seen.contents.get(path)).toBe(bytes.toString('utf8'));
    expect(seen.files.get(path)).toMatchObject({ sizeBytes: 4096, sha256: sha256(bytes) });
  });

  test('the certificate of a kubeconfig, and nothing of its key', async () => {
    const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    const key = Buffer.from('-----BEGIN PRIVATE KEY-----').toString('base64');
    const kubeconfig = `users:\n  - name: x\n    user:\n      client-certificate-data: ${Buffer.from(certificate).toString('base64')}\n      client-key-data: ${key}\n`;
    const path = sandbox.write('admin.conf', kubeconfig);
    const probes = [{ kind: 'kubeconfig-certificate', path }] as const;
    const { stdout } = await sandbox.run(writeProbeScript(probes), { shell });
    expect(stdout).not.toContain(key);
    expect(readObservations(probes, stdout).kubeconfigCertificates.get(path)).toBe(certificate);
  });
});

describe.each(shells)('host, by $name', (shell) => {
  test('users, commands and modules that are there, and those that are not', async () => {
    const { name } = { name: userInfo().username };
    sandbox.fake('only-here', 'exit 0');
    const [filesystem = ''] = readFileSync('/proc/filesystems', 'utf8').match(/\w+$/m) ?? [];
    const seen = await look(sandbox, shell, [
      { kind: 'user', name },
      { kind: 'user', name: 'no-such-user' },
      { kind: 'command', name: 'only-here' },
      { kind: 'command', name: 'no-such-command' },
      { kind: 'module', name: filesystem },
      { kind: 'module', name: 'no_such_module' },
    ]);
    expect([...seen.users]).toEqual([name]);
    expect([...seen.commands]).toEqual(['only-here']);
    expect([...seen.modules]).toEqual([filesystem]);
  });

  test('live kernel settings, of several words too', async () => {
    const { sysctls } = await look(sandbox, shell, [
      { kind: 'sysctl', key: 'kernel.ostype' },
      { kind: 'sysctl', key: 'kernel.pid_max' },
      { kind: 'sysctl', key: 'kernel.printk' },
      { kind: 'sysctl', key: 'no.such.key' },
    ]);
    expect([...sysctls]).toEqual([
      ['kernel.ostype', 'Linux'],
      ['kernel.pid_max', readFileSync('/proc/sys/kernel/pid_max', 'utf8').trim()],
      ['kernel.printk', readFileSync('/proc/sys/kernel/printk', 'utf8').trim().replaceAll('\t', ' ')],
    ]);
  });

  test('facts of this machine', async () => {
    sandbox.fake('systemctl', "echo 'systemd 252 (252.39-1)'; echo '+PAM'");
    sandbox.write('etc/os-release', 'ID=toy\nID_LIKE="debian rhel"\nVERSION_ID="12"\nt=/nowhere\n');
    for (const manager of ['apt-get', 'dnf']) sandbox.fake(manager, 'exit 0');
    const { facts } = await look(sandbox, shell, [{ kind: 'facts' }]);
    expect(facts).toMatchObject({
      osId: 'toy',
      osIdLike: 'debian rhel',
      osVersion: '12',
      hostname: hostname(),
      memoryBytes: totalmem(),
      systemdVersion: 252,
      uid: process.getuid?.(),
      packageManager: 'apt',
    });
    expect(facts?.kernel).toBe(readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim());
    expect(facts?.cpus).toBeGreaterThan(0);
    expect([1, 2]).toContain(facts?.cgroupVersion);
    expect(Object.keys(facts?.freeBytes ?? {})).toEqual(['/etc', '/opt', '/var/lib']);
    for (const free of Object.values(facts?.freeBytes ?? {})) expect(free).toBeGreaterThan(0);
  });

  test('facts of a host without os-release and without systemd', async () => {
    sandbox.fake('systemctl', 'exit 127');
    const path = sandbox.write('a', 'a');
    const seen = await look(sandbox, shell, [{ kind: 'facts' }, { kind: 'file', path }]);
    expect(seen.facts).toMatchObject({ osId: 'unknown', osIdLike: '', osVersion: '', systemdVersion: 0 });
    expect(seen.files.has(path)).toBe(true);
  });

  test('free space is told by directory even where one is missing', async () => {
    sandbox.fake(
      'df',
      `for d; do case $d in -*) ;; /opt) echo "df: /opt: No such file" >&2 ;; *) [ "$h" ] || echo Filesystem; h=1; echo "/dev/x 16 9 \${#d} 1% $d";; esac; done`,
    );
    const { facts } = await look(sandbox, shell, [{ kind: 'facts' }]);
    expect(facts?.freeBytes).toMatchObject({ '/etc': 4 * 1024, '/var/lib': 8 * 1024 });
    expect(facts?.freePercent).toMatchObject({ '/etc': 25, '/var/lib': 50 });
  });

  test('programs, and those of them that run', async () => {
    const running = sandbox.write('opt/kcluster/toy/1.2.3/toy', readFileSync('/bin/sleep'), 0o755);
    sandbox.write('opt/kcluster/etcd/3.7.3/etcd', 'ELF');
    sandbox.write('opt/kcluster/etcd/3.7.3/.etcd.verified', 'sha256');
    sandbox.write('opt/kcluster/images/a.tar', 'image');
    sandbox.directory('opt/kcluster/bin');
    symlinkSync(running, sandbox.path('opt/kcluster/bin/toy'));
    const child = spawn(running, ['60']);
    try {
      await once(child, 'spawn');
      const { entries } = await look(sandbox, shell, [{ kind: 'programs' }]);
      expect(entries.get(sandbox.path('opt/kcluster'))).toEqual(['etcd/3.7.3/etcd', 'toy/1.2.3/toy']);
      expect(entries.get('/proc/*/exe')).toEqual([running]);
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });

  test('listeners with their processes', async () => {
    sandbox.fake(
      'ss',
      `cat <<'X'
LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3),("other",pid=2,fd=3))
LISTEN 0 128 [::]:6443 [::]:* users:(("kube-apiserver",pid=3,fd=7))
LISTEN 0 5 127.0.0.1%lo:53 0.0.0.0:*
X`,
    );
    const { listeners } = await look(sandbox, shell, [{ kind: 'listeners' }]);
    expect(listeners).toEqual([
      { port: 22, process: 'sshd' },
      { port: 6443, process: 'kube-apiserver' },
      { port: 53, process: '' },
    ]);
  });

  test('whether addresses are reached without a gateway', async () => {
    sandbox.fake(
      'ip',
      'case "$*" in *10.0.0.7) echo "10.0.0.7 dev eth0 src 10.0.0.1";; *10.9.0.1) echo "10.9.0.1 via 10.0.0.254 dev eth0";; *) exit 2;; esac',
    );
    const addresses = ['10.0.0.7', '10.9.0.1', '192.0.2.1'];
    const { onLink } = await look(
      sandbox,
      shell,
      addresses.map((address) => ({ kind: 'route', address })),
    );
    expect([...onLink]).toEqual([
      ['10.0.0.7', true],
      ['10.9.0.1', false],
      ['192.0.2.1', false],
    ]);
  });

  test('names in directories: with spaces, dangling links too, not hidden ones; of none where there is none', async () => {
    const full = sandbox.directory('net.d');
    for (const name of ['10-a.conflist', 'b c.conf', '.hidden']) sandbox.write(`net.d/${name}`, '');
    symlinkSync('no/such', sandbox.path('net.d/dangling'));
    const paths = [full, sandbox.directory('empty'), sandbox.path('missing'), sandbox.write('file', '')];
    const { entries } = await look(
      sandbox,
      shell,
      paths.map((path) => ({ kind: 'entries', path })),
    );
    expect([...entries]).toEqual([[full, ['10-a.conflist', 'b c.conf', 'dangling']]]);
  });
});

describe('binary records', () => {
  const record = (path: string, text: string): void => writeFileSync(path.replace(/([^/]+)$/, '.$1.verified'), text);
  const present = (): string => {
    const path = sandbox.write('opt/etcd', 'program');
    utimesSync(path, 1_000, 1_000);
    return path;
  };
  const binaries = async (path: string) => (await look(sandbox, sh, [{ kind: 'binary', path }])).binaries.get(path);

  test('verified while size and time are those of the record', async () => {
    const path = present();
    record(path, 'abc 7 1000\n');
    expect(await binaries(path)).toEqual({ sizeBytes: 7, verifiedSha256: 'abc' });
  });

  test.each([
    ['touched', (path: string) => utimesSync(path, 1_000, 1_001)],
    [
      'of another size',
      (path: string) => {
        writeFileSync(path, 'longer program');
        utimesSync(path, 1_000, 1_000);
      },
    ],
    ['without a record', (path: string) => rmSync(path.replace('etcd', '.etcd.verified'))],
    ['with an empty record', (path: string) => record(path, '')],
    ['with a torn record', (path: string) => record(path, 'abc 7')],
  ])('not verified when %s', async (_, change) => {
    const path = present();
    record(path, 'abc 7 1000\n');
    change(path);
    expect(await binaries(path)).toEqual({ sizeBytes: statSync(path).size });
  });

  test('a record without its binary is nothing', async () => {
    const path = sandbox.path('opt/etcd');
    sandbox.directory('opt');
    record(path, 'abc 7 1000\n');
    expect(await binaries(path)).toBeUndefined();
  });
});

test('nothing is asked when there are no probes', async () => {
  const seen = await look(sandbox, sh, []);
  expect(seen.files.size + seen.units.size + seen.asked.size).toBe(0);
  expect(existsSync(sandbox.temporary)).toBe(true);
});

test('a host that cannot make temporary files says so', async () => {
  const { code } = await sandbox.run(writeProbeScript([{ kind: 'facts' }]), { env: { TMPDIR: sandbox.path('none') } });
  expect(code).not.toBe(0);
});
