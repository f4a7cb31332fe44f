import { afterAll, beforeAll, expect, test } from 'vitest';
import { createReader } from './support/api-reader.ts';
import { Feeds } from './support/feeds.ts';
import { otherReleases } from './support/other-releases.ts';
import { OwnLab } from './support/own-lab.ts';
import { plannedOrder } from './support/planned-order.ts';
import { cordoned, inUse, kubeletsTell } from './support/releases-in-use.ts';
import { describeOnLab } from './support/shared-cluster.ts';
import { skipAfterFailure } from './support/skip-after-failure.ts';

const lab = new OwnLab('e2e-upgrade-ext', { controlPlanes: 2, workers: 1, etcd: 3 });
const controlPlanes = ['cp1', 'cp2'];
const apart = ['etcd1', 'etcd2', 'etcd3'];
const nodes = [...controlPlanes, 'w1'];
const [from, to] = ['1.36.5', '1.37.1'];
const [oldEtcd, newEtcd] = ['3.6.16', '3.7.3'];
const voters = apart.map((name) => `${name} voter started`);

/** Programs that a machine of etcd has no use for. */
const ofNodes = ['kube-apiserver', 'kubelet', 'containerd'];

describeOnLab('an upgrade with etcd on machines of its own', () => {
  let client: Feeds;

  beforeAll(async () => {
    await otherReleases([from]);
    await lab.up();
    await lab.write([...nodes, ...apart], { cluster: { kubernetesVersion: from, etcd: { topology: 'external' } } });
    await lab.must('init', '--yes');
    const request = await createReader(lab, 'default', ['w1']);
    client = new Feeds(lab, { w1: { host: 'w1', request } });
    await client.start();
    // From empty caches a release takes minutes to build.
  }, 1_800_000);
  afterAll(() => lab.down());
  skipAfterFailure();

  test('takes those machines for etcd only, all of them before the first API server', async () => {
    const { components, plan } = JSON.parse(await lab.must('upgrade', 'plan', '--to', to, '--json'));
    expect(components).toContainEqual(
      expect.objectContaining({
        component: 'etcd',
        currentVersion: oldEtcd,
        newVersion: newEtcd,
        nodes: apart.map((name) => lab.host(name)),
      }),
    );
    const order = plannedOrder(lab, plan, (phase) => phase.startsWith('etcd/run-') || phase === 'kube-apiserver/run');
    expect([order.slice(0, 3).toSorted(), order.slice(3)]).toEqual([apart, controlPlanes]);
    expect(plannedOrder(lab, plan, (phase) => phase.startsWith('kubelet/run-'))).toEqual(nodes);
  });

  test('brings everything to the new release, and no request fails', async () => {
    await lab.must('upgrade', 'apply', '--to', to, '--yes');
    await client.stop();
    const { w1 } = await client.read();
    process.stdout.write(`  requests meanwhile: ${w1?.requests}\n`);
    expect(w1?.failures).toEqual([]);
    expect(w1?.requests).toBeGreaterThan(100);
    expect(await inUse(lab, 'etcd', apart)).toEqual([newEtcd, newEtcd, newEtcd]);
    expect(await lab.members('etcd1')).toEqual(voters);
    for (const component of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'])
      expect(await inUse(lab, component, controlPlanes), component).toEqual([to, to]);
    for (const component of ['kubelet', 'kube-proxy']) expect(await inUse(lab, component, nodes), component).toEqual([to, to, to]);
    expect([await kubeletsTell(lab), await cordoned(lab)]).toEqual([[`v${to}`], '']);
    for (const short of apart) expect((await lab.tryOn(short, `cd /opt/kcluster/bin && ls ${ofNodes.join(' ')}`)).stdout, short).toBe('');
  });

  test('leaves nothing to do', async () => {
    await lab.settles();
    expect(await lab.must('upgrade', 'apply', '--to', to, '--yes')).toContain('nothing to do');
    expect(await lab.must('init', '--yes')).toContain('nothing to do');
  });
});
