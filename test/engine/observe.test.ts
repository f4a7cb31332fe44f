import { describe, expect, test } from 'vitest';
import { observeAll, observeHost } from '../../src/engine/observe.ts';
import { type Probe, probeKey } from '../../src/engine/probe.ts';
import { endOfLook, writeProbeScript } from '../../src/engine/probe-script.ts';
import { InternalError, UnreachableError } from '../../src/errors.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';

const user: Probe = { kind: 'user', name: 'etcd' };
const file: Probe = { kind: 'file', path: '/a' };
const script = writeProbeScript([user, file]);
const end = `${endOfLook}\n`;

describe('one host', () => {
  test('all questions are one round trip, each asked once', async () => {
    const host = new FakeHost('n1').on(script, { stdout: `user\tetcd\n${end}` });
    const seen = await observeHost(host, [user, file, { kind: 'user', name: 'etcd' }]);
    expect(host.sent).toEqual([{ kind: 'run', script, title: 'observe (2 probes)' }]);
    expect([...seen.users]).toEqual(['etcd']);
    expect([...seen.asked]).toEqual([user, file].map(probeKey));
  });

  test('credentials go beside the script, and only to hosts that are asked to use them', async () => {
    const etcd: Probe = { kind: 'given-etcd', endpoints: ['https://e1:2379'], prefix: '/registry' };
    const host = new FakeHost('n1').on(/./, { stdout: end });
    await observeHost(host, [user, etcd], { input: 'the key' });
    expect(host.sent).toMatchObject([{ stdin: 'the key', script: expect.not.stringContaining('the key') }]);
    const hosts = new Map(['n1', 'n2'].map((name) => [name, new FakeHost(name).on(/./, { stdout: end })]));
    await observeAll(
      hosts,
      (name) => (name === 'n1' ? [user, etcd] : [user]),
      () => undefined,
      { input: 'the key' },
    );
    expect([...hosts.values()].map(({ sent }) => sent.map(({ stdin }) => stdin))).toEqual([['the key'], [undefined]]);
  });

  test('what it saw is plain data', async () => {
    const stdout = [
      'user\tetcd',
      'stat\t/a\t81a4\troot\troot\t5',
      `sha256\t${'0'.repeat(64)}  /a`,
      'facts\tosId\tdebian',
      'facts\tfree\t/etc\t7',
      'unit\tId=x.service',
      'unit\tActiveState=active',
    ].join('\n');
    const seen = await observeHost(new FakeHost('n1').on(script, { stdout: `${stdout}${end}` }), [user, file]);
    expect(structuredClone(seen)).toEqual(seen);
    expect(Object.keys(seen).sort()).toEqual([
      'asked',
      'binaries',
      'commands',
      'contents',
      'deprecatedApis',
      'emptyDirectories',
      'endpoint',
      'entries',
      'etcd',
      'etcdFsync',
      'facts',
      'files',
      'givenEtcd',
      'health',
      'images',
      'kubeNodes',
      'kubeObjects',
      'kubePodCounts',
      'kubePods',
      'kubeUpgrade',
      'kubeconfigCertificates',
      'listeners',
      'modules',
      'onLink',
      'startsMs',
      'sysctls',
      'units',
      'users',
    ]);
    expect(seen.facts).toMatchObject({ osId: 'debian', freeBytes: { '/etc': 7 * 1024 } });
    expect(seen.files.get('/a')).toEqual({ type: 'file', mode: 0o644, owner: 'root', group: 'root', sizeBytes: 5, sha256: '0'.repeat(64) });
  });

  test('talk between the answers is not understood, and harmless', async () => {
    const stdout = 'Last login: today\n\nuser\n\tuser\tx\nconstructor\tx\n__proto__\tx\nsha256\t\ntarget\t/none\t/x\nuser\tetcd\n';
    const seen = await observeHost(new FakeHost('n1').on(script, { stdout: `${stdout}${end}` }), [user, file]);
    expect([...seen.users].filter((name) => name !== '')).toEqual(['etcd']);
    expect(seen.files.size).toBe(0);
  });

  test.each(['', 'user\tetcd\n', 'user\tetcd\nend-of-loo', 'user\tetcd\nend-of-look'])(
    'an answer that was cut off, %j, is none',
    async (stdout) => {
      const look = observeHost(new FakeHost('n1').on(script, { stdout }), [user, file]);
      await expect(look).rejects.toMatchObject({ exitCode: 4, message: 'n1: the look at the host was cut off before its end' });
    },
  );

  test('a shell that cannot answer', async () => {
    const host = new FakeHost('n1').on(script, { code: 127, stderr: 'mktemp: not found' });
    const look = observeHost(host, [user, file]);
    await expect(look).rejects.toThrow(UnreachableError);
    await expect(look).rejects.toMatchObject({
      message: 'n1: the look at the host ended with status 127',
      details: { node: 'n1', output: 'mktemp: not found' },
    });
  });
});

describe('all hosts', () => {
  test('one that fails stops no other; a defect names its host', async () => {
    const hosts = [
      new FakeHost('a').on(/./, new TypeError('x is undefined')),
      new FakeHost('b').on(/./, { stdout: `user\tetcd\n${end}` }),
      new FakeHost('c').on(/./, new UnreachableError('gone', { node: 'c' })),
    ];
    const told: string[] = [];
    const { observations, failures } = await observeAll(
      new Map(hosts.map((host) => [host.node, host])),
      (node) => (node === 'b' ? [user] : [file]),
      (node, count) => told.push(`${node} ${count}`),
    );
    expect([...observations.keys()]).toEqual(['b']);
    expect(observations.get('b')?.users.has('etcd')).toBe(true);
    expect(failures.map(({ message }) => message)).toEqual(['a: x is undefined', 'c: gone']);
    expect(failures[0]).toBeInstanceOf(InternalError);
    expect(told).toEqual(['b 1']);
  });
});
