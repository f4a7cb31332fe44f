import { describe, expect, test } from 'vitest';
import { checkHosts } from '../../src/app/check-hosts.ts';
import { lookAtHosts } from '../../src/app/look.ts';
import { nodesWithRole } from '../../src/cluster/cluster.ts';
import { UnreachableError } from '../../src/errors.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';
import { initWorkflow } from '../../src/workflows/init.ts';
import { encodeObservations } from './support/encode-observations.ts';
import { goodFacts } from './support/good-facts.ts';
import { memoryState } from './support/memory-state.ts';
import { readInventory, useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { openModelSession } from './support/model-session.ts';
import { runInit } from './support/run-init.ts';

const load = useMirror();
const workers = 'one-control-plane-two-workers.yaml';

describe('one look', () => {
  test('asks every host once, and says of each how much', async () => {
    const model = new ModelCluster(await readInventory(workers));
    const session = await openModelSession(model);
    const { observations } = await lookAtHosts(session, initWorkflow);
    expect([...observations.keys()].sort()).toEqual(['cp-1', 'worker-1', 'worker-2']);
    expect([...model.hosts.values()].map(({ roundTrips }) => roundTrips)).toEqual([1, 1, 1]);
    const observed = session.events.flatMap((event) => (event.type === 'observed' ? [event] : []));
    expect(observed.map(({ node }) => node).sort()).toEqual(['cp-1', 'worker-1', 'worker-2']);
    for (const { probes } of observed) expect(probes).toBeGreaterThan(20);
  });

  test('asks what was wanted besides', async () => {
    const model = new ModelCluster(await readInventory('single.yaml'));
    const [host] = model.hosts.values();
    const scripts: string[] = [];
    const run = host?.run.bind(host);
    if (host === undefined || run === undefined) throw new Error('no host');
    host.run = (script, options) => {
      scripts.push(script);
      return run(script, options);
    };
    await lookAtHosts(await openModelSession(model), initWorkflow, () => [{ kind: 'file', path: '/etc/extra' }]);
    expect(scripts).toEqual([expect.stringContaining('/etc/extra')]);
  });

  test('hosts that do not answer are one error, with each of them', async () => {
    const cluster = await readInventory(workers);
    const model = new ModelCluster(cluster);
    const hosts = new Map(cluster.nodes.map(({ name }) => [name, new FakeHost(name).on(/./, { code: 127, stderr: 'sh: not found' })]));
    const look = lookAtHosts(await openModelSession(model, { hosts }), initWorkflow);
    await expect(look).rejects.toThrow(UnreachableError);
    await expect(look).rejects.toMatchObject({ message: 'the look failed on 3 hosts', details: { failures: [{}, {}, {}] } });
  });
});

describe('etcd', () => {
  test('each of its hosts says who the members are', async () => {
    const model = new ModelCluster(await load('external-etcd.yaml'));
    await runInit(model);
    const { observations } = await lookAtHosts(await openModelSession(model), initWorkflow);
    const views = [...observations].flatMap(([name, { etcd }]) => (etcd === undefined ? [] : [[name, etcd.members.length]]));
    const etcdNodes = nodesWithRole(model.desired.cluster, 'etcd');
    expect(views.sort()).toEqual(etcdNodes.map(({ name }) => [name, etcdNodes.length]).sort());
  });

  test('a second cluster on one of its hosts stops the look', async () => {
    const model = new ModelCluster(await load('external-etcd.yaml'));
    await runInit(model);
    const [host] = nodesWithRole(model.desired.cluster, 'etcd').flatMap(({ name }) => model.hosts.get(name) ?? []);
    const etcd = host?.look().etcd;
    if (host === undefined || etcd === undefined) throw new Error('no member');
    host.override = { etcd: { ...etcd, clusterId: 'c2' } };
    await expect(lookAtHosts(await openModelSession(model), initWorkflow)).rejects.toMatchObject({
      exitCode: 8,
      message: expect.stringContaining('members of different etcd clusters'),
    });
  });
});

describe('secrets that only hosts hold', () => {
  test('are taken over, each once, and are redacted', async () => {
    const model = new ModelCluster(await load(workers));
    const first = await runInit(model);
    const state = memoryState();
    const session = await openModelSession(model, { state });
    const before = new Map([...model.hosts].map(([name, host]) => [name, host.ran.length]));
    await lookAtHosts(session, initWorkflow);
    const recovered = [...model.hosts].flatMap(([name, host]) =>
      host.ran.slice(before.get(name)).filter((title) => title.startsWith('recover ')),
    );
    expect(recovered).toHaveLength(9);
    expect(new Set(recovered).size).toBe(9);
    expect(Object.fromEntries(state.files)).toEqual(Object.fromEntries([...(first.session.state as typeof state).files]));
    expect(session.hidden).toContain(state.files.get('pki/ca.key'));
  });

  test('that cannot be read stop the run: half of them is worse than none', async () => {
    const model = new ModelCluster(await load('single.yaml'));
    await runInit(model);
    model.hosts.get('node-1')?.machine.texts.delete('/etc/kubernetes/pki/ca.key');
    const state = memoryState();
    await expect(lookAtHosts(await openModelSession(model, { state }), initWorkflow)).rejects.toMatchObject({
      exitCode: 5,
      message: 'node-1: /etc/kubernetes/pki/ca.key cannot be read',
    });
    expect(state.files.size).toBe(0);
  });
});

describe('checkHosts', () => {
  test('finds nothing on good machines and asks each once', async () => {
    const model = new ModelCluster(await readInventory(workers));
    expect(await checkHosts(await openModelSession(model), [])).toMatchObject({ findings: [] });
    expect([...model.hosts.values()].map(({ roundTrips }) => roundTrips)).toEqual([1, 1, 1]);
  });

  test('finds nothing on a cluster that runs: its own ports are no finding', async () => {
    const model = new ModelCluster(await load('single.yaml'));
    await runInit(model);
    const [host] = model.hosts.values();
    if (host === undefined) throw new Error('no host');
    host.override = { listeners: [2379, 2380, 6443, 10250, 10257, 10259].map((port) => ({ port, process: 'kube' })) };
    expect(await checkHosts(await openModelSession(model), [])).toMatchObject({ findings: [] });
  });

  test('gives what it finds, waived or not', async () => {
    const model = new ModelCluster(await readInventory('single.yaml'));
    const [host] = model.hosts.values();
    if (host === undefined) throw new Error('no host');
    host.override = { facts: { ...goodFacts('node-1'), cpus: 1, memoryBytes: 1024 ** 3 } };
    expect(encodeObservations(host.look())).toContain('facts\tcpus\t1');
    const { findings: found } = await checkHosts(await openModelSession(model), ['Mem']);
    expect(found.map(({ id, severity, node }) => [id, severity, node])).toEqual([
      ['NumCPU', 'error', 'node-1'],
      ['Mem', 'warning', 'node-1'],
    ]);
  });
});
