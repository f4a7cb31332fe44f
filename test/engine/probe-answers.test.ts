import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostPaths } from '../../src/engine/host-paths.ts';
import type { Probe } from '../../src/engine/probe.ts';
import { endOfLook, writeProbeScript } from '../../src/engine/probe-script.ts';
import { look } from './support/look.ts';
import { sh, shells } from './support/run-sh.ts';
import { Sandbox } from './support/sandbox.ts';
import { serveStatuses, unansweredUrl } from './support/serve.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

const showUnit = `shift 18; for u; do
case $u in
  etcd.service) printf 'Id=%s\\nLoadState=loaded\\nActiveState=active\\nSubState=running\\nUnitFileState=enabled\\nNeedDaemonReload=no\\nNRestarts=3\\nResult=success\\n' "$u";;
  old.service) printf 'NeedDaemonReload=yes\\nResult=exit-code\\nId=%s\\nLoadState=loaded\\nActiveState=failed\\nSubState=failed\\nUnitFileState=disabled\\nNRestarts=0\\n' "$u";;
  *) printf 'Id=%s\\nLoadState=not-found\\nActiveState=inactive\\nSubState=dead\\nUnitFileState=\\nNeedDaemonReload=no\\nNRestarts=0\\nResult=success\\n' "$u";;
esac
[ "$u" = "\${last:-new.service}" ] || echo
done`;

describe.each(shells)('units, by $name', (shell) => {
  test('what systemd says of each', async () => {
    sandbox.fake('systemctl', showUnit);
    const units = ['etcd.service', 'old.service', 'new.service'];
    const seen = await look(sandbox, shell, [...units.map((unit): Probe => ({ kind: 'unit', unit })), { kind: 'command', name: 'sh' }]);
    expect([...seen.units.keys()]).toEqual(units);
    expect(seen.units.get('etcd.service')).toEqual({
      load: 'loaded',
      active: 'active',
      sub: 'running',
      enabled: 'enabled',
      needsReload: false,
      restarts: 3,
      result: 'success',
    });
    expect(seen.units.get('old.service')).toMatchObject({ active: 'failed', enabled: 'disabled', needsReload: true, result: 'exit-code' });
    expect(seen.units.get('new.service')).toMatchObject({ load: 'not-found', active: 'inactive', enabled: '' });
    expect([...seen.commands]).toEqual(['sh']);
  });

  test('a host without systemd has no units', async () => {
    sandbox.fake('systemctl', 'echo "System has not been booted with systemd" >&2; exit 1');
    expect((await look(sandbox, shell, [{ kind: 'unit', unit: 'etcd.service' }])).units.size).toBe(0);
  });
});

describe.each(shells)('how long starts took, by $name', (shell) => {
  test('from the first process to the word that it is there, in whatever order systemd tells', async () => {
    sandbox.fake(
      'systemctl',
      `for u; do :; done; case $u in
  slow.service) printf 'ActiveEnterTimestampMonotonic=7250000\\nExecMainStartTimestampMonotonic=3000000\\n';;
  starting.service) printf 'ExecMainStartTimestampMonotonic=9000000\\nActiveEnterTimestampMonotonic=7250000\\n';;
  *) printf 'ExecMainStartTimestampMonotonic=0\\nActiveEnterTimestampMonotonic=0\\n';;
esac`,
    );
    const units = ['slow.service', 'starting.service', 'never.service'];
    const seen = await look(
      sandbox,
      shell,
      units.map((unit) => ({ kind: 'start-time', unit })),
    );
    expect([...seen.startsMs]).toEqual([['slow.service', 4250]]);
  });

  test('a host without systemd does not say', async () => {
    sandbox.fake('systemctl', 'exit 1');
    expect((await look(sandbox, shell, [{ kind: 'start-time', unit: 'etcd.service' }])).startsMs.size).toBe(0);
  });
});

describe.each(shells)('health, by $name', (shell) => {
  test('the status of each answer, 0 where nothing answers', async () => {
    await using served = await serveStatuses();
    const urls = [served.url('/200'), served.url('/500'), await unansweredUrl()];
    const seen = await look(
      sandbox,
      shell,
      urls.map((url) => ({ kind: 'health', url })),
    );
    expect(urls.map((url) => seen.health.get(url))).toEqual([{ status: 200 }, { status: 500 }, { status: 0 }]);
  });

  test('a missing authority or program is no answer', async () => {
    await using served = await serveStatuses();
    const https = served.url('/200').replace('http:', 'https:');
    expect((await look(sandbox, shell, [{ kind: 'health', url: https, caFile: sandbox.path('no ca.crt') }])).health.get(https)).toEqual({
      status: 0,
    });
    sandbox.fake('curl', 'exit 127');
    expect((await look(sandbox, shell, [{ kind: 'health', url: https }])).health.get(https)).toEqual({ status: 0 });
  });
});

test('a proxy of the login is not asked', async () => {
  await using served = await serveStatuses();
  const proxy = await unansweredUrl();
  const url = served.url('/200');
  const env = { http_proxy: proxy, HTTP_PROXY: proxy, https_proxy: proxy, no_proxy: '', NO_PROXY: '' };
  const { stdout } = await sandbox.run(writeProbeScript([{ kind: 'health', url }]), { env });
  expect(stdout).toBe(`health\t${url}\t200\n${endOfLook}\n`);
});

const kubectlPath = hostPaths.binaries.slice(1).concat('/kubectl');
const fakeKubectl = (body: string): string =>
  sandbox.write(kubectlPath, `#!/bin/sh\nprintf '%s\\n' "$*" >>'${sandbox.path('kubectl.log')}'\n${body}\n`, 0o755);
const node = (name: string, size = 0) => ({ kind: 'Node', metadata: { name, annotations: { big: 'x'.repeat(size) } } });
const answer = (value: unknown): string => `cat '${sandbox.write('answer.json', JSON.stringify(value, undefined, 1))}'`;
const reference = (kind: string, name: string, namespace?: string) => ({
  apiVersion: 'v1',
  kind,
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

describe.each(shells)('API objects, by $name', (shell) => {
  beforeEach(() => {
    sandbox.write('etc/kubernetes/admin.conf', 'admin');
  });

  test('nodes by name', async () => {
    fakeKubectl(answer({ kind: 'List', items: [node('a'), node('b')] }));
    const { kubeNodes } = await look(sandbox, shell, [{ kind: 'kube-nodes' }]);
    expect(kubeNodes).toEqual(
      new Map([
        ['a', node('a')],
        ['b', node('b')],
      ]),
    );
    expect(sandbox.calls('kubectl')).toEqual([
      expect.stringMatching(/^--kubeconfig \S+\/admin.conf --request-timeout=5s get nodes -o json/),
    ]);
  });

  test('of nodes neither their images nor what other managers wrote', async () => {
    const listed = (images: readonly object[]) => ({
      kind: 'Node',
      metadata: { name: 'a', managedFields: [{ manager: 'kubelet' }, { manager: 'kcluster' }] },
      status: { addresses: [], ...(images.length === 0 ? {} : { images }), nodeInfo: { osImage: 'x "images": [' } },
    });
    const image = { names: ['a@sha256:1', 'a:1'], sizeBytes: 1 };
    // As kubectl prints it.
    const text = JSON.stringify(
      { kind: 'List', items: [listed([image, image]), { ...listed([]), metadata: { name: 'b' } }] },
      undefined,
      4,
    );
    fakeKubectl(`cat '${sandbox.write('answer.json', text)}'`);
    const { kubeNodes } = await look(sandbox, shell, [{ kind: 'kube-nodes' }]);
    expect(kubeNodes?.get('a')).toEqual({ ...listed([]), metadata: { name: 'a', managedFields: [{ manager: 'kcluster' }] } });
    expect(kubeNodes?.get('b')).toEqual({ ...listed([]), metadata: { name: 'b' } });
  });

  test.each([
    [
      'a list',
      {
        kind: 'List',
        items: [
          { kind: 'ConfigMap', metadata: { name: 'c', namespace: 'n' } },
          { kind: 'Namespace', metadata: { name: 'n' } },
        ],
      },
      ['ConfigMap/n/c', 'Namespace//n'],
    ],
    ['one object by itself', { kind: 'ConfigMap', metadata: { name: 'c', namespace: 'n' } }, ['ConfigMap/n/c']],
    ['an empty list', { kind: 'List', items: [] }, []],
  ])('objects from %s', async (_, value, keys) => {
    fakeKubectl(`cat >'${sandbox.path('stdin')}'\n${answer(value)}`);
    const { kubeObjects } = await look(sandbox, shell, [
      { kind: 'kube-objects', references: [reference('ConfigMap', 'c', 'n')] },
      { kind: 'kube-objects', references: [reference('Namespace', 'n')] },
    ]);
    expect([...(kubeObjects ?? [])].map(([key]) => key)).toEqual(keys);
    expect(sandbox.calls('kubectl')).toHaveLength(1);
    expect(sandbox.read('stdin')).toBe(
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  namespace: n\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: n\n',
    );
  });

  test('none of the objects is there: known to be absent', async () => {
    fakeKubectl('exit 0');
    expect((await look(sandbox, shell, [{ kind: 'kube-objects', references: [reference('Namespace', 'n')] }])).kubeObjects).toEqual(
      new Map(),
    );
  });

  test('no answer is not the same as no objects', async () => {
    fakeKubectl('echo "connection refused" >&2; exit 1');
    const seen = await look(sandbox, shell, [{ kind: 'kube-nodes' }, { kind: 'kube-objects', references: [reference('Namespace', 'n')] }]);
    expect([seen.kubeNodes, seen.kubeObjects]).toEqual([undefined, undefined]);
  });

  test('without admin.conf nothing is asked', async () => {
    sandbox.write('etc/kubernetes/admin.conf', '');
    fakeKubectl('exit 0');
    const script = writeProbeScript([{ kind: 'kube-nodes' }]).replaceAll(hostPaths.adminKubeconfig, sandbox.path('none'));
    expect(await sandbox.run(script, { shell })).toEqual({ code: 0, stdout: `${endOfLook}\n`, stderr: '' });
    expect(() => sandbox.calls('kubectl')).toThrow('ENOENT');
  });

  test('large answers side by side do not mix', async () => {
    await using served = await serveStatuses();
    const many = Array.from({ length: 30 }, (_, index) => node(`n${index}`, 40_000));
    fakeKubectl(`case "$*" in *nodes*) ${answer({ kind: 'List', items: many })};; *) cat '${sandbox.path('answer.json')}';; esac`);
    const path = sandbox.write('big', 'y'.repeat(1_000_000));
    const urls = Array.from({ length: 8 }, (_, index) => served.url(`/${200 + index}`));
    const seen = await look(sandbox, shell, [
      { kind: 'kube-nodes' },
      { kind: 'kube-objects', references: [reference('Node', 'n0')] },
      ...urls.map((url): Probe => ({ kind: 'health', url })),
      { kind: 'content', path },
    ]);
    expect(seen.kubeNodes?.size).toBe(30);
    expect(seen.kubeObjects?.size).toBe(30);
    expect(seen.contents.get(path)).toHaveLength(1_000_000);
    expect(urls.map((url) => seen.health.get(url)?.status)).toEqual(urls.map((_, index) => 200 + index));
  });
});

describe('images', () => {
  let containerd: Server;
  beforeEach(async () => {
    sandbox.directory('run/containerd');
    containerd = createServer();
    await new Promise<void>((resolve) => containerd.listen(sandbox.path('run/containerd/containerd.sock'), resolve));
  });
  afterEach(() => new Promise((resolve) => containerd.close(resolve)));

  const fakeCtr = (body: string): string => sandbox.write(`${hostPaths.binaries.slice(1)}/ctr`, `#!/bin/sh\n${body}\n`, 0o755);

  test.each([
    ['two', 'echo registry/a:1; echo registry/b@sha256:00', ['registry/a:1', 'registry/b@sha256:00']],
    ['none', 'exit 0', []],
  ])('%s', async (_, body, images) => {
    fakeCtr(body);
    expect((await look(sandbox, sh, [{ kind: 'images' }])).images).toEqual(new Set(images));
  });

  test('not known while containerd does not answer', async () => {
    fakeCtr('exit 1');
    expect((await look(sandbox, sh, [{ kind: 'images' }])).images).toBeUndefined();
  });
});

test('not known on a host without containerd', async () => {
  expect((await look(sandbox, sh, [{ kind: 'images' }])).images).toBeUndefined();
});
