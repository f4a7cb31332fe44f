import { afterAll, beforeAll, expect, test } from 'vitest';
import { olderKubernetes, otherKubernetes } from '../../build/beside.ts';
import { echoObjects } from './support/echo-objects.ts';
import { Feeds } from './support/feeds.ts';
import { otherReleases } from './support/other-releases.ts';
import { OwnLab } from './support/own-lab.ts';
import { cordoned, inUse, kubeletsTell } from './support/releases-in-use.ts';
import { describeOnLab } from './support/shared-cluster.ts';
import { skipAfterFailure } from './support/skip-after-failure.ts';
import { requestOf, startEcho } from './support/start-echo.ts';
import { saysGoodbye, WatchedWorkload } from './support/watched-workload.ts';

const lab = new OwnLab('e2e-chain', { controlPlanes: 3, workers: 2, etcd: 0 }, { bare: true });
const controlPlanes = ['cp1', 'cp2', 'cp3'];
const workers = ['w1', 'w2'];
const everybody = [...controlPlanes, ...workers];
const first = '1.35.4';
const hops = [
  { to: '1.36.3', etcd: '3.6.16' },
  { to: '1.36.5', etcd: '3.6.16' },
  { to: '1.37.1', etcd: '3.7.3' },
];

/** Two pods on any two nodes that no budget keeps, and that are slow to be Ready: whoever drains must wait for them by himself. */
async function startSlow(): Promise<Feeds> {
  const affinity = {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'echo' } } },
      ],
    },
  };
  const tolerations = [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }];
  const { pod, container } = saysGoodbye;
  const objects = echoObjects('slow', { pod: { ...pod, affinity, tolerations }, container, budget: false, readyAfterSeconds: 15 });
  await lab.importImage(everybody, 'echo_1_amd64.tar');
  const feeds = new Feeds(lab, { slow: { host: 'w2', request: requestOf(await startEcho(lab, 'slow', objects)) } });
  await feeds.start();
  return feeds;
}

describeOnLab('upgrades one after the other, over three minors', () => {
  const workload = new WatchedWorkload(lab, 'upgraded');
  let slow: Feeds;

  beforeAll(async () => {
    await otherReleases([...otherKubernetes, ...olderKubernetes]);
    await lab.up();
    await lab.write(everybody, { cluster: { kubernetesVersion: first } });
    await lab.must('init', '--yes');
    await workload.start(workers, { api: 'w1', service: 'cp1' });
    slow = await startSlow();
    // From empty caches three releases are built.
  }, 5_400_000);
  afterAll(() => lab.down());
  skipAfterFailure();

  test('the way to the last one leads over every minor', async () => {
    const { code, stdout, stderr } = await lab.kcluster('upgrade', 'plan', '--to', '1.37.1', '--json');
    expect([0, 3], stderr).toContain(code);
    expect(JSON.parse(stdout).hops).toEqual(['1.36.5', '1.37.1']);
  });

  test.each(hops)('to $to, and no request fails', async ({ to, etcd }) => {
    const planned = await lab.kcluster('upgrade', 'plan', '--to', to);
    expect(planned.code, planned.stdout + planned.stderr).toBe(0);
    const began = performance.now();
    await lab.must('upgrade', 'apply', '--to', to, '--yes');
    const { api, service } = await workload.read();
    process.stdout.write(
      `  ${to}: ${((performance.now() - began) / 1000).toFixed(1)} s; requests so far: API ${api.requests}, Service ${service.requests}\n`,
    );
    expect(new Set(await inUse(lab, 'etcd', controlPlanes))).toEqual(new Set([etcd]));
    for (const component of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'])
      expect(new Set(await inUse(lab, component, controlPlanes)), component).toEqual(new Set([to]));
    for (const component of ['kubelet', 'kube-proxy'])
      expect(new Set(await inUse(lab, component, everybody)), component).toEqual(new Set([to]));
    expect(await kubeletsTell(lab)).toEqual([`v${to}`]);
    expect(await cordoned(lab)).toBe('');
    expect(await lab.members('cp1')).toEqual(controlPlanes.map((name) => `${name} voter started`));
    await lab.write(everybody, { cluster: { kubernetesVersion: to } });
    await lab.settles();
    expect([api.failures, service.failures]).toEqual([[], []]);
  });

  test('failed no request to its end', async () => {
    await workload.stop();
    const { api, service } = await workload.read();
    expect([api.failures, service.failures]).toEqual([[], []]);
    expect(Math.min(api.requests, service.requests)).toBeGreaterThan(500);
  });

  test('took the pods of a workload away one after the other, without a budget for them', async () => {
    await slow.stop();
    const fed = (await slow.read()).slow;
    process.stdout.write(`  requests of the workload without a budget: ${fed?.requests}\n`);
    expect(fed?.failures).toEqual([]);
    expect(fed?.requests).toBeGreaterThan(500);
  });

  test('left every host the programs that it runs and those of the release before', async () => {
    for (const short of everybody)
      expect((await lab.on(short, 'ls /opt/kcluster/kubelet')).trim().split('\n'), short).toEqual(['1.36.5', '1.37.1']);
  });
});
