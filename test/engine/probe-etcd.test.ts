import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Probe } from '../../src/engine/probe.ts';
import { listOfOne, listWithLearner, statusWithQuorum } from './support/etcd-answers.ts';
import { look } from './support/look.ts';
import { sh, shells } from './support/run-sh.ts';
import { Sandbox } from './support/sandbox.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
  sandbox.write('etc/etcd/pki/healthcheck-client.crt', 'certificate');
});
afterEach(() => sandbox[Symbol.dispose]());

const probe: Probe = { kind: 'etcd' };
const own = '2c8d79aed6a1e699';
const second = statusWithQuorum.replace('"member_id":"3210355901217236633"', '"member_id":"17362091599390544425"');
const listOfTwo = listOfOne.replace(
  /}]}$/,
  '}, {"ID":"17362091599390544425", "name":"two", "peerURLs":["https://[2001:db8::2]:2380"], "clientURLs": [ "https://[2001:db8::2]:2379", "https://192.0.2.2:2379"]}]}',
);

/** A curl that answers as members would; `status` is run for the status and the health of a member. */
function fakeCurl(list: string, status = `cat '${sandbox.write('status', `${statusWithQuorum}\n200`)}'`): void {
  const listFile = sandbox.write('list', list);
  sandbox.fakeLogged('curl', `case "$*" in */member/list*) cat '${listFile}';; *) ${status};; esac`);
}

describe.each(shells)('etcd, by $name', (shell) => {
  test('the list is asked of the member here, the status of every member that has started', async () => {
    fakeCurl(listWithLearner);
    const { etcd } = await look(sandbox, shell, [probe]);
    expect(etcd?.members.map(({ id, name }) => [id, name])).toEqual([
      [own, 'quorum-cp1'],
      ['f0f28a5243779229', ''],
    ]);
    expect([...(etcd?.statuses ?? [])].map(([id, { healthy }]) => [id, healthy])).toEqual([[own, true]]);
    const [list, status, ...more] = sandbox.calls('curl');
    expect(more).toEqual([]);
    expect(list).toMatch(/ -m 2 .*--cacert \S+\/ca\.crt --cert \S+\/healthcheck-client\.crt --key \S+\/healthcheck-client\.key -d /);
    expect(list).toMatch(/ {"linearizable":false} https:\/\/127\.0\.0\.1:2379\/v3\/cluster\/member\/list$/);
    expect(status).toMatch(
      / https:\/\/10\.101\.95\.11:2379\/v3\/maintenance\/status --next .* https:\/\/10\.101\.95\.11:2379\/health\?serializable=true/,
    );
  });

  test('each member is asked once, at its first address, however the list is spaced', async () => {
    const answers = [sandbox.write('one', `${statusWithQuorum}\n200`), sandbox.write('two', `${second}\n503`)];
    fakeCurl(listOfTwo, `case "$*" in *2001:db8::2*) cat '${answers[1]}';; *) cat '${answers[0]}';; esac`);
    const { etcd } = await look(sandbox, shell, [probe, { kind: 'command', name: 'sh' }]);
    expect([...(etcd?.statuses ?? [])].map(([id, { healthy }]) => [id, healthy]).sort()).toEqual([
      [own, true],
      ['f0f28a5243779229', false],
    ]);
    expect(sandbox.calls('curl')).toHaveLength(3);
  });

  test('a member that does not answer takes no other away', async () => {
    fakeCurl(listOfTwo, `case "$*" in *2001:db8::2*) exit 7;; *) cat '${sandbox.write('one', `${statusWithQuorum}\n200`)}';; esac`);
    const { etcd } = await look(sandbox, shell, [probe]);
    expect([etcd?.members.length, [...(etcd?.statuses.keys() ?? [])]]).toEqual([2, [own]]);
  });

  test('the status stands when the health comes too late', async () => {
    fakeCurl(listOfOne, `cat '${sandbox.write('one', `${statusWithQuorum}\n000`)}'; exit 28`);
    expect((await look(sandbox, shell, [probe])).etcd?.statuses.get(own)?.healthy).toBe(false);
  });
});

test.each([
  ['etcd does not run', 'exit 7'],
  ['there is no curl', 'exit 127'],
  ['the answer breaks off', `printf '%s' '${listOfOne.slice(0, 120)}'; exit 18`],
  ['the answer breaks off unnoticed', `printf '%s' '${listOfOne.slice(0, 120)}'`],
  ['nothing is answered', 'exit 0'],
])('no answer when %s', async (_, body) => {
  sandbox.fake('curl', body);
  expect((await look(sandbox, sh, [probe])).etcd).toBeUndefined();
});

test('a host without the certificate is not asked', async () => {
  using bare = new Sandbox();
  bare.fakeLogged('curl');
  expect((await look(bare, sh, [probe])).etcd).toBeUndefined();
  expect(() => bare.calls('curl')).toThrow('ENOENT');
});

describe.each(shells)('an etcd that others run, by $name', (shell) => {
  const through: Probe = { kind: 'etcd-through', endpoints: ['https://etcd.example.test:2379', 'https://192.0.2.9:2379'] };

  test('is asked with the credentials of the API server, through the first endpoint that answers', async () => {
    sandbox.write('etc/kubernetes/pki/apiserver-etcd-client.crt', 'certificate');
    const list = sandbox.write('list', listOfOne);
    const status = sandbox.write('status', `${statusWithQuorum}\n200`);
    sandbox.fakeLogged('curl', `case "$*" in *etcd.example.test*) exit 7;; */member/list*) cat '${list}';; *) cat '${status}';; esac`);
    const { etcd } = await look(sandbox, shell, [through]);
    expect([etcd?.memberId, [...(etcd?.statuses.keys() ?? [])]]).toEqual([own, [own]]);
    const calls = sandbox.calls('curl');
    expect(calls).toHaveLength(3);
    expect(calls[1]).toMatch(
      /\/pki\/etcd\/ca\.crt --cert \S+\/apiserver-etcd-client\.crt .* https:\/\/192\.0\.2\.9:2379\/v3\/cluster\/member\/list$/,
    );
  });

  test('a host without them is not asked', async () => {
    sandbox.fakeLogged('curl');
    expect((await look(sandbox, shell, [through])).etcd).toBeUndefined();
    expect(() => sandbox.calls('curl')).toThrow('ENOENT');
  });
});

describe.each(shells)('how long its log takes, by $name', (shell) => {
  const fsync: Probe = { kind: 'etcd-fsync' };

  test('is read from its metrics', async () => {
    const metric = 'etcd_disk_wal_fsync_duration_seconds_bucket';
    const lines = [
      `# TYPE ${metric} histogram`,
      `${metric}{le="0.001"} 50`,
      `${metric}{le="0.002"} 100`,
      `${metric}{le="+Inf"} 100`,
      'other 1',
    ];
    sandbox.fake('curl', `cat '${sandbox.write('metrics', `${lines.join('\n')}\n`)}'`);
    const { etcdFsync } = await look(sandbox, shell, [fsync]);
    expect(etcdFsync?.by).toBe('etcd');
    expect(etcdFsync?.p99Ms).toBeCloseTo(1.98, 3);
  });

  test('is unknown where none runs', async () => {
    sandbox.fake('curl', 'exit 7');
    expect((await look(sandbox, shell, [fsync])).etcdFsync).toBeUndefined();
  });
});
