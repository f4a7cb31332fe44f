import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { Feeds } from './support/feeds.ts';
import { otherReleases } from './support/other-releases.ts';
import { OwnLab } from './support/own-lab.ts';
import { runUntil } from './support/run-until.ts';
import { describeOnLab } from './support/shared-cluster.ts';
import { echoImage } from './support/test-images.ts';

const lab = new OwnLab('e2e-upgrade', { controlPlanes: 3, workers: 2, etcd: 0 });
const controlPlanes = ['cp1', 'cp2', 'cp3'];
const workers = ['w1', 'w2'];
const everybody = [...controlPlanes, ...workers];
const [from, to] = ['1.36.5', '1.37.1'];
const namespace = 'upgraded';

/** Two pods behind a Service that says goodbye, as workloads that must answer do. */
const workload = `apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: reader, namespace: ${namespace} }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reader, namespace: ${namespace} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
subjects: [{ kind: ServiceAccount, name: reader, namespace: ${namespace} }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: echo, namespace: ${namespace} }
spec:
  replicas: 2
  selector: { matchLabels: { app: echo } }
  template:
    metadata: { labels: { app: echo } }
    spec:
      terminationGracePeriodSeconds: 30
      topologySpreadConstraints:
        - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: { matchLabels: { app: echo } } }
      containers:
        - name: echo
          image: ${echoImage}
          imagePullPolicy: Never
          lifecycle: { preStop: { sleep: { seconds: 5 } } }
          readinessProbe: { httpGet: { path: /healthz, port: 8080 }, periodSeconds: 1 }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: echo, namespace: ${namespace} }
spec: { minAvailable: 1, selector: { matchLabels: { app: echo } } }
---
apiVersion: v1
kind: Service
metadata: { name: echo, namespace: ${namespace} }
spec: { selector: { app: echo }, ports: [{ port: 80, targetPort: 8080 }] }
`;

const inUse = async (short: string, component: string): Promise<string> =>
  (await lab.on(short, `readlink /opt/kcluster/bin/${component}`)).trim().split('/').at(-2) ?? '';
const inUseOnAll = (component: string, shorts: readonly string[]) => Promise.all(shorts.map((short) => inUse(short, component)));
const kubeletsTell = async (): Promise<string> => lab.kubectl('cp1', `get nodes -o 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}'`);
const cordoned = async (): Promise<string> =>
  (await lab.kubectl('cp1', `get nodes -o 'jsonpath={.items[?(@.spec.unschedulable==true)].metadata.name}'`)).trim();

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
  let feeds: Feeds;
  let stopped = false;

  beforeAll(async () => {
    await otherReleases();
    await lab.up();
    await lab.write(everybody, { cluster: { kubernetesVersion: from } });
    await lab.must('init', '--yes');
    await lab.importImage(workers, 'echo_1_amd64.tar');
    await lab.on('cp1', `/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - <<'OBJECTS'\n${workload}OBJECTS`);
    await lab.kubectl('cp1', `rollout status -n ${namespace} deployment/echo --timeout=120s --request-timeout=0`);
    const address = await lab.kubectl('cp1', `get service echo -n ${namespace} -o 'jsonpath={.spec.clusterIP}'`);
    const token = (await lab.kubectl('cp1', `create token -n ${namespace} reader --duration=6h`)).trim();
    await lab.on('w1', `umask 077; cat >/run/reader <<'TOKEN'\nAuthorization: Bearer ${token}\nTOKEN`);
    const api = `https://127.0.0.1:6444/api/v1/namespaces/${namespace}/services`;
    feeds = new Feeds(lab, {
      api: { host: 'w1', request: `curl -sSf -m 20 -o /dev/null --cacert /etc/kubernetes/pki/ca.crt -H @/run/reader ${api}` },
      service: { host: 'cp1', request: `curl -sSf -m 20 -o /dev/null http://${address}/` },
    });
    await eventually(
      'the Service answers',
      () => lab.tryOn('cp1', `curl -sSf -m 2 http://${address}/`),
      ({ code }) => code === 0,
    );
    await feeds.start();
    // From empty caches a release takes minutes to build.
  }, 1_800_000);
  afterAll(() => lab.down());
  // Each step builds on the one before.
  beforeEach(({ skip, onTestFailed }) => {
    if (stopped) skip('a step before failed');
    onTestFailed(() => {
      stopped = true;
    });
  });

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
    expect(await inUseOnAll('etcd', controlPlanes)).toEqual(['3.6.16', '3.6.16', '3.6.16']);
  });

  test('whose API server does not start on the second node: that one gets back what it had, the rest is left alone', async () => {
    await breakNew('cp2', 'kube-apiserver');
    const { code, stderr } = await lab.kcluster('upgrade', 'apply', planFile(), '--yes');
    expect(code, stderr).toBe(5);
    expect(stderr).toContain(`${lab.host('cp2')}: `);
    expect(stderr).toContain('kube-apiserver.service runs again with what it had before');
    expect(await inUseOnAll('kube-apiserver', controlPlanes)).toEqual([to, from, from]);
    expect(await inUseOnAll('etcd', controlPlanes)).toEqual(['3.7.3', '3.7.3', '3.7.3']);
    expect(await lab.on('cp2', 'systemctl is-active kube-apiserver')).toBe('active\n');
    expect((await lab.tryOn('cp2', 'test -e /var/lib/kcluster/kept')).code).toBe(1);
    for (const short of controlPlanes) await lab.isBack(short, everybody);
    await mend('cp2', 'kube-apiserver');
  });

  test('that was stopped there can be taken back; etcd, which is new on every member, stays', async () => {
    expect(await lab.must('upgrade', 'rollback', '--yes')).toContain('taken back');
    expect(await inUseOnAll('kube-apiserver', controlPlanes)).toEqual([from, from, from]);
    expect(await inUseOnAll('etcd', controlPlanes)).toEqual(['3.7.3', '3.7.3', '3.7.3']);
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
    expect(await inUseOnAll('kube-apiserver', controlPlanes)).toEqual([to, to, to]);
    expect(await inUseOnAll('kubelet', everybody)).toEqual([to, from, from, from, from]);
    await lab.write(everybody, { cluster: { kubernetesVersion: from } });
    const back = await lab.kcluster('upgrade', 'rollback', '--yes');
    expect([back.code, back.stderr]).toEqual([8, expect.stringContaining(`there is no way back to ${from}`)]);
  });

  test('that finds a drain blocked stops there, and the node takes pods again', async () => {
    await lab.kubectl('cp1', `patch pdb echo -n ${namespace} --type=merge -p '{"spec":{"minAvailable":2}}'`);
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
    expect(await inUseOnAll('kube-apiserver', controlPlanes)).toEqual([to, to, to]);
    expect(await inUseOnAll('kubelet', everybody)).toEqual([to, to, to, from, from]);
    expect(await cordoned()).toBe('');
    await lab.kubectl('cp1', `patch pdb echo -n ${namespace} --type=merge -p '{"spec":{"minAvailable":1}}'`);
  });

  test('whose kubelet does not start: the node gets its old one back', async () => {
    await breakNew('w1', 'kubelet');
    const { code, stderr } = await lab.kcluster('upgrade', 'apply', '--to', to, '--yes');
    expect(code, stderr).toBe(5);
    expect(stderr).toContain('kubelet.service runs again with what it had before');
    expect(await inUseOnAll('kubelet', workers)).toEqual([from, from]);
    await mend('w1', 'kubelet');
    await lab.isBack('cp1', everybody);
    expect(await cordoned()).toBe('');
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
      expect(new Set(await inUseOnAll(component, hosts)), component).toEqual(new Set([to]));
    expect(new Set((await kubeletsTell()).split(' '))).toEqual(new Set([`v${to}`]));
    expect(await cordoned()).toBe('');
    expect(await lab.members('cp1')).toEqual(controlPlanes.map((name) => `${name} voter started`));
  });

  test('leaves what the inventory of the new release says', async () => {
    expect(await lab.must('upgrade', 'apply', '--to', to, '--yes')).toContain('nothing to do');
    await lab.write(everybody, { cluster: { kubernetesVersion: to } });
    await lab.settles();
  });

  test('failed no request: neither of the API through a balancer nor of a Service', async () => {
    await feeds.stop();
    const { api, service } = await feeds.read();
    process.stdout.write(`  requests meanwhile: API ${api?.requests}, Service ${service?.requests}\n`);
    expect(api?.failures).toEqual([]);
    expect(service?.failures).toEqual([]);
    expect(api?.requests).toBeGreaterThan(100);
    expect(service?.requests).toBeGreaterThan(100);
  });
});
