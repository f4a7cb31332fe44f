import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { OwnLab } from './support/own-lab.ts';
import { killAfter, runUntil } from './support/run-until.ts';
import { describeOnLab } from './support/shared-cluster.ts';

const lab = new OwnLab('e2e-faults', { controlPlanes: 3, workers: 2, etcd: 0 });
const all = ['cp1', 'cp2', 'cp3', 'w1'];
const voters = (...names: readonly string[]): readonly string[] => names.map((name) => `${name} voter started`);
/** `SWEEP_EVERY=1` kills after every single step; the default keeps the tests short. */
const every = Number(process.env.SWEEP_EVERY ?? 6);

const etcdctl = `/opt/kcluster/bin/etcdctl --endpoints=https://127.0.0.1:2379 --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/healthcheck-client.crt --key /etc/etcd/pki/healthcheck-client.key`;
const clusterId = async (short: string): Promise<string> =>
  /"cluster_id":(\d+)/.exec(await lab.on(short, `${etcdctl} endpoint status -w json`))?.[1] ?? '';

/** Kills the verb again and again, a few steps further each time, until it comes to its end by itself; gives how often. */
async function sweep(args: readonly string[], width: number, between: () => Promise<void> = async () => undefined): Promise<number> {
  for (let kills = 0; ; kills++) {
    expect(kills, 'a sweep that never ends').toBeLessThan(300);
    // A reset goes through its list from the start each time: each run is let a little further than the one before.
    const { code, stderr } = await killAfter([...args, '--yes', '-i', lab.inventory], args[0] === 'nodes' ? width * (kills + 1) : width);
    if (code === 0) return kills;
    expect(code, stderr).toBeNull();
    await between();
  }
}

describeOnLab('faults', () => {
  let stopped = false;
  beforeAll(() => lab.up());
  afterAll(() => lab.down());
  // Each builds on the cluster that the one before leaves.
  beforeEach(({ skip, onTestFailed }) => {
    if (stopped) skip('a step before failed');
    onTestFailed(() => {
      stopped = true;
    });
  });

  describe('SIGKILL of the command line', () => {
    test('all along a bring-up of three control planes: one cluster, whole', async () => {
      await lab.write(all);
      const kills = await sweep(['init'], every);
      process.stdout.write(`  init was killed ${kills} times\n`);
      expect(kills).toBeGreaterThan(3);
      expect(await lab.members('cp1')).toEqual(voters('cp1', 'cp2', 'cp3'));
      expect(new Set(await Promise.all(['cp1', 'cp2', 'cp3'].map(clusterId))).size).toBe(1);
      expect(await lab.readyNodes('cp1')).toEqual(all);
      expect(await lab.must('plan')).toContain('Nothing to do');
      await lab.kubectl('cp1', 'create configmap kept --from-literal=word=kept');
    });

    test('all along the removal of a control plane: quorum stays', async () => {
      const quorum = async (): Promise<void> => {
        const list = await lab.members('cp1');
        expect(list.filter((line) => line.endsWith('voter started')).length).toBeGreaterThanOrEqual(2);
      };
      const kills = await sweep(['nodes', 'remove', lab.host('cp3')], 1, quorum);
      process.stdout.write(`  nodes remove was killed ${kills} times\n`);
      await lab.write(['cp1', 'cp2', 'w1']);
      expect(await lab.members('cp1')).toEqual(voters('cp1', 'cp2'));
      expect(await lab.must('plan')).toContain('Nothing to do');
      expect((await lab.tryOn('cp3', 'test -e /var/lib/kcluster')).code).toBe(1);
    });

    test('all along the join of a control plane: one learner at most, then a voter', async () => {
      await lab.write(all);
      const atMostOneLearner = async (): Promise<void> => {
        const list = await lab.members('cp1');
        expect(list.filter((line) => line.includes('learner')).length).toBeLessThanOrEqual(1);
      };
      const kills = await sweep(['join'], Math.min(every, 4), atMostOneLearner);
      process.stdout.write(`  join was killed ${kills} times\n`);
      expect(await lab.members('cp2')).toEqual(voters('cp1', 'cp2', 'cp3'));
      expect(await lab.must('plan')).toContain('Nothing to do');
    });
  });

  interface Fault {
    readonly what: string;
    /** Done once the step of that phase has begun on the worker that joins. */
    readonly during: string;
    readonly strike: () => Promise<unknown>;
    readonly codes: readonly number[];
    readonly heal: () => Promise<unknown>;
  }
  const none = async (): Promise<void> => undefined;
  const onWorker = (script: string) => () => lab.tryOn('w2', script);
  const faults: readonly Fault[] = [
    {
      what: 'the connection is cut',
      during: 'containerd/install',
      // Ours is the youngest of the sessions.
      strike: onWorker("pkill -9 -o -f '^sshd: root@notty'"),
      codes: [4],
      heal: none,
    },
    {
      what: 'the host loses its power',
      during: 'kubelet/install',
      strike: () => lab.powerOff('w2'),
      codes: [4],
      heal: () => lab.powerOn(),
    },
    {
      what: 'the host is frozen',
      during: 'host/units',
      strike: onWorker("setsid sh -c 'kill -STOP -1; sleep 40; kill -CONT -1' >/dev/null 2>&1 </dev/null &"),
      codes: [4],
      heal: () =>
        eventually(
          'it thaws',
          async () => (await lab.tryOn('w2', 'echo here')).stdout,
          (text) => text === 'here\n',
          120_000,
        ),
    },
    {
      what: 'the disk is full',
      during: 'host/prepare',
      strike: onWorker('mkdir -p /opt/kcluster && mount -t tmpfs -o size=20m full /opt/kcluster'),
      codes: [5, 7],
      heal: onWorker('umount /opt/kcluster'),
    },
  ];

  test.each(faults)(
    'while a worker joins, $what: the exit code says so, and running again finishes',
    async ({ during, strike, codes, heal }) => {
      await lab.write([...all, 'w2']);
      let struck: Promise<unknown> | undefined;
      const { code, events } = await runUntil(['join', '--yes', '-i', lab.inventory], ({ type, step }) => {
        if (type === 'step-started' && step === `${during}@${lab.host('w2')}`) struck ??= strike();
      });
      await struck;
      expect(struck, `${during} began`).toBeDefined();
      expect(codes, JSON.stringify(events.at(-1))).toContain(code);
      await heal();
      await lab.must('join', '--yes');
      expect(await lab.readyNodes('cp1')).toEqual([...all, 'w2']);
      expect(await lab.must('plan')).toContain('Nothing to do');
      await lab.must('nodes', 'remove', lab.host('w2'), '--yes');
    },
  );
});
