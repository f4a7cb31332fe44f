import { describe, expect, test } from 'vitest';
import { checkHosts } from '../../src/app/check-hosts.ts';
import { checkPaths } from '../../src/app/check-paths.ts';
import { UnreachableError } from '../../src/errors.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';
import { readInventory, useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { openModelSession } from './support/model-session.ts';
import { runInit } from './support/run-init.ts';

const load = useMirror();
const workers = 'one-control-plane-two-workers.yaml';

async function check(model: ModelCluster, waived: readonly string[] = []) {
  const session = await openModelSession(model);
  const { look } = await checkHosts(session, waived);
  return checkPaths(session, look, { waived });
}
const ports = (model: ModelCluster, node: string): string | undefined =>
  /for p in ([\d ]*); do/.exec(model.hosts.get(node)?.followed.at(-1) ?? '')?.[1];
const addressOf = (model: ModelCluster, name: string): string =>
  model.desired.cluster.nodes.find((node) => node.name === name)?.internalAddress ?? '';

describe('bare hosts', () => {
  test('each listens on what others need, tries what it needs, and stops: some round trips a host', async () => {
    const model = new ModelCluster(await readInventory(workers));
    const { paths, findings } = await check(model);
    expect(findings).toEqual([]);
    expect(
      paths.map(({ from, to, ports: tried }) => `${from}>${to} ${tried.map(({ port, result }) => `${port} ${result}`).join()}`),
    ).toEqual(['cp-1>worker-1 10250 reached', 'cp-1>worker-2 10250 reached', 'worker-1>cp-1 6443 reached', 'worker-2>cp-1 6443 reached']);
    expect(['cp-1', 'worker-1', 'worker-2'].map((node) => ports(model, node))).toEqual(['6443', '10250', '10250']);
    expect(model.hosts.get('cp-1')?.ran.slice(1)).toEqual(['measure the disk of etcd', 'read the clock', 'try 2 paths', 'stop listening']);
    expect(model.hosts.get('worker-1')?.ran.slice(1)).toEqual(['read the clock', 'try 1 paths', 'stop listening']);
  });

  test('what does not answer is found, once, where it is missed', async () => {
    const model = new ModelCluster(await readInventory(workers));
    model.hosts.get('cp-1')?.unreached.set(`${addressOf(model, 'worker-2')} 10250`, '28\t0.000000 \t');
    const { paths, findings } = await check(model);
    expect(findings.map(({ id, node, severity, message }) => [id, node, severity, message])).toEqual([
      ['PortReachable', 'cp-1', 'error', expect.stringMatching(/^worker-2 \(.*\) does not answer on 10250: /)],
    ]);
    expect(paths.find(({ to }) => to === 'worker-2')?.ports).toEqual([{ component: 'kubelet', port: 10250, result: 'silent' }]);
    expect((await check(model, ['PortReachable'])).findings.map(({ severity }) => severity)).toEqual(['warning']);
  });

  test('a listener that does not come up leaves its ports untested', async () => {
    const model = new ModelCluster(await readInventory(workers));
    const worker = model.hosts.get('worker-1');
    if (worker === undefined) throw new Error('no host');
    worker.follow = async (_, onLine) => {
      onLine('failed\tsystemd-socket-activate is missing');
      return 1;
    };
    const { findings, paths } = await check(model);
    expect(findings.map(({ node, severity, message }) => [node, severity, message])).toEqual([
      ['worker-1', 'warning', 'nobody could try 10250: systemd-socket-activate is missing'],
    ]);
    expect(paths.find(({ to }) => to === 'worker-1')?.ports[0]?.result).toBe('untested');
    expect(worker.ran).not.toContain('stop listening');
  });

  test('listeners are stopped when a host fails in between, and every failed host is named', async () => {
    const model = new ModelCluster(await readInventory(workers));
    for (const name of ['worker-1', 'worker-2']) {
      const host = model.hosts.get(name);
      if (host === undefined) throw new Error('no host');
      const run = host.run.bind(host);
      host.run = (script, options) =>
        options?.title?.startsWith('try ') === true ? Promise.resolve({ code: 127, stdout: '', stderr: 'no xargs' }) : run(script, options);
    }
    const failed = check(model);
    await expect(failed).rejects.toThrow(UnreachableError);
    await expect(failed).rejects.toMatchObject({ message: 'the check of paths failed on 2 hosts', details: { failures: [{}, {}] } });
    for (const host of model.hosts.values()) expect(host.ran.at(-1)).toBe('stop listening');
  });
});

test('a cluster that runs: nothing is opened, what runs is tried', async () => {
  const model = new ModelCluster(await load(workers));
  await runInit(model);
  const before = [...model.hosts.values()].map(({ followed }) => followed.length);
  const { findings, paths } = await check(model);
  expect(findings).toEqual([]);
  expect(paths).toHaveLength(4);
  expect([...model.hosts.values()].map(({ followed }) => followed.length)).toEqual(before);
});

test('clocks are compared across hosts, whatever the time here is', async () => {
  const model = new ModelCluster(await readInventory(workers));
  for (const [name, aheadMs] of [
    ['cp-1', 7_200_000],
    ['worker-1', 7_200_000],
    ['worker-2', 7_205_000],
  ] as const) {
    const host = model.hosts.get(name);
    if (host === undefined) throw new Error('no host');
    const run = host.run.bind(host);
    host.run = async (script, options) =>
      options?.title === 'read the clock' ? { code: 0, stdout: String(Date.now() + aheadMs), stderr: '' } : run(script, options);
  }
  expect((await check(model)).findings).toMatchObject([{ id: 'ClockDifference', node: 'worker-2', severity: 'warning' }]);
});

test('hosts that are not connected are no end of a path', async () => {
  const model = new ModelCluster(await readInventory(workers));
  const session = await openModelSession(model);
  const { look } = await checkHosts(session, []);
  const alone = {
    ...session,
    hosts: new Map([['worker-1', new FakeHost('worker-1').on('date +%s%3N', { stdout: String(Date.now()) }).on(/xargs/)]]),
  };
  expect(await checkPaths(alone, look, { waived: [] })).toEqual({ paths: [], findings: [] });
});
