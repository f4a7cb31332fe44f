import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConditionTest } from '../../src/engine/condition.ts';
import { hopelessStatus, writeConditionScript } from '../../src/engine/condition-script.ts';
import { hostPaths } from '../../src/engine/host-paths.ts';
import { type Shell, shells } from './support/run-sh.ts';
import { Sandbox } from './support/sandbox.ts';
import { serveStatuses, unansweredUrl } from './support/serve.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

const unit = 'toy.service';
const ask = (shell: Shell, condition: ConditionTest, env: Record<string, string> = {}) =>
  sandbox.run(writeConditionScript(condition), { shell, env });

/** systemctl that knows one unit. */
function fakeUnit(state: string, restarts: number | '' = 0): void {
  sandbox.fake(
    'systemctl',
    `case "$*" in "is-active -- ${unit}") echo ${state}; [ ${state} = active ];; *ActiveState*" -- ${unit}") echo ${state};; *NRestarts*" -- ${unit}") echo ${restarts};; *) exit 9;; esac`,
  );
  sandbox.fake('journalctl', `case "$*" in *"-u ${unit}") echo "last words";; *) exit 9;; esac`);
}

const hopeless = (text: string) => ({ code: hopelessStatus, stdout: `${text}\n`, stderr: 'last words\n' });
const notYet = (text: string) => ({ code: 1, stdout: `${text}\n`, stderr: '' });
const holds = { code: 0, stdout: '', stderr: '' };

describe.each(shells)('http, by $name', (shell) => {
  test('200 holds, whatever the unit; nothing of the body is printed', async () => {
    await using served = await serveStatuses();
    fakeUnit('failed');
    expect(await ask(shell, { kind: 'http', url: served.url('/200'), unit })).toEqual(holds);
  });

  test.each([[500], [401], [204]])('%d does not', async (status) => {
    await using served = await serveStatuses();
    const url = served.url(`/${status}`);
    expect(await ask(shell, { kind: 'http', url })).toEqual(notYet(`${url} answers ${status}`));
    fakeUnit('active');
    expect(await ask(shell, { kind: 'http', url, unit })).toEqual(notYet(`${url} answers ${status}`));
  });

  test('no answer', async () => {
    const url = await unansweredUrl();
    expect(await ask(shell, { kind: 'http', url })).toEqual(notYet(`no answer from ${url}`));
    for (const restarts of [4, ''] as const) {
      fakeUnit('activating', restarts);
      expect(await ask(shell, { kind: 'http', url, unit })).toEqual(notYet(`no answer from ${url}`));
    }
  });

  test.each([
    ['failed', 0],
    ['failed', ''],
    ['activating', 5],
    ['activating', 12],
  ] as const)('hopeless when the unit is %s after %s restarts: with its last words', async (state, restarts) => {
    fakeUnit(state, restarts);
    expect(await ask(shell, { kind: 'http', url: await unansweredUrl(), unit })).toEqual(
      hopeless(`${unit} is ${state} after ${restarts} restarts`),
    );
  });

  test('https is not believed without its authority', async () => {
    await using served = await serveStatuses();
    const url = served.url('/200').replace('http:', 'https:');
    expect(await ask(shell, { kind: 'http', url, caFile: sandbox.path('no such ca.crt') })).toEqual(notYet(`no answer from ${url}`));
  });

  test('a proxy of the login is not asked', async () => {
    await using served = await serveStatuses();
    expect(await ask(shell, { kind: 'http', url: served.url('/200') }, { http_proxy: await unansweredUrl() })).toEqual(holds);
  });
});

describe.each(shells)('units and sockets, by $name', (shell) => {
  test.each([
    ['active', 0, holds],
    ['active', 9, holds],
    ['activating', 1, notYet(`${unit} is activating`)],
    ['inactive', 0, notYet(`${unit} is inactive`)],
    ['failed', 2, hopeless(`${unit} is failed after 2 restarts`)],
    ['activating', 5, hopeless(`${unit} is activating after 5 restarts`)],
  ])('a unit that is %s after %d restarts', async (state, restarts, answer) => {
    fakeUnit(state, restarts);
    expect(await ask(shell, { kind: 'unit-active', unit })).toEqual(answer);
  });

  test('a socket', async () => {
    const path = sandbox.path("it's a.sock");
    expect(await ask(shell, { kind: 'socket', path })).toEqual(notYet(`${path} is not there`));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    expect(await ask(shell, { kind: 'socket', path })).toEqual(holds);
    await new Promise((resolve) => server.close(resolve));
  });

  test('a file is no socket; and the unit behind it has failed', async () => {
    const path = sandbox.write('a.sock', '');
    expect(await ask(shell, { kind: 'socket', path })).toEqual(notYet(`${path} is not there`));
    fakeUnit('failed', 3);
    expect(await ask(shell, { kind: 'socket', path, unit })).toEqual(hopeless(`${unit} is failed after 3 restarts`));
  });
});

function fakeKubectl(body: string): void {
  sandbox.write(
    `${hostPaths.binaries.slice(1)}/kubectl`,
    `#!/bin/sh\nprintf '%s\\n' "$*" >>'${sandbox.path('kubectl.log')}'\n${body}\n`,
    0o755,
  );
}
const says = (text: string): void => fakeKubectl(`cat <<'END'\n${text}\nEND`);

describe.each(shells)('nodes-ready, by $name', (shell) => {
  test.each([
    ['all', 'a True kubelet is posting ready status\nb True ok', holds],
    ['all, among others that are not', 'x False down\na True ok\nb True ok\nab Unknown gone', holds],
    [
      'one not',
      'a True ok\nb False container runtime network not ready: cni',
      notYet('not ready: b (container runtime network not ready: cni)'),
    ],
    [
      'one unknown, one not registered',
      'a Unknown Kubelet stopped posting node status.',
      notYet('not ready: a (Kubelet stopped posting node status.) b ()'),
    ],
    ['names that begin alike', 'aa True ok\na False no\nb True ok', notYet('not ready: a (no)')],
    ['none is registered', '', notYet('not ready: a () b ()')],
    ['a message that speaks of another node', 'a False b True\nb False no', notYet('not ready: a (b True) b (no)')],
  ])('%s', async (_, text, answer) => {
    says(text);
    expect(await ask(shell, { kind: 'nodes-ready', nodes: ['a', 'b'] })).toEqual(answer);
    expect(sandbox.calls('kubectl')[0]).toContain(
      `--kubeconfig ${sandbox.path('etc/kubernetes/admin.conf')} --request-timeout=5s get nodes -o jsonpath=`,
    );
  });

  test('the API does not answer: its last line', async () => {
    fakeKubectl('echo "E0101 memcache.go: retrying" >&2; echo "The connection to the server was refused" >&2; exit 1');
    expect(await ask(shell, { kind: 'nodes-ready', nodes: ['a'] })).toEqual(notYet('The connection to the server was refused'));
  });
});

describe.each(shells)('deployment-available, by $name', (shell) => {
  // generation | observed generation | wanted | updated | available
  test.each([
    ['all replicas', '3|3|2|2|2|', holds],
    ['none is wanted', '3|3|0|||', holds],
    ['the controller has not seen the last change', '3|2|2|2|2|', notYet('2 of 2 replicas updated, 2 available')],
    ['the controller has seen nothing yet', '1||2|||', notYet('0 of 2 replicas updated, 0 available')],
    ['one is missing', '1|1|2|2|1|', notYet('2 of 2 replicas updated, 1 available')],
    ['old ones still serve', '2|2|2|1|2|', notYet('1 of 2 replicas updated, 2 available')],
    ['old ones serve, none is updated', '2|2|2||2|', notYet('0 of 2 replicas updated, 2 available')],
  ])('%s', async (_, text, answer) => {
    says(text);
    expect(await ask(shell, { kind: 'deployment-available', name: 'kube-system/coredns' })).toEqual(answer);
    expect(sandbox.calls('kubectl')[0]).toContain('-n kube-system get deployment coredns -o jsonpath=');
  });

  test.each([
    [
      'is not scheduled',
      '0/4 nodes are available: 4 node(s) had untolerated taint(s).',
      'coredns-1-b: 0/4 nodes are available: 4 node(s) had untolerated taint(s).',
    ],
    ['has no image', 'ErrImagePull not found', 'coredns-1-b: ErrImagePull not found'],
  ])('a pod of it that %s says so', async (_, why, told) => {
    const pods = `printf 'other-1\\tpending\\ncoredns-1-a\\t \\ncoredns-1-b\\t${why}\\n'`;
    fakeKubectl(`case " $* " in *' get pods '*) ${pods} ;; *) printf '1|1|2|2|0|' ;; esac`);
    expect(await ask(shell, { kind: 'deployment-available', name: 'kube-system/coredns' })).toEqual(
      notYet(`2 of 2 replicas updated, 0 available; ${told}`),
    );
    // kubectl takes no quoted text with a line break in it.
    expect(sandbox.calls('kubectl').at(-1)).toMatch(/get pods -o jsonpath=.*\{"\\n"\}\{end\}$/);
  });

  test('it is not there', async () => {
    fakeKubectl(`echo 'Error from server (NotFound): deployments.apps "coredns" not found' >&2; exit 1`);
    expect(await ask(shell, { kind: 'deployment-available', name: 'kube-system/coredns' })).toEqual(
      notYet('Error from server (NotFound): deployments.apps "coredns" not found'),
    );
  });
});

describe.each(shells)('a restored etcd, by $name', (shell) => {
  const endpoints = ['https://192.0.2.1:2379', 'https://192.0.2.2:2379'];
  const condition: ConditionTest = { kind: 'etcd-restored', endpoints, members: ['b', 'a'], revision: 1000 };
  const member = (name: string, learner = false, state = 'started'): string =>
    `${name}1, ${state}, ${name}, https://192.0.2.1:2380, https://192.0.2.1:2379, ${learner}`;
  const hash = (value: number): string => `"ClusterID" : 7\n"Hash" : ${value}\n"HashRevision" : 1000`;

  function etcdctl(members: readonly string[], hashes: readonly number[], key = '/registry/a'): void {
    sandbox.write('members', `${members.join('\n')}\n`);
    sandbox.write('hashes', `${hashes.map(hash).join('\n\n')}\n`);
    sandbox.write(
      `${hostPaths.binaries.slice(1)}/etcdctl`,
      `#!/bin/sh
case "$*" in
  *'member list'*) cat '${sandbox.path('members')}' ;;
  *'hashkv --rev 1000'*) cat '${sandbox.path('hashes')}' ;;
  *'get /'*) echo '${key}' ;;
  *) exit 9 ;;
esac`,
      0o755,
    );
  }

  test('all members, one hash, a key', async () => {
    etcdctl([member('a'), member('b')], [5, 5]);
    expect(await ask(shell, condition)).toEqual(holds);
  });

  test.each([
    ['one is missing', [member('a')], [5, 5], 'the members are a '],
    ['one is another', [member('a'), member('c')], [5, 5], 'the members are a c '],
    ['one only learns', [member('a'), member('b', true)], [5, 5], 'the members are a '],
    ['one has not started', [member('a'), member('b', false, 'unstarted')], [5, 5], 'the members are a '],
    ['their data differs', [member('a'), member('b')], [5, 6], 'the members differ: 5 6'],
    ['one does not answer', [member('a'), member('b')], [5], 'the members differ: 5'],
  ])('%s', async (_, members, hashes, text) => {
    etcdctl(members, hashes);
    const { code, stdout } = await ask(shell, condition);
    expect({ code, text: stdout.trimEnd() }).toEqual({ code: 1, text: text.trimEnd() });
  });

  test('nothing is in it', async () => {
    etcdctl([member('a'), member('b')], [5, 5], '');
    expect(await ask(shell, condition)).toMatchObject({ code: 1, stdout: expect.stringContaining('no key can be read') });
  });
});

test.each(shells)('whoever speaks, speaks, by $name', async (shell) => {
  await using served = await serveStatuses();
  expect(await ask(shell, { kind: 'http-speaks', url: served.url('/503'), unit })).toEqual(holds);
  fakeUnit('failed', 2);
  expect(await ask(shell, { kind: 'http-speaks', url: await unansweredUrl(), unit })).toEqual(
    hopeless(`${unit} is failed after 2 restarts`),
  );
});
