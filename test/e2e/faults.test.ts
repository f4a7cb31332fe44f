import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { OwnLab } from './support/own-lab.ts';
import { killAfter, runUntil } from './support/run-until.ts';
import { describeOnLab } from './support/shared-cluster.ts';
import { skipAfterFailure } from './support/skip-after-failure.ts';

const lab = new OwnLab('e2e-faults', { controlPlanes: 4, workers: 2, etcd: 0 });
const all = ['cp1', 'cp2', 'cp3', 'w1'];
const voters = (...names: readonly string[]): readonly string[] => names.map((name) => `${name} voter started`);
/** `SWEEP_EVERY=1` kills after every single step, from the step `SWEEP_FROM` on, `SWEEP_KILLS` times; the default keeps the tests short. */
const every = Number(process.env.SWEEP_EVERY ?? 6);
const from = Number(process.env.SWEEP_FROM ?? 0);
const most = Number(process.env.SWEEP_KILLS ?? 300);

const etcdctl = `/opt/kcluster/bin/etcdctl --endpoints=https://127.0.0.1:2379 --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/healthcheck-client.crt --key /etc/etcd/pki/healthcheck-client.key`;
const clusterId = async (short: string): Promise<string> =>
  /"cluster_id":(\d+)/.exec(await lab.on(short, `${etcdctl} endpoint status -w json`))?.[1] ?? '';

/** Its first start reads the list of members, so it is killed once it has joined. */
const killEtcdOnceItRuns = 'until systemctl is-active -q etcd; do :; done; systemctl kill -s KILL etcd';

/** Kills the verb again and again, so many steps further each time, until it comes to its end by itself; gives how often. */
async function sweep(args: readonly string[], width: number, between: () => Promise<void> = async () => undefined): Promise<number> {
  // A reset goes through its list from the start each time: each run is let a little further than the one before.
  const stepsOf = (kills: number): number => (args[0] === 'nodes' ? from + width * (kills + 1) : kills === 0 ? from + width : width);
  for (let kills = 0; ; kills++) {
    const steps = kills < most ? stepsOf(kills) : Number.POSITIVE_INFINITY;
    const { code, stderr } = await killAfter([...args, '--yes', '-i', lab.inventory], steps);
    if (code === 0) return kills;
    expect(code, stderr).toBeNull();
    await between();
  }
}

describeOnLab('faults', () => {
  beforeAll(() => lab.up());
  afterAll(() => lab.down());
  skipAfterFailure();

  /** What each block begins with, whichever of them are run. */
  const bringUp = async (hosts: readonly string[] = all): Promise<void> => {
    await lab.write(hosts);
    await lab.must('init', '--yes');
    await lab.tryOn(
      'cp1',
      '/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf create configmap kept --from-literal=word=kept',
    );
  };

  describe('SIGKILL of the command line', () => {
    test('all along a bring-up of three control planes: one cluster, whole', async () => {
      await lab.write(all);
      const kills = await sweep(['init'], every);
      process.stdout.write(`  init was killed ${kills} times\n`);
      expect(kills).toBeGreaterThan(most < 300 ? 0 : 3);
      expect(await lab.members('cp1')).toEqual(voters('cp1', 'cp2', 'cp3'));
      expect(new Set(await Promise.all(['cp1', 'cp2', 'cp3'].map(clusterId))).size).toBe(1);
      expect(await lab.readyNodes('cp1')).toEqual(all);
      expect(await lab.must('plan')).toContain('Nothing to do');
    });

    test('all along the removal of a control plane: quorum stays', async () => {
      await bringUp();
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
      await bringUp(['cp1', 'cp2', 'w1']);
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
    /** Done once the step of that phase has begun on that node. */
    readonly during: string;
    readonly on: string;
    readonly strike: () => Promise<unknown>;
    readonly codes: readonly number[];
    readonly heal?: () => Promise<unknown>;
  }
  const script = (short: string, text: string) => () => lab.tryOn(short, text);
  // Detached, because it stops the shell that started it too.
  const freeze = (short: string) => script(short, "setsid sh -c 'kill -STOP -1; sleep 40; kill -CONT -1' >/dev/null 2>&1 </dev/null &");
  const thaws = (short: string) => () =>
    eventually(
      'it thaws',
      async () => (await lab.tryOn(short, 'echo here')).stdout,
      (text) => text === 'here\n',
      120_000,
    );

  /** Runs the verb, with the fault in the middle of it; gives its exit code. What a member that answers lists never has fewer voters than before. */
  async function runWith(verb: string, { during, on, strike }: Fault, least: number): Promise<number | null> {
    let struck: Promise<unknown> | undefined;
    let runs = true;
    const watch = (async (): Promise<void> => {
      while (runs) {
        const list = await lab.members('cp1').catch(() => undefined);
        if (list !== undefined) expect(list.filter((line) => line.includes(' voter ')).length).toBeGreaterThanOrEqual(least);
        // Asking all the time would leave too little of this machine to what is watched.
        await pause(200);
      }
    })();
    const { code } = await runUntil([verb, '--yes', '-i', lab.inventory], ({ type, step }) => {
      if (type === 'step-started' && step === `${during}@${lab.host(on)}`) struck ??= strike();
    });
    runs = false;
    await watch;
    await struck;
    expect(struck, `${during} began on ${on}`).toBeDefined();
    return code;
  }

  describe('while a worker joins', () => {
    beforeAll(() => bringUp());

    const whileWorkerJoins: readonly Fault[] = [
      // Ours is the youngest of the sessions.
      {
        what: 'the connection is cut',
        during: 'containerd/install',
        on: 'w2',
        strike: script('w2', "pkill -9 -o -f '^sshd: root@notty'"),
        codes: [4],
      },
      {
        what: 'the host loses its power',
        during: 'kubelet/install',
        on: 'w2',
        strike: () => lab.powerOff('w2'),
        codes: [4],
        heal: () => lab.powerOn(),
      },
      { what: 'the host is frozen', during: 'host/units', on: 'w2', strike: freeze('w2'), codes: [4], heal: thaws('w2') },
      {
        what: 'the disk is full',
        during: 'host/prepare',
        on: 'w2',
        strike: script('w2', 'mkdir -p /opt/kcluster && mount -t tmpfs -o size=20m full /opt/kcluster'),
        codes: [5, 7],
        heal: script('w2', 'umount /opt/kcluster'),
      },
    ];

    test.each(whileWorkerJoins)('$what: the exit code says so, and running again finishes', async (fault) => {
      await lab.write([...all, 'w2']);
      expect(fault.codes).toContain(await runWith('join', fault, 3));
      await fault.heal?.();
      await lab.must('join', '--yes');
      expect(await lab.readyNodes('cp1')).toEqual([...all, 'w2']);
      await lab.settles();
      await lab.must('nodes', 'remove', lab.host('w2'), '--yes');
    });
  });

  describe('while a control plane joins', () => {
    beforeAll(() => bringUp());

    const whileControlPlaneJoins: readonly Fault[] = [
      { what: 'its etcd is killed', during: 'etcd/run', on: 'cp4', strike: script('cp4', killEtcdOnceItRuns), codes: [0] },
      {
        what: 'the etcd of another is killed',
        during: 'etcd/run',
        on: 'cp4',
        strike: script('cp2', 'systemctl kill -s KILL etcd'),
        codes: [0, 5, 8],
      },
      { what: 'another is frozen', during: 'kube-apiserver/install', on: 'cp4', strike: freeze('cp2'), codes: [4], heal: thaws('cp2') },
      {
        what: 'its host is rebooted',
        during: 'kube-apiserver/run',
        on: 'cp4',
        strike: () => lab.powerOff('cp4'),
        codes: [4],
        heal: () => lab.powerOn(),
      },
    ];

    test.each(whileControlPlaneJoins)('$what: no vote is lost, and running again finishes', async (fault) => {
      await lab.write([...all, 'cp4']);
      expect(fault.codes).toContain(await runWith('join', fault, 3));
      await fault.heal?.();
      await lab.must('join', '--yes');
      expect(await lab.members('cp1')).toEqual(voters('cp1', 'cp2', 'cp3', 'cp4'));
      await lab.isBack('cp1', [...all, 'cp4']);
      await lab.settles();
      await lab.must('nodes', 'remove', lab.host('cp4'), '--yes');
    });
  });

  describe('while every etcd is restarted', () => {
    beforeAll(() => bringUp());

    const whileChanging: readonly Fault[] = [
      { what: 'one etcd is killed', during: 'etcd/run', on: 'cp1', strike: script('cp2', 'systemctl kill -s KILL etcd'), codes: [0, 5, 8] },
      { what: 'one etcd is stopped and stays so', during: 'etcd/run', on: 'cp1', strike: script('cp3', 'systemctl stop etcd'), codes: [8] },
      {
        what: 'one host is switched off',
        during: 'etcd/run',
        on: 'cp2',
        strike: () => lab.powerOff('cp3'),
        codes: [4, 5, 8],
        heal: () => lab.powerOn(),
      },
    ];
    let round = 0;
    const change = (): Promise<void> =>
      lab.write(all, { components: { etcd: { extraArgs: { 'heartbeat-interval': String(101 + round++) } } } });

    test.each(whileChanging)('$what: it goes no further than quorum allows, and running again finishes', async (fault) => {
      await change();
      expect(fault.codes).toContain(await runWith('init', fault, 3));
      await fault.heal?.();
      await lab.must('init', '--yes');
      expect(await lab.members('cp2')).toEqual(voters('cp1', 'cp2', 'cp3'));
      await lab.isBack('cp3', all);
      await lab.settles();
    });

    test('the data of one is wiped: it is not founded anew, but replaced as the message says', async () => {
      await change();
      const wipe = script('cp3', 'systemctl stop etcd; rm -rf /var/lib/etcd/member; systemctl start --no-block etcd');
      expect(await runWith('init', { what: '', during: 'etcd/run', on: 'cp1', strike: wipe, codes: [] }, 3)).toBe(8);
      const refused = await lab.kcluster('init', '--yes');
      expect([refused.code, refused.stderr]).toEqual([8, expect.stringContaining('it is a member of etcd, but its data is gone')]);
      expect(refused.stderr).toContain(`kcluster nodes remove ${lab.host('cp3')}, then kcluster join ${lab.host('cp3')}`);
      await lab.must('nodes', 'remove', lab.host('cp3'), '--yes');
      await lab.must('join', lab.host('cp3'), '--yes');
      expect(await lab.members('cp1')).toEqual(voters('cp1', 'cp2', 'cp3'));
      await lab.must('init', '--yes');
      await lab.settles();
      expect(await lab.kubectl('cp3', "get configmap kept -o 'jsonpath={.data.word}'")).toBe('kept');
    });
  });
});
