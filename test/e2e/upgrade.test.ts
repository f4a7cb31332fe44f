import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { otherReleases } from './support/other-releases.ts';
import { OwnLab } from './support/own-lab.ts';
import { plannedOrder } from './support/planned-order.ts';
import { cordoned, inUse, kubeletsTell } from './support/releases-in-use.ts';
import { runUntil } from './support/run-until.ts';
import { describeOnLab } from './support/shared-cluster.ts';
import { skipAfterFailure } from './support/skip-after-failure.ts';
import { WatchedWorkload } from './support/watched-workload.ts';

const lab = new OwnLab('e2e-upgrade', { controlPlanes: 3, workers: 2, etcd: 0 }, { bare: true });
const controlPlanes = ['cp1', 'cp2', 'cp3'];
const workers = ['w1', 'w2'];
const everybody = [...controlPlanes, ...workers];
const [from, to] = ['1.36.5', '1.37.1'];

/** The unit does not start with the new release; nothing of kcluster's own is touched. */
const breakNew = (short: string, component: string): Promise<string> =>
  lab.on(
    short,
    `mkdir -p /etc/systemd/system/${component}.service.d && printf '[Service]\\nExecStartPre=/bin/sh -c "! readlink /opt/kcluster/bin/${component} | grep -q ${to}"\\n' >/etc/systemd/system/${component}.service.d/broken.conf && systemctl daemon-reload`,
  );
const mend = (short: string, component: string): Promise<string> =>
  lab.on(
    short,
    `rm /etc/systemd/system/${component}.service.d/broken.conf; rmdir /etc/systemd/system/${component}.service.d; systemctl daemon-reload`,
  );

describeOnLab('an upgrade by one minor', () => {
  const planFile = (): string => path.join(path.dirname(lab.inventory), 'upgrade.json');
  const workload = new WatchedWorkload(lab, 'upgraded');

  beforeAll(async () => {
    await otherReleases();
    await lab.up();
    await lab.write(everybody, { cluster: { kubernetesVersion: from } });
    await lab.must('init', '--yes');
    await workload.start(workers, { api: 'w1', service: 'cp1' });
    // From empty caches a release takes minutes to build.
  }, 1_800_000);
  afterAll(() => lab.down());
  skipAfterFailure();

  test('is planned from what runs, and two plans are the same', async () => {
    const one = await lab.kcluster('upgrade', 'plan', '--to', to, '--json', '-o', planFile());
    expect(one.code, one.stderr).toBe(0);
    const { components, hops, plan } = JSON.parse(one.stdout);
    expect(hops).toEqual([to]);
    expect(components).toContainEqual(
      expect.objectContaining({
        component: 'etcd',
        currentVersion: '3.6.16',
        newVersion: '3.7.3',
        nodes: controlPlanes.map((name) => lab.host(name)),
      }),
    );
    expect(components).toContainEqual(expect.objectContaining({ component: 'kubelet', currentVersion: from, newVersion: to }));
    expect(plan.steps.length).toBeGreaterThan(20);
    expect((await lab.kcluster('upgrade', 'plan', '--to', to, '--json')).stdout).toBe(one.stdout);
    expect(await readFile(planFile(), 'utf8')).toBe(one.stdout);
  });

  test('is no setting: init refuses the other minor and names the way', async () => {
    await lab.write(everybody, { cluster: { kubernetesVersion: to } });
    const { code, stderr } = await lab.kcluster('init', '--yes');
    expect([code, stderr]).toEqual([8, expect.stringContaining(`kcluster upgrade apply --to ${to}`)]);
    await lab.write(everybody, { cluster: { kubernetesVersion: from } });
  });

  test('by a plan of which one character was changed is refused', async () => {
    const changed = path.join(path.dirname(lab.inventory), 'changed.json');
    await writeFile(changed, (await readFile(planFile(), 'utf8')).replace('kubelet/run-', 'kubelet/rum-'));
    const { code, stderr } = await lab.kcluster('upgrade', 'apply', changed, '--yes');
    expect([code, stderr]).toEqual([8, expect.stringContaining('the plan is not what would be done now')]);
  });

  test('by a plan that a host has left behind is refused', async () => {
    const file = '/var/lib/kubelet/config.yaml';
    await lab.on('w2', `cp -a ${file} /root/kept.yaml && echo '# by somebody else' >>${file}`);
    const { code, stderr } = await lab.kcluster('upgrade', 'apply', planFile(), '--yes');
    expect([code, stderr]).toEqual([8, expect.stringContaining('the plan is not what would be done now')]);
    await lab.on('w2', `cp -a /root/kept.yaml ${file}`);
    expect(await inUse(lab, 'etcd', controlPlanes)).toEqual(['3.6.16', '3.6.16', '3.6.16']);
  });

  test('whose API server does not start on the second node: that one gets back what it had, the rest is left alone', async () => {
    const { plan } = JSON.parse(await readFile(planFile(), 'utf8'));
    const servers = plannedOrder(lab, plan, (phase) => phase === 'kube-apiserver/run');
    expect(servers.toSorted()).toEqual(controlPlanes);
    const second = servers[1] ?? '';
    await breakNew(second, 'kube-apiserver');
    const { code, stderr } = await lab.kcluster('upgrade', 'apply', planFile(), '--yes');
    expect(code, stderr).toBe(5);
    expect(stderr).toContain(`${lab.host(second)}: `);
    expect(stderr).toContain('kube-apiserver.service runs again with what it had before');
    expect(await inUse(lab, 'kube-apiserver', servers)).toEqual([to, from, from]);
    expect(await inUse(lab, 'etcd', controlPlanes)).toEqual(['3.7.3', '3.7.3', '3.7.3']);
    expect(await lab.on(second, 'systemctl is-active kube-apiserver')).toBe('active\n');
    expect((await lab.tryOn(second, 'test -e /var/lib/kcluster/kept')).code).toBe(1);
    for (const short of controlPlanes) await lab.isBack(short, everybody);
    await mend(second, 'kube-apiserver');
  });

  test('that was stopped there can be taken back; etcd, which is new on every member, stays', async () => {
    expect(await lab.must('upgrade', 'rollback', '--yes')).toContain('taken back');
    expect(await inUse(lab, 'kube-apiserver', controlPlanes)).toEqual([from, from, from]);
    expect(await inUse(lab, 'etcd', controlPlanes)).toEqual(['3.7.3', '3.7.3', '3.7.3']);
    const again = await lab.kcluster('upgrade', 'rollback', '--yes');
    expect([again.code, again.stderr]).toEqual([8, expect.stringContaining('no upgrade is under way')]);
  });

  test('pauses after the first node, with hooks around it; from there is no way back', async () => {
    const told = path.join(path.dirname(lab.inventory), 'told');
    const hook = (when: string): string => `echo ${when} $KCLUSTER_NODE >>${told}`;
    const upgrade = { soakSeconds: 1, beforeNode: hook('before'), afterNode: hook('after') };
    await lab.write(everybody, { cluster: { kubernetesVersion: from, upgrade } });
    expect(await lab.must('upgrade', 'apply', '--to', to, '--yes', '--pause-after-first')).toContain('the first node is done');
    expect(await readFile(told, 'utf8')).toBe(`before ${lab.host('cp1')}\nafter ${lab.host('cp1')}\n`);
    expect(await inUse(lab, 'kube-apiserver', controlPlanes)).toEqual([to, to, to]);
    expect(await inUse(lab, 'kubelet', everybody)).toEqual([to, from, from, from, from]);
    await lab.write(everybody, { cluster: { kubernetesVersion: from } });
    const back = await lab.kcluster('upgrade', 'rollback', '--yes');
    expect([back.code, back.stderr]).toEqual([8, expect.stringContaining(`there is no way back to ${from}`)]);
  });

  test('that finds a drain blocked stops there, and the node takes pods again', async () => {
    await workload.budget(2);
    const half = JSON.parse((await lab.kcluster('upgrade', 'plan', '--to', to, '--json')).stdout);
    expect(half.components).toContainEqual(
      expect.objectContaining({
        component: 'kubelet',
        currentVersion: from,
        nodes: ['cp2', 'cp3', 'w1', 'w2'].map((name) => lab.host(name)),
      }),
    );
    expect(half.plan.findings.map(({ id }: { id: string }) => id)).toContain('DrainBudget');
    const { code, stderr } = await lab.kcluster(
      'upgrade',
      'apply',
      '--to',
      to,
      '--yes',
      '--drain-timeout',
      '45s',
      '--ignore-preflight',
      'DrainBudget',
    );
    expect(code, stderr).toBe(5);
    expect(stderr).toContain('is drained did not come true in 45 s');
    expect(await inUse(lab, 'kube-apiserver', controlPlanes)).toEqual([to, to, to]);
    expect(await inUse(lab, 'kubelet', everybody)).toEqual([to, to, to, from, from]);
    expect(await cordoned(lab)).toBe('');
    await workload.budget(1);
  });

  test('whose kubelet does not start: the node gets its old one back', async () => {
    await breakNew('w1', 'kubelet');
    const { code, stderr } = await lab.kcluster('upgrade', 'apply', '--to', to, '--yes');
    expect(code, stderr).toBe(5);
    expect(stderr).toContain('kubelet.service runs again with what it had before');
    expect(await inUse(lab, 'kubelet', workers)).toEqual([from, from]);
    await mend('w1', 'kubelet');
    await lab.isBack('cp1', everybody);
    expect(await cordoned(lab)).toBe('');
  });

  test('whose command is killed goes on when it is run again', async () => {
    const args = ['upgrade', 'apply', '--to', to, '--yes', '-i', lab.inventory];
    const killed = await runUntil(args, ({ type, step }, kill) => {
      if (type === 'step-started' && step === `kubelet/run-${lab.host('w1')}@${lab.host('w1')}`) kill('SIGKILL');
    });
    expect(killed.code).toBeNull();
    await lab.must('upgrade', 'apply', '--to', to, '--yes');
    for (const [component, hosts] of [
      ['kube-apiserver', controlPlanes],
      ['kube-controller-manager', controlPlanes],
      ['kube-scheduler', controlPlanes],
      ['kubelet', everybody],
      ['kube-proxy', everybody],
    ] as const)
      expect(new Set(await inUse(lab, component, hosts)), component).toEqual(new Set([to]));
    expect(await kubeletsTell(lab)).toEqual([`v${to}`]);
    expect(await cordoned(lab)).toBe('');
    expect(await lab.members('cp1')).toEqual(controlPlanes.map((name) => `${name} voter started`));
  });

  test('has brought the inventory along, which says what runs', async () => {
    expect(await readFile(lab.inventory, 'utf8')).toMatch(new RegExp(`^ +kubernetesVersion: "?${to}"?$`, 'm'));
    // Who does not answer in time on a busy machine is waited for, which is something to do.
    await lab.settles();
    const { code, stdout, stderr } = await lab.kcluster('upgrade', 'apply', '--to', to, '--yes');
    expect(code, stderr).toBe(0);
    expect(stdout, stderr).toContain('nothing to do');
  });

  test('failed no request: neither of the API through a balancer nor of a Service', async () => {
    await workload.stop();
    const { api, service } = await workload.read();
    process.stdout.write(`  requests meanwhile: API ${api.requests}, Service ${service.requests}\n`);
    expect([api.failures, service.failures]).toEqual([[], []]);
    expect(Math.min(api.requests, service.requests)).toBeGreaterThan(100);
  });
});
