import { describe, expect, test } from 'vitest';
import { givenEtcdSecrets, makeGivenFiles, secretsOf } from './support/given-etcd.ts';
import { memoryState } from './support/memory-state.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { runInit } from './support/run-init.ts';

const load = useMirror();
const client = '/etc/kubernetes/pki/apiserver-etcd-client';

async function bringUp(file = 'given-etcd.yaml') {
  const cluster = await load(file);
  const model = new ModelCluster(cluster);
  const state = memoryState();
  await runInit(model, state);
  for (const { machine } of model.hosts.values()) machine.starts.length = 0;
  return { cluster, model, state };
}

describe('a renewed client certificate', { timeout: 60_000 }, () => {
  test('goes to one API server after the other, and restarts nothing else', async () => {
    const { model, state } = await bringUp();
    const renewed = secretsOf(await makeGivenFiles());
    const { plan } = await runInit(model, state, {}, { given: renewed });
    expect(plan.steps.map(({ id }) => id)).toEqual(['kube-apiserver/run@cp-1', 'kube-apiserver/run@cp-2']);
    expect(plan.steps[1]?.after).toContain('kube-apiserver/run@cp-1');
    expect(plan.steps[0]?.gate.map(({ title }) => title)).toEqual(['kube-apiserver answers /readyz']);
    for (const [name, { machine }] of model.hosts) {
      const isControlPlane = name.startsWith('cp-');
      expect([name, machine.starts]).toEqual([name, isControlPlane ? ['kube-apiserver.service'] : []]);
      expect(machine.texts.get(`${client}.key`)).toBe(isControlPlane ? renewed.get('given-etcd-client.key') : undefined);
    }
    expect((await runInit(model, state, {}, { given: renewed })).plan.steps).toEqual([]);
  });

  test('is in no plan', async () => {
    const { model, state } = await bringUp();
    const renewed = secretsOf(await makeGivenFiles());
    const { plan } = await runInit(model, state, { dryRun: true }, { given: renewed });
    const text = JSON.stringify(plan);
    for (const value of [...renewed.values(), ...givenEtcdSecrets.values()]) expect(text).not.toContain(JSON.stringify(value).slice(1, -1));
    expect(text).toContain('given-etcd-client.key');
  });
});

describe('what the cluster was founded with', { timeout: 60_000 }, () => {
  test('cannot be edited: every setting is named, nothing is planned and nothing changed', async () => {
    const { cluster, model, state } = await bringUp();
    const network = { ...cluster.network, podCIDRs: ['10.240.0.0/12'], dnsDomain: 'example.org' };
    const before = model.done.length;
    const run = runInit(model, state, {}, { cluster: { ...cluster, network } });
    await expect(run).rejects.toMatchObject({
      exitCode: 8,
      message: '2 settings of a living cluster cannot be changed; nothing was changed',
      details: {
        failures: [
          {
            exitCode: 8,
            message: expect.stringContaining('cluster.network.podCIDR is 10.244.0.0/16 in this cluster, and cannot become 10.240.0.0/12: '),
          },
          { exitCode: 8, message: expect.stringContaining('cluster.network.dnsDomain is cluster.local') },
        ],
      },
    });
    expect(model.done).toHaveLength(before);
  });

  test('one alone is the error itself, of the node that says so', async () => {
    const { cluster, model, state } = await bringUp('single.yaml');
    const network = { ...cluster.network, serviceCIDRs: ['10.97.0.0/16'] };
    const run = runInit(model, state, { dryRun: true }, { cluster: { ...cluster, network } });
    await expect(run).rejects.toMatchObject({ message: expect.stringMatching(/^node-1: cluster\.network\.serviceCIDR is /), exitCode: 8 });
  });

  test('a host of an older kcluster gets the record, and is not judged before', async () => {
    const { model, state } = await bringUp('single.yaml');
    const machine = model.hosts.get('node-1')?.machine;
    const text = machine?.texts.get('/var/lib/kcluster/cluster.json');
    machine?.remove('/var/lib/kcluster/cluster.json');
    const { plan } = await runInit(model, state);
    expect(plan.steps.map(({ id }) => id)).toEqual(['host/prepare@node-1']);
    expect(machine?.texts.get('/var/lib/kcluster/cluster.json')).toBe(text);
  });

  test('before an API server was started, a mistake may be corrected', async () => {
    const cluster = await load('single.yaml');
    const model = new ModelCluster(cluster);
    const state = memoryState();
    // Stopped again and again, until the node has its record and little more.
    const hasRecord = (): boolean => model.hosts.get('node-1')?.machine.texts.has('/var/lib/kcluster/cluster.json') === true;
    while (!hasRecord()) {
      model.actionsLeft = 4;
      await expect(runInit(model, state)).rejects.toMatchObject({ exitCode: 4 });
    }
    model.actionsLeft = Number.POSITIVE_INFINITY;
    const corrected = { ...cluster, network: { ...cluster.network, serviceCIDRs: ['10.97.0.0/16'] } };
    expect((await runInit(model, state, {}, { cluster: corrected })).applied).toBe(true);
    expect(model.hosts.get('node-1')?.machine.texts.get('/var/lib/kcluster/cluster.json')).toContain('10.97.0.0/16');
  });
});
