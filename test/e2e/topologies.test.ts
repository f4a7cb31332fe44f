import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { OwnLab } from './support/own-lab.ts';
import { describeOnLab } from './support/shared-cluster.ts';

const lab = new OwnLab('e2e-shapes', { controlPlanes: 5, workers: 2, etcd: 3 });
const workers = ['w1', 'w2'];
const stacked = ['cp1', 'cp2', 'cp3'];
const apart = ['etcd1', 'etcd2', 'etcd3'];
const voters = (names: readonly string[]): readonly string[] => names.map((name) => `${name} voter started`);

const apiAnswers = (worker: string): Promise<string> =>
  eventually(
    `the API answers through the balancer of ${worker}`,
    async () => (await lab.askThroughBalancer(worker)).stdout,
    (status) => status === '200',
    60_000,
  );

/** New connections through the balancer of a worker, one after the other, and what each was answered. */
async function askWhile(worker: string): Promise<{ stop(): Promise<readonly string[]> }> {
  const ask = `curl -s -m 10 -o /dev/null -w '%{http_code}\\n' --cacert /etc/kubernetes/pki/ca.crt https://127.0.0.1:6444/livez`;
  const asked = lab.tryOn(worker, `touch /run/asking; while [ -e /run/asking ]; do ${ask}; sleep 0.1; done`);
  await eventually(
    'the client asks',
    async () => (await lab.tryOn(worker, 'test -e /run/asking')).code,
    (code) => code === 0,
  );
  return {
    stop: async () => {
      await lab.on(worker, 'rm /run/asking');
      return (await asked).stdout.trim().split('\n');
    },
  };
}

interface Span {
  readonly phase: string;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** Steps of a run in the order in which they ended. */
function spansOf(stdout: string): readonly Span[] {
  const events = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { readonly type: string; readonly step?: string; readonly atMs: number; readonly tookMs?: number });
  return events.flatMap(({ type, step = '', atMs, tookMs = 0 }) =>
    type === 'step-finished' ? [{ phase: step.split('@')[0] ?? '', startedMs: atMs - tookMs, endedMs: atMs }] : [],
  );
}

async function bringUp(nodes: readonly string[], change: Parameters<OwnLab['write']>[1] = {}): Promise<void> {
  // Fresh hosts are sooner there than old ones are cleaned.
  await lab.up();
  await lab.write(nodes, change);
  const began = performance.now();
  await lab.must('init', '--yes');
  process.stdout.write(`  ${nodes.join(' ')}: init took ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  await lab.settles();
}

describeOnLab('topologies', () => {
  afterAll(() => lab.down());

  describe('three stacked control planes without an endpoint', () => {
    const nodes = [...stacked, ...workers];
    beforeAll(() => bringUp(nodes));

    test('all nodes are Ready, and each control plane holds a voting member', async () => {
      expect(await lab.readyNodes('cp1')).toEqual(nodes);
      expect(await lab.members('cp2')).toEqual(voters(stacked));
    });

    test('settings of API servers and kubelets roll out: one after the other, and no request is lost', async () => {
      const units = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'containerd', 'kubelet', 'kube-proxy'];
      const starts = async (short: string): Promise<readonly string[]> =>
        (await lab.on(short, `systemctl show -p ExecMainStartTimestampMonotonic --value ${units.join(' ')}`)).trim().split(/\n+/);
      const before = await Promise.all(nodes.map(starts));
      const client = await askWhile('w1');
      // By node: for the whole cluster the lab has settings of its own.
      const kubelet = { config: { maxPods: 99 } };
      const apiServer = { extraArgs: { 'max-requests-inflight': '399' } };
      const componentsOf = (name: string) => (stacked.includes(name) ? { kubelet, 'kube-apiserver': apiServer } : { kubelet });
      await lab.write(nodes, {
        cluster: { security: { apiServerSANs: ['api.example.test'] } },
        nodes: Object.fromEntries(nodes.map((name) => [name, { components: componentsOf(name) }])),
      });
      const { code, stdout, stderr } = await lab.kcluster('init', '--yes', '--json', '--max-unavailable', '1');
      expect(code, stderr).toBe(0);
      const spans = spansOf(stdout);
      for (const phase of ['kube-apiserver/run', 'kubelet/run']) {
        const mine = spans.filter((span) => span.phase === phase);
        expect([phase, mine.length]).toEqual([phase, phase === 'kubelet/run' ? nodes.length : stacked.length]);
        for (const [index, { startedMs }] of mine.entries()) expect(startedMs).toBeGreaterThanOrEqual(mine[index - 1]?.endedMs ?? 0);
      }
      const after = await Promise.all(nodes.map(starts));
      const restarted = nodes.map((_, index) => units.filter((__, unit) => before[index]?.[unit] !== after[index]?.[unit]));
      expect(restarted).toEqual(nodes.map((name) => (name.startsWith('cp') ? ['kube-apiserver', 'kubelet'] : ['kubelet'])));
      const statuses = await client.stop();
      expect(statuses.length).toBeGreaterThan(50);
      expect(new Set(statuses)).toEqual(new Set(['200']));
      const flags = await lab.on('cp2', "tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value kube-apiserver)/cmdline");
      expect(flags).toContain('--max-requests-inflight=399');
      expect(await lab.kubectl('cp1', `get node ${lab.host('w2')} -o 'jsonpath={.status.allocatable.pods}'`)).toBe('99');
      expect(await lab.must('plan')).toContain('Nothing to do');
      expect(
        await lab.on('cp3', 'openssl s_client -connect 127.0.0.1:6443 </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName'),
      ).toContain('DNS:api.example.test');
    });

    test.each(stacked)('with %s without power the API answers and kubelets report; it comes back by itself', async (victim) => {
      await lab.powerOff(victim);
      const [witness = ''] = stacked.filter((name) => name !== victim);
      for (const worker of workers) await apiAnswers(worker);
      await lab.reportsAgain(
        witness,
        nodes.filter((name) => name !== victim),
      );
      await lab.powerOn();
      await lab.isBack(victim, nodes);
    });

    test('with two of three without power nothing is lost: when they return, the API does', async () => {
      await lab.kubectl('cp1', 'create configmap kept --from-literal=word=kept');
      await lab.powerOff('cp1');
      await lab.powerOff('cp2');
      await eventually(
        'the API is away',
        async () => (await lab.askThroughBalancer('w1')).stdout,
        (status) => status !== '200',
        60_000,
      );
      await lab.powerOn();
      await apiAnswers('w1');
      expect(
        await eventually(
          'what was written is there',
          async () =>
            (
              await lab.tryOn(
                'cp3',
                '/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get configmap kept -o jsonpath={.data.word}',
              )
            ).stdout,
          (word) => word === 'kept',
        ),
      ).toBe('kept');
      for (const short of stacked) await lab.isBack(short, nodes);
      await lab.settles();
    });
  });

  describe('three control planes with etcd on machines of its own', () => {
    const nodes = [...stacked, ...apart, 'w1'];
    beforeAll(() => bringUp(nodes, { cluster: { etcd: { topology: 'external' } } }));

    test('all nodes are Ready, and members live where the inventory says', async () => {
      expect(await lab.readyNodes('cp1')).toEqual([...stacked, 'w1']);
      expect(await lab.members('etcd1')).toEqual(voters(apart));
      expect((await lab.tryOn('cp1', 'test -e /var/lib/etcd/member')).code).toBe(1);
    });

    test.each(['cp2', 'etcd2'])('with %s without power the API answers', async (victim) => {
      await lab.powerOff(victim);
      await apiAnswers('w1');
      await lab.reportsAgain('cp1', victim === 'cp2' ? ['cp1', 'cp3', 'w1'] : [...stacked, 'w1']);
      await lab.powerOn();
      await lab.isBack('cp2', [...stacked, 'w1']);
    });

    test('are reset like others, the machines of etcd too', async () => {
      expect(await lab.must('reset', '--yes')).toContain('reset: ');
      for (const short of nodes)
        expect(
          await lab.on(short, 'ls -d /var/lib/kcluster /etc/kubernetes /var/lib/etcd/member /opt/kcluster/bin 2>/dev/null || true'),
        ).toBe('');
    });
  });

  describe('five control planes', () => {
    const five = [...stacked, 'cp4', 'cp5'];
    beforeAll(() => bringUp([...five, 'w1']));

    test('all nodes are Ready, five members vote, and two of them may be lost', async () => {
      expect(await lab.readyNodes('cp5')).toEqual([...five, 'w1']);
      expect(await lab.members('cp5')).toEqual(voters(five));
      await lab.powerOff('cp1');
      await lab.powerOff('cp4');
      await apiAnswers('w1');
      await lab.reportsAgain('cp2', ['cp2', 'cp3', 'cp5', 'w1']);
    });
  });
});
