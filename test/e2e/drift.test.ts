import { beforeEach, expect, test } from 'vitest';
import { describeOnLab, kcluster, onHost, shared } from './support/shared-cluster.ts';

interface Drift {
  readonly what: string;
  readonly on: () => string;
  readonly damage: string;
  /** What the plan names, and all that it names on that host. */
  readonly planned: readonly string[];
  readonly check: string;
}

const worker = (): string => shared.nodes[1] ?? '';
const controlPlane = (): string => shared.controlPlane;

const drifts: readonly Drift[] = [
  {
    what: 'an edited unit file',
    on: controlPlane,
    damage: "sed -i 's/--profiling=false/--profiling=true/' /etc/systemd/system/kube-scheduler.service",
    planned: ['file /etc/systemd/system/kube-scheduler.service', 'daemon-reload', 'restart kube-scheduler.service'],
    check: 'grep -c -- --profiling=false /etc/systemd/system/kube-scheduler.service',
  },
  {
    what: 'a deleted certificate',
    on: worker,
    damage: 'rm /var/lib/kubelet/pki/kubelet.crt',
    planned: ['issue kubelet', 'restart kubelet.service'],
    check: 'test -s /var/lib/kubelet/pki/kubelet.crt',
  },
  {
    what: 'a stopped unit',
    on: worker,
    damage: 'systemctl stop kube-proxy.service',
    planned: ['start kube-proxy.service'],
    check: 'systemctl is-active kube-proxy.service',
  },
  {
    what: 'an edited configuration of the balancer, which costs no connection,',
    on: worker,
    damage: 'echo "# by hand" >>/etc/kcluster/haproxy.cfg',
    planned: ['file /etc/kcluster/haproxy.cfg', 'reload kcluster-balancer.service'],
    check: '! grep -q "by hand" /etc/kcluster/haproxy.cfg',
  },
  {
    what: 'a changed kernel setting',
    on: worker,
    damage: 'sysctl -qw net.ipv4.ip_forward=0',
    planned: ['sysctl net.ipv4.ip_forward'],
    check: 'test "$(cat /proc/sys/net/ipv4/ip_forward)" = 1',
  },
  {
    what: 'a file that others may read',
    on: controlPlane,
    damage: 'chmod 0644 /etc/kubernetes/admin.conf',
    planned: ['attributes /etc/kubernetes/admin.conf'],
    check: 'test "$(stat -c %a /etc/kubernetes/admin.conf)" = 600',
  },
];

type Action = {
  readonly kind: string;
  readonly path?: string;
  readonly unit?: string;
  readonly op?: string;
  readonly key?: string;
  readonly entry?: { readonly request: { readonly id: string } };
};

function nameOf(action: Action): string {
  if (action.entry !== undefined) return `${action.kind} ${action.entry.request.id}`;
  if (action.unit !== undefined) return `${action.op} ${action.unit}`;
  const object = action.path ?? action.key;
  return object === undefined ? action.kind : `${action.kind} ${object}`;
}

async function plannedActions(): Promise<readonly string[]> {
  const { stdout, stderr } = await kcluster('plan', '--json');
  if (stdout === '') throw new Error(stderr);
  const { steps } = JSON.parse(stdout) as { steps: readonly { node: string; actions: readonly Action[] }[] };
  return steps.flatMap((step) => step.actions.map((action) => `${step.node}: ${nameOf(action)}`));
}

describeOnLab('drift', () => {
  // A test that fails must not hand its damage on to the next.
  beforeEach(async () => {
    expect((await kcluster('init', '--yes')).code).toBe(0);
  });

  test.each(drifts)('$what is named by the plan, exactly, and repaired by init', async ({ on, damage, planned, check }) => {
    const node = on();
    await onHost(node, damage);
    expect(await plannedActions()).toEqual(planned.map((action) => `${node}: ${action}`));
    const { code } = await kcluster('init', '--yes');
    expect(code).toBe(0);
    await onHost(node, check);
    expect(await plannedActions()).toEqual([]);
  });

  test('plan --detailed-exitcode ends with 10 when something drifted', async () => {
    await onHost(worker(), 'systemctl stop kube-proxy.service');
    expect((await kcluster('plan', '--detailed-exitcode')).code).toBe(10);
    expect((await kcluster('init', '--yes')).code).toBe(0);
    expect((await kcluster('plan', '--detailed-exitcode')).code).toBe(0);
  });
});
