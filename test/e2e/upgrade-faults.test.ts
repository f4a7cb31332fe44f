import { afterAll, beforeAll, expect, test } from 'vitest';
import { labReboot } from '../../src/lab/lab-power.ts';
import { createReader } from './support/api-reader.ts';
import { eventually } from './support/eventually.ts';
import { type Fed, Feeds } from './support/feeds.ts';
import { KillAtSteps, type Swept } from './support/kill-at-steps.ts';
import { otherReleases } from './support/other-releases.ts';
import { OwnLab } from './support/own-lab.ts';
import { plannedOrder } from './support/planned-order.ts';
import { cordoned, inUse, kubeletsTell } from './support/releases-in-use.ts';
import type { JsonEvent } from './support/run-until.ts';
import { describeOnLab } from './support/shared-cluster.ts';
import { skipAfterFailure } from './support/skip-after-failure.ts';

const lab = new OwnLab('e2e-upgrade-faults', { controlPlanes: 3, workers: 1, etcd: 0 });
const controlPlanes = ['cp1', 'cp2', 'cp3'];
const everybody = [...controlPlanes, 'w1'];
const [from, to] = ['1.36.5', '1.37.1'];
const [oldEtcd, newEtcd] = ['3.6.16', '3.7.3'];

const etcdctl =
  '/opt/kcluster/bin/etcdctl --endpoints=https://127.0.0.1:2379 --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/healthcheck-client.crt --key /etc/etcd/pki/healthcheck-client.key';
/** Links and unit files in use, and when each unit was started: what must be the same where nothing was touched. */
const picture = (short: string): Promise<string> =>
  lab.on(
    short,
    `cd /opt/kcluster/bin && for f in *; do echo "$f $(readlink $f)"; done; cat /etc/systemd/system/*.service /var/lib/kubelet/config.yaml | sha256sum
for u in etcd kube-apiserver kube-controller-manager kube-scheduler containerd kubelet kube-proxy kcluster-balancer; do echo "$u $(systemctl show -p InvocationID --value $u)"; done`,
  );
const pictures = (shorts: readonly string[]) => Promise.all(shorts.map(picture));

/** Done by the unit each time it is about to start, with the release that it starts with in $release; nothing of kcluster's own is touched. */
const beforeStart = (short: string, component: string, script: string): Promise<string> =>
  lab.on(
    short,
    `mkdir -p /etc/systemd/system/${component}.service.d && cat >/root/before-${component} <<'SCRIPT'
release=$(readlink /opt/kcluster/bin/${component})
${script}
SCRIPT
printf '[Service]\\nExecStartPre=+/bin/sh /root/before-${component}\\n' >/etc/systemd/system/${component}.service.d/broken.conf && systemctl daemon-reload`,
  );
const mend = (short: string, component: string): Promise<string> =>
  lab.on(short, `rm -r /etc/systemd/system/${component}.service.d; nft delete table inet cut 2>/dev/null; systemctl daemon-reload`);

/** With the new release it cannot talk to its peers, with the old one it can: only the port between members is closed. */
const cutOffNew = `nft delete table inet cut 2>/dev/null
case $release in */${newEtcd}/*) nft -f - <<'RULES'
table inet cut {
  chain in { type filter hook input priority -200; iif != lo tcp dport 2380 drop; }
  chain out { type filter hook output priority -200; oif != lo tcp dport 2380 drop; }
}
RULES
esac`;

const kills = new KillAtSteps();

/**
 * Kills run after run, each a little further than the one before, until one ends by itself: at a step that is `until`, where `strike` is
 * done, or at the end. After each, the API answers through a balancer of another host.
 */
async function sweep(until: (step: string) => boolean, strike: (step: string) => Promise<unknown> = async () => undefined): Promise<Swept> {
  for (;;) {
    // Pods of a host that was away are not ready at once, and a plan refuses while no pod of CoreDNS may leave.
    await lab.isBack('cp1', everybody);
    await eventually(
      'CoreDNS is ready',
      () => lab.kubectl('cp1', `get deployment coredns -n kube-system -o 'jsonpath={.status.readyReplicas}'`),
      (ready) => ready === '2',
      120_000,
    );
    const ended = await kills.run(['upgrade', 'apply', '--to', to, '--yes', '--no-backup', '-i', lab.inventory], until, strike);
    if (ended.struck || ended.code === 0) return ended;
    expect(ended.code, ended.stderr).toBeNull();
    const elsewhere = controlPlanes.find((short) => !ended.last.endsWith(lab.host(short))) ?? '';
    expect((await lab.askThroughBalancer(elsewhere)).stdout).toBe('200');
  }
}

const notices = (events: readonly JsonEvent[]): string => events.flatMap(({ type, text }) => (type === 'notice' ? [text] : [])).join('\n');
const ownStep = (phase: string, short: string) => {
  const host = lab.host(short);
  return (step: string): boolean => step === `${phase}-${host}@${host}`;
};
const serverOf = (short: string): string => `kube-apiserver/run@${lab.host(short)}`;
const hasNewServer = (short: string): boolean => kills.finished.has(serverOf(short));
/** An API server's on a host without a client, when the swap of another one came to its end before. */
const isNextServer = (step: string): boolean =>
  controlPlanes.some(hasNewServer) && ['cp2', 'cp3'].some((short) => step === serverOf(short) && !hasNewServer(short));
const nodeOf = (step: string): string => lab.short(step.slice(step.indexOf('@') + 1));

describeOnLab('an upgrade in which things go wrong', () => {
  /** On hosts that are not cut themselves; the one on the worker ends before that host reboots. */
  let clients: { readonly controlPlane: Feeds; readonly worker: Feeds };
  /** The order in which members are taken, as the plan says. */
  let members: readonly string[] = [];

  const fed = async (): Promise<readonly Fed[]> =>
    (await Promise.all(Object.values(clients).map((feeds) => feeds.read()))).flatMap((read) => Object.values(read));
  const counted = new Map<number, number>();
  /**
   * No request failed since this was asked last, but for so many of each client. An API server asks the etcd of its own host: what is on
   * its way there, one request a client, hangs when that or the host goes away without a word, until the balancers leave it out.
   */
  const expectLost = async (most: number): Promise<void> => {
    for (const [index, { failures }] of (await fed()).entries()) {
      const fresh = failures.slice(counted.get(index) ?? 0);
      expect(fresh.length, fresh.join('\n')).toBeLessThanOrEqual(most);
      counted.set(index, failures.length);
    }
  };

  beforeAll(async () => {
    await otherReleases([from]);
    await lab.up();
    await lab.write(everybody, { cluster: { kubernetesVersion: from } });
    await lab.must('init', '--yes');
    const request = await createReader(lab, 'default', ['cp1', 'w1']);
    clients = {
      controlPlane: new Feeds(lab, { cp1: { host: 'cp1', request } }),
      worker: new Feeds(lab, { w1: { host: 'w1', request } }),
    };
    for (const feeds of Object.values(clients)) await feeds.start();
    // From empty caches a release takes minutes to build.
  }, 1_800_000);
  afterAll(() => lab.down());
  skipAfterFailure();

  test('a disk that is full while artifacts are staged: nothing that runs is touched', async () => {
    const before = await pictures(everybody);
    const full = `/opt/kcluster/kubelet/${to}`;
    // Hosts of tests begin with the programs of this release.
    for (const short of everybody) await lab.on(short, `rm -rf ${full} /opt/kcluster/kube-proxy/${to}`);
    await lab.on('cp2', `mkdir -p ${full} && mount -t tmpfs -o size=20m full ${full}`);
    const { code, stderr } = await lab.kcluster('upgrade', 'apply', '--to', to, '--yes');
    expect(code, stderr).toBe(5);
    expect(stderr).toContain(`${lab.host('cp2')}: could not store ${full}/kubelet`);
    expect(stderr).toContain('No space left on device');
    expect(stderr).toContain(`in use now: etcd ${oldEtcd}; kube-apiserver`);
    expect(stderr).toContain('See that the file system has room');
    expect(await pictures(everybody)).toEqual(before);
    await lab.on('cp2', `umount ${full}`);
    await expectLost(0);
  });

  test('a member of etcd that does not start gets back what it had, the others are left alone', async () => {
    const { plan } = JSON.parse(await lab.must('upgrade', 'plan', '--to', to, '--json'));
    members = plannedOrder(lab, plan, (phase) => phase.startsWith('etcd/run-'));
    expect(members.toSorted()).toEqual(controlPlanes);
    const [first = '', ...others] = members;
    await beforeStart(first, 'etcd', `case $release in */${newEtcd}/*) exit 1 ;; esac`);
    const before = await pictures(others);
    const { code, stderr } = await sweep(ownStep('etcd/run', first));
    expect(code, stderr).toBe(5);
    expect(stderr).toContain('etcd.service runs again with what it had before');
    expect(await inUse(lab, 'etcd', controlPlanes)).toEqual([oldEtcd, oldEtcd, oldEtcd]);
    expect(await pictures(others)).toEqual(before);
    expect(await lab.on(first, `${etcdctl} endpoint health`)).toContain('is healthy');
    await mend(first, 'etcd');
    await expectLost(1);
  });

  test('a member that starts and does not catch up gets back what it had, and quorum keeps answering', async () => {
    const [first = '', second = '', third = ''] = members;
    await beforeStart(second, 'etcd', cutOffNew);
    const before = await picture(third);
    const { code, stderr } = await sweep(ownStep('etcd/run', second));
    expect(code, stderr).toBe(5);
    expect(stderr).toContain('etcd answers /readyz did not come true in 60 s');
    expect(stderr).toContain('etcd.service runs again with what it had before');
    expect(await inUse(lab, 'etcd', members)).toEqual([newEtcd, oldEtcd, oldEtcd]);
    expect(await picture(third)).toBe(before);
    expect(await lab.members(first)).toEqual(controlPlanes.map((name) => `${name} voter started`));
    await mend(second, 'etcd');
    await expectLost(1);
  });

  test('stopped among the members it can be taken back', async () => {
    expect(await lab.must('upgrade', 'rollback', '--yes', '--no-backup')).toContain('taken back');
    expect(await inUse(lab, 'etcd', members)).toEqual([oldEtcd, oldEtcd, oldEtcd]);
    expect(await lab.members('cp1')).toEqual(controlPlanes.map((name) => `${name} voter started`));
    await expectLost(0);
  });

  test('a control plane that vanishes: the run ends and says so, the API goes on', async () => {
    let gone = '';
    const { code, stderr, events } = await sweep(isNextServer, (step) => {
      gone = nodeOf(step);
      return lab.powerOff(gone);
    });
    expect(code, stderr).toBe(4);
    expect(stderr).toContain(lab.host(gone));
    expect(notices(events)).toContain(`in use now: etcd ${newEtcd}`);
    const others = controlPlanes.filter((short) => short !== gone);
    const hostOf = (isNew: boolean): string => lab.host(others.find((short) => hasNewServer(short) === isNew) ?? '');
    const spread = others.every(hasNewServer) ? to : `${to} on ${hostOf(true)}, ${from} on ${hostOf(false)}`;
    expect(notices(events)).toContain(`; kube-apiserver ${spread}`);
    expect(notices(events)).toContain(`no answer from ${lab.host(gone)}; kcluster upgrade apply goes on`);
    expect((await lab.askThroughBalancer('cp1')).stdout).toBe('200');
    const again = await lab.kcluster('upgrade', 'apply', '--to', to, '--yes');
    expect([again.code, again.stderr]).toEqual([4, expect.stringContaining(lab.host(gone))]);
    expect(await inUse(lab, 'kube-apiserver', others)).toEqual(others.map((short) => (hasNewServer(short) ? to : from)));
    await lab.powerOn();
    await lab.isBack(gone, everybody);
    await expectLost(2);
  });

  test('a control plane that reboots while its API server is swapped', async () => {
    let rebooted = '';
    const { code, stderr } = await sweep(isNextServer, (step) => {
      rebooted = nodeOf(step);
      return labReboot(lab.name, lab.host(rebooted), { report: () => undefined });
    });
    expect(code, stderr).toBe(4);
    await lab.isBack(rebooted, everybody);
    await expectLost(2);
  });

  test('a connection that is cut in the turn of a node', async () => {
    const { code, stderr } = await sweep(ownStep('kubelet/run', 'cp2'), () => lab.tryOn('cp2', "pkill -9 -o -f '^sshd: root@notty'"));
    expect(code, stderr).toBe(4);
    await expectLost(0);
  });

  test('a worker that reboots in its turn', async () => {
    let client: Fed | undefined;
    const reboot = async (): Promise<void> => {
      // It goes with its host.
      ({ w1: client } = await clients.worker.read());
      await labReboot(lab.name, lab.host('w1'), { report: () => undefined });
    };
    const { code, stderr } = await sweep(ownStep('kubelet/run', 'w1'), reboot);
    expect(code, stderr).toBe(4);
    process.stdout.write(`  requests of the worker until then: ${client?.requests}, failed: ${client?.failures.length}\n`);
    expect(client?.requests).toBeGreaterThan(100);
    expect(client?.failures.slice(counted.get(1))).toEqual([]);
    await lab.reportsAgain('cp1', ['w1']);
    await lab.isBack('cp1', everybody);
  });

  test('killed at each of its steps once, in it or right behind it, it comes to its end', async () => {
    await sweep(() => false);
    const { cp1 } = await clients.controlPlane.read();
    process.stdout.write(
      `  killed ${kills.kills} times, over ${kills.planned.size} steps; requests meanwhile: ${cp1?.requests}, failed: ${cp1?.failures.length}\n`,
    );
    expect(kills.spared).toEqual([]);
    expect(cp1?.failures.slice(counted.get(0))).toEqual([]);
    for (const component of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'])
      expect(await inUse(lab, component, controlPlanes), component).toEqual([to, to, to]);
    for (const component of ['kubelet', 'kube-proxy'])
      expect(new Set(await inUse(lab, component, everybody)), component).toEqual(new Set([to]));
    expect(await inUse(lab, 'etcd', controlPlanes)).toEqual([newEtcd, newEtcd, newEtcd]);
    expect(await kubeletsTell(lab)).toEqual([`v${to}`]);
    expect(await cordoned(lab)).toBe('');
    for (const short of everybody) expect((await lab.tryOn(short, 'test -e /var/lib/kcluster/kept')).code, short).toBe(1);
    expect(await lab.must('upgrade', 'apply', '--to', to, '--yes')).toContain('nothing to do');
    await lab.write(everybody, { cluster: { kubernetesVersion: to } });
    expect(await lab.must('init', '--yes')).toContain('nothing to do');
    await eventually(
      'all is well',
      () => lab.kcluster('status'),
      ({ code }) => code === 0,
    );
  });
});
