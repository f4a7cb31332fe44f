import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { givenEtcdInput } from '../../src/engine/given-etcd-probe.ts';
import type { Probe } from '../../src/engine/probe.ts';
import { writeProbeScript } from '../../src/engine/probe-script.ts';
import { readObservations } from '../../src/engine/read-observations.ts';
import type { SecretName } from '../../src/engine/secret-name.ts';
import { sh, shells } from './support/run-sh.ts';
import { Sandbox } from './support/sandbox.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

const [one, two] = ['https://e1:2379', 'https://e2:2379'] as const;
const probes: readonly Probe[] = [
  { kind: 'given-etcd', endpoints: [one, two], prefix: '/registry' },
  { kind: 'command', name: 'sh' },
];
const secrets: Readonly<Partial<Record<SecretName, string>>> = {
  'given-etcd-ca.crt': 'the authority\n',
  'given-etcd-client.crt': 'the certificate\nof two lines\n',
  'given-etcd-client.key': 'the key',
};
const store = { get: (name: SecretName) => secrets[name] };

/** A curl that notes what it was called with and what its files hold, and answers by the end of the URL. */
const goodAnswers = {
  health: '{"health":"true","reason":""}',
  version: '{"etcdserver":"3.6.16","etcdcluster":"3.6.0"}',
  status: '{"header":{"cluster_id":"14841639068965178418"},"version":"3.6.16"}',
  range: '{"header":{"cluster_id":"14841639068965178418"},"count":"412"}',
};

function fakeCurl({ health, version, status, range }: typeof goodAnswers): void {
  sandbox.fakeLogged(
    'curl',
    `for a; do case $p in --cacert|--cert|--key) cat "$a" >>'${sandbox.path('held')}'; ls -ld "\${a%/*}" "$a" | cut -c1-10 >>'${sandbox.path('modes')}';; esac; p=$a; done
case $p in */health) echo '${health}';; */version) echo '${version}';; */status) echo '${status}';; */range) echo '${range}';; esac`,
  );
}

async function ask(shell = sh, stdin: string | undefined = givenEtcdInput(store)) {
  const result = await sandbox.run(writeProbeScript(probes), { shell, ...(stdin === undefined ? {} : { stdin }) });
  expect(result.code).toBe(0);
  return readObservations(probes, result.stdout);
}

/** The shell that evaluates scripts gives them no input in the tests. */
const feeding = shells.filter(({ name }) => !name.includes('evaluated'));

describe.each(feeding)('endpoints, by $name', (shell) => {
  test('all answers of each', async () => {
    fakeCurl(goodAnswers);
    const { givenEtcd, commands } = await ask(shell);
    const answer = { healthy: true, version: '3.6.16', clusterId: '14841639068965178418', keys: 412, fault: '' };
    expect([...givenEtcd].toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      [one, answer],
      [two, answer],
    ]);
    expect([...commands]).toEqual(['sh']);
  });

  test('credentials are for root alone while they are asked with, and gone afterwards', async () => {
    fakeCurl(goodAnswers);
    await ask(shell);
    for (const text of Object.values(secrets)) expect(sandbox.read('held')).toContain(text);
    expect(new Set(sandbox.read('modes').trim().split('\n'))).toEqual(new Set(['drwx------', '-rw-------']));
    expect(sandbox.list('run/kcluster')).toEqual([]);
    expect(sandbox.list('tmp')).toEqual([]);
    for (const call of sandbox.calls('curl')) expect(call).not.toMatch(/the (key|certificate|authority)/);
  });

  test('gone too when the look is ended', async () => {
    fakeCurl(goodAnswers);
    const script = writeProbeScript(probes).replace('\nwait\n', () => '\nwait\nkill -TERM $$\n');
    const { code } = await sandbox.run(script, { shell, stdin: givenEtcdInput(store) ?? '' });
    expect(code).toBe(143);
    expect(sandbox.list('run/kcluster')).toEqual([]);
  });
});

test('one that is silent is asked once, and its words are kept', async () => {
  sandbox.fakeLogged('curl', 'echo "curl: (7) Failed to connect" >&2; exit 7');
  const { givenEtcd } = await ask();
  expect(givenEtcd.get(one)).toEqual({ healthy: false, fault: 'curl: (7) Failed to connect' });
  expect(sandbox.calls('curl')).toHaveLength(2);
});

test.each([
  [
    'unwell',
    { ...goodAnswers, health: '{"health":"false","reason":"RAFT NO LEADER"}' },
    expect.objectContaining({ healthy: false, fault: expect.stringContaining('NO LEADER') }),
  ],
  ['no etcd at all', { health: 'hello', version: '', status: '404', range: '' }, { healthy: false, fault: 'answered hello' }],
  [
    'without the gateway',
    { ...goodAnswers, status: '404 page not found', range: '404 page not found' },
    { healthy: true, version: '3.6.16', fault: '' },
  ],
  [
    'empty: a count of nought is left out',
    { ...goodAnswers, range: '{"header":{"cluster_id":"5"}}' },
    expect.objectContaining({ keys: 0 }),
  ],
  [
    'refused by its own access rules',
    { ...goodAnswers, range: '{"error":"etcdserver: permission denied","code":7}' },
    expect.not.objectContaining({ keys: expect.anything() }),
  ],
  ['null', { health: 'null', version: '[]', status: '7', range: '"x"' }, { healthy: false, fault: 'answered null' }],
])('one that is %s', async (_, answers, expected) => {
  fakeCurl(answers);
  expect((await ask()).givenEtcd.get(one)).toEqual(expected);
});

test('counts below the prefix and not beside it', async () => {
  fakeCurl(goodAnswers);
  await ask();
  const body = sandbox.calls('curl').find((call) => call.includes('/kv/range')) ?? '';
  const [, key = '', end = ''] = /"key":"([^"]*)","range_end":"([^"]*)"/.exec(body) ?? [];
  expect([key, end].map((text) => Buffer.from(text, 'base64').toString())).toEqual(['/registry/', '/registry0']);
  expect(body).toContain('"count_only":true');
});

test('a host without curl says so', async () => {
  const script = writeProbeScript(probes).replace('kc_etcd() { curl', 'kc_etcd() { no-such-curl');
  const { stdout } = await sandbox.run(script, { stdin: givenEtcdInput(store) ?? '' });
  expect(readObservations(probes, stdout).givenEtcd.get(one)).toMatchObject({
    healthy: false,
    fault: expect.stringContaining('not found'),
  });
});

test('without the credentials nothing is sent', () => {
  expect(givenEtcdInput({ get: (name) => (name === 'given-etcd-client.key' ? undefined : 'x') })).toBeUndefined();
});
