import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { OwnLab } from './support/own-lab.ts';
import { describeOnLab } from './support/shared-cluster.ts';

/** w2 is no node: it is the load balancer. */
const lab = new OwnLab('e2e-endpoint', { controlPlanes: 1, workers: 2, etcd: 0 });
const nodes = ['cp1', 'w1'];
const [host, port] = ['api.e2e.test', 8443];
const endpoint = `${host}:${port}`;

const addressOf = async (short: string): Promise<string> =>
  (await lab.on(short, 'ip -4 -o addr show dev eth0 | awk \'{sub(/\\/.*/, "", $4); print $4; exit}\'')).trim();

/** The name is known on every node. */
async function publish(): Promise<void> {
  const balancer = await addressOf('w2');
  for (const node of nodes) await lab.on(node, `grep -q ${host} /etc/hosts || echo '${balancer} ${host}' >>/etc/hosts`);
}

/** A relay of systemd, without any check of its own. */
async function balance(): Promise<void> {
  const target = `${await addressOf('cp1')}:6443`;
  await lab.on(
    'w2',
    `systemd-run -q --collect --unit relay /usr/bin/systemd-socket-activate -l 0.0.0.0:${port} /lib/systemd/systemd-socket-proxyd ${target}`,
  );
  const ready = `curl -sk -m 5 -o /dev/null -w '%{http_code}' https://127.0.0.1:${port}/readyz`;
  await eventually(
    'the API answers behind it',
    async () => (await lab.tryOn('w2', ready)).stdout,
    (status) => status === '200',
  );
}

describeOnLab('a given endpoint', () => {
  beforeAll(async () => {
    await lab.up();
    await lab.write(nodes, { cluster: { endpoint } });
  });
  afterAll(() => lab.down());

  test('whose name nobody knows: exit code 3, and nothing is changed', async () => {
    const { code, stderr } = await lab.kcluster('init', '--yes');
    expect(code, stderr).toBe(3);
    expect(stderr).toContain(`the name ${host} is not known here [EndpointName]`);
    for (const node of nodes) expect((await lab.tryOn(node, 'test -e /var/lib/kcluster')).code).toBe(1);
  });

  test('that leads nowhere: the bring-up stops before kubelets, and names what to mend', async () => {
    await publish();
    const { code, stderr } = await lab.kcluster('init', '--yes');
    expect(code, stderr).toBe(5);
    expect(stderr).toContain(`endpoint ${endpoint} answers /readyz did not come true in 120 s`);
    expect(stderr).toContain(`mend the load balancer or virtual address ${endpoint}`);
    expect((await lab.tryOn('cp1', 'systemctl is-active kube-apiserver')).stdout).toBe('active\n');
    for (const node of nodes) expect((await lab.tryOn(node, 'systemctl is-active kubelet')).stdout).toBe('inactive\n');
  });

  test('that was mended: the same command goes on, and what uses it is verified', async () => {
    await balance();
    await lab.must('init', '--yes');
    expect(await lab.readyNodes('cp1')).toEqual(nodes);
    expect(await lab.on('w1', 'grep server: /etc/kubernetes/kubelet.conf')).toContain(`https://${endpoint}`);
    const { stdout, stderr } = await lab.kcluster('init', '--yes', '--verbose');
    expect(stdout).toContain('nothing to do');
    for (const node of nodes) expect(stderr).toContain(`${lab.host(node)}: 1 round trip`);
  });

  test('that breaks later: exit code 3, with every node that misses it', async () => {
    await lab.on('w2', 'systemctl stop relay');
    const { code, stderr } = await lab.kcluster('init', '--yes');
    expect(code, stderr).toBe(3);
    for (const node of nodes) expect(stderr).toMatch(new RegExp(`${lab.host(node)}: no API server answers behind ${endpoint} .*refused`));
    await balance();
    expect(await lab.must('plan')).toContain('Nothing to do');
  });
});
