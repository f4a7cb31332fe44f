import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { OwnLab } from './support/own-lab.ts';
import { describeOnLab } from './support/shared-cluster.ts';

const lab = new OwnLab('e2e-shapes', { controlPlanes: 5, workers: 2, etcd: 3 });
const workers = ['w1', 'w2'];
const stacked = ['cp1', 'cp2', 'cp3'];
const apart = ['etcd1', 'etcd2', 'etcd3'];
const voters = (names: readonly string[]): readonly string[] => names.map((name) => `${name} voter started`);

/** When each kubelet last told that it lives, as text that changes. */
async function leases(controlPlane: string, nodes: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const template = '{range .items[*]}{.metadata.name} {.spec.renewTime}{"\\n"}{end}';
  const text = await lab.kubectl(controlPlane, `get leases -n kube-node-lease -o 'jsonpath=${template}'`);
  const all = new Map(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
  return Object.fromEntries(nodes.map((name) => [name, all.get(lab.host(name)) ?? '']));
}

async function reportsAgain(controlPlane: string, nodes: readonly string[]): Promise<void> {
  const before = await leases(controlPlane, nodes);
  const renewed = (now: Readonly<Record<string, string>>): boolean => nodes.every((name) => now[name] !== '' && now[name] !== before[name]);
  await eventually('every kubelet that has power reports', () => leases(controlPlane, nodes), renewed, 90_000);
}

const apiAnswers = (worker: string): Promise<string> =>
  eventually(
    `the API answers through the balancer of ${worker}`,
    async () => (await lab.askThroughBalancer(worker)).stdout,
    (status) => status === '200',
    60_000,
  );

async function bringUp(nodes: readonly string[], change: Parameters<OwnLab['write']>[1] = {}): Promise<void> {
  await lab.write(nodes, change);
  const began = performance.now();
  await lab.must('init', '--yes');
  process.stdout.write(`  ${nodes.join(' ')}: init took ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  expect(await lab.must('plan')).toContain('Nothing to do');
}

describeOnLab('topologies', () => {
  beforeAll(() => lab.up());
  afterAll(() => lab.down());

  describe('three stacked control planes without an endpoint', () => {
    const nodes = [...stacked, ...workers];
    beforeAll(() => bringUp(nodes));

    test('all nodes are Ready, and each control plane holds a voting member', async () => {
      expect(await lab.readyNodes('cp1')).toEqual(nodes);
      expect(await lab.members('cp2')).toEqual(voters(stacked));
    });

    test.each(stacked)('with %s without power the API answers and kubelets report; it comes back by itself', async (victim) => {
      await lab.powerOff(victim);
      const [witness = ''] = stacked.filter((name) => name !== victim);
      for (const worker of workers) await apiAnswers(worker);
      await reportsAgain(
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
      await lab.isBack('cp1', nodes);
      await lab.isBack('cp3', nodes);
      expect(await lab.must('plan')).toContain('Nothing to do');
    });

    afterAll(async () => {
      await lab.powerOn();
      await lab.must('reset', '--yes');
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
      await reportsAgain('cp1', victim === 'cp2' ? ['cp1', 'cp3', 'w1'] : [...stacked, 'w1']);
      await lab.powerOn();
      await lab.isBack('cp2', [...stacked, 'w1']);
    });

    afterAll(async () => {
      await lab.powerOn();
      await lab.must('reset', '--yes');
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
      await reportsAgain('cp2', ['cp2', 'cp3', 'cp5', 'w1']);
    });
  });
});
