import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { OwnLab } from './support/own-lab.ts';
import { describeOnLab } from './support/shared-cluster.ts';

const lab = new OwnLab('e2e-absent', { controlPlanes: 3, workers: 2, etcd: 0 });
const everybody = ['cp1', 'cp2', 'cp3', 'w1', 'w2'];
const gone = ['cp3', 'w2'];
const record = '/var/lib/kcluster/absent.json';
const taint = 'kcluster.dev/absent';
const maxPods = { components: { kubelet: { config: { maxPods: 57 } } } };

/** The inventory with another configuration of every kubelet, and these hosts declared down. */
const write = (...down: readonly string[]): Promise<void> => {
  const changes = everybody.map((name) => [name, { ...maxPods, ...(down.includes(name) ? { state: 'down' } : {}) }] as const);
  return lab.write(everybody, { nodes: Object.fromEntries(changes) });
};

interface Row {
  readonly node: string;
  readonly state: string;
  readonly distrusted?: boolean;
  readonly reports?: boolean;
  readonly absence?: { readonly since: string; readonly misses: readonly string[] };
}

async function rowsOf(...words: readonly string[]): Promise<Readonly<Record<string, Row>>> {
  const { stdout } = await lab.kcluster(...words, '-o', 'json');
  const { nodes } = JSON.parse(stdout) as { readonly nodes: readonly Row[] };
  return Object.fromEntries(nodes.map((row) => [lab.short(row.node), row]));
}

const taintsOf = async (node: string): Promise<readonly string[]> =>
  (await lab.kubectl('cp1', `get node ${lab.host(node)} -o 'jsonpath={.spec.taints[*].key}'`)).split(' ');
const podsOn = async (node: string): Promise<string> =>
  lab.kubectl(
    'cp1',
    `get pods -A --field-selector spec.nodeName=${lab.host(node)} -o 'jsonpath={range .items[*]}{.metadata.name} {.status.phase}{"\\n"}{end}'`,
  );
const serversOf = async (node: string): Promise<readonly string[]> => {
  const lines = await lab.on(node, `sed -n 's/^ *server \\([^ ]*\\) .*/\\1/p' /etc/kcluster/haproxy.cfg | sort -u`);
  return lines
    .trim()
    .split('\n')
    .map((name) => lab.short(name));
};
const has = async (node: string, path: string): Promise<boolean> => (await lab.tryOn(node, `test -e ${path}`)).code === 0;

/** Bound to its node by name, so that only the kubelet can refuse it. */
const bound = (node: string): string =>
  `printf '%s' '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"bound"},"spec":{"nodeName":"${lab.host(node)}","containers":[{"name":"c","image":"none"}]}}' | /opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f -`;

describeOnLab('hosts that are declared down', () => {
  let since = '';

  beforeAll(async () => {
    await lab.up();
    await lab.write(everybody);
    await lab.must('init', '--yes');
    for (const victim of gone) await lab.powerOff(victim);
  });
  afterAll(() => lab.down());

  test('without the word of the operator nothing goes on: exit code 4', async () => {
    const { code, stderr } = await lab.kcluster('plan');
    expect([code, stderr]).toEqual([4, expect.stringContaining(lab.host('w2'))]);
  });

  test('everything else goes on, what they miss is written down, and a second run has nothing to do', async () => {
    await write(...gone);
    // Whoever led etcd may just have lost its power: the others choose again first.
    await eventually(
      'the others pass every check',
      () => lab.kcluster('preflight'),
      ({ code }) => code === 0,
      60_000,
    );
    const planned = await lab.must('plan');
    expect(planned).toContain(`taints of ${lab.host('w2')}: set ${taint}:NoExecute`);
    await lab.must('init', '--yes');
    for (const node of ['cp1', 'w1']) expect(await lab.on(node, 'cat /var/lib/kubelet/config.yaml')).toContain('maxPods: 57');
    for (const node of gone) expect(await taintsOf(node)).toContain(taint);
    for (const node of ['cp1', 'w1']) expect(await serversOf(node)).toEqual(['cp1', 'cp2']);
    expect(await lab.on('cp1', `cat ${record}`)).toBe(await lab.on('cp2', `cat ${record}`));
    expect(await lab.must('init', '--yes')).toContain('nothing to do');
  });

  test('status and nodes list tell it, and status is content', async () => {
    const status = await rowsOf('status');
    since = status.w2?.absence?.since ?? '';
    expect(since).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+Z$/);
    for (const node of gone) expect(status[node]).toMatchObject({ state: 'declared down', absence: { since, misses: ['kubelet'] } });
    expect((await rowsOf('nodes', 'list')).w2).toMatchObject({ state: 'declared down', distrusted: true, absence: { since } });
    const { code, stdout } = await lab.kcluster('status');
    expect([code, stdout]).toEqual([0, expect.stringContaining(`declared down since ${since}, misses kubelet`)]);
  });

  test('two of three control planes cannot be left out: exit code 8', async () => {
    await lab.powerOff('cp2');
    await write(...gone, 'cp2');
    const { code, stderr } = await lab.kcluster('init', '--yes');
    expect([code, stderr]).toEqual([8, expect.stringContaining('etcd has no quorum without')]);
    await write(...gone);
  });

  test('hosts that boot again with what they held are given nothing', async () => {
    await lab.powerOn();
    for (const node of ['cp1', 'cp2']) await lab.isBack(node, everybody);
    await lab.reportsAgain('cp1', gone);
    expect(await lab.on('w2', 'cat /var/lib/kubelet/config.yaml')).not.toContain('maxPods: 57');
    for (const node of gone) expect(await taintsOf(node)).toContain(taint);
    expect(await serversOf('w1')).toEqual(['cp1', 'cp2']);

    await lab.on('cp1', bound('w2'));
    await eventually(
      'the pod that is bound to it does not run there',
      () => podsOn('w2'),
      (pods) => !/bound (Pending|Running)/.test(pods),
    );

    // A kubelet may not take the taint away by itself.
    const asKubelet = '/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=10s';
    const tried = await eventually(
      'the API answers on it',
      () => lab.tryOn('cp3', `${asKubelet} taint node ${lab.host('cp3')} ${taint}-`),
      ({ stderr }) => !/refused|timed? ?out|EOF|etcdserver/i.test(stderr),
    );
    expect([tried.code, tried.stderr]).toEqual([1, expect.stringContaining('is not allowed to modify taints')]);
    expect(await rowsOf('status')).toMatchObject({
      w2: { state: 'declared down', reports: true, absence: { since, misses: ['kubelet'] } },
    });
    expect(await lab.must('init', '--yes')).toContain('nothing to do');
  });

  test('taken back they are brought up to date first, then trusted', async () => {
    await write();
    const returned = await lab.kcluster('status');
    expect([returned.code, returned.stdout]).toEqual([
      5,
      expect.stringContaining(`Ready, absent since ${since}, misses kubelet: run kcluster init`),
    ]);
    expect(await lab.must('plan')).toContain(`take away ${taint}:NoExecute`);
    await lab.must('init', '--yes');
    for (const node of gone) {
      expect(await lab.on(node, 'cat /var/lib/kubelet/config.yaml')).toContain('maxPods: 57');
      expect(await taintsOf(node)).not.toContain(taint);
    }
    for (const node of ['cp1', 'w1', 'cp3']) expect(await serversOf(node)).toEqual(['cp1', 'cp2', 'cp3']);
    for (const node of ['cp1', 'cp2', 'cp3']) expect(await has(node, record)).toBe(false);
    expect(await lab.readyNodes('cp1')).toEqual(everybody);
    expect(await lab.must('init', '--yes')).toContain('nothing to do');
    expect((await lab.kcluster('status')).code).toBe(0);
  });
});
