import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { labDown } from '../../src/lab/lab-down.ts';
import { sshArguments } from '../../src/lab/lab-ssh.ts';
import { labUp } from '../../src/lab/lab-up.ts';
import { canRunLab } from '../../src/lab/prerequisites.ts';
import { requireLabState, requireMachine } from '../../src/lab/state.ts';
import { runKcluster } from './support/run-kcluster.ts';
import { describeOnLab, onHost, shared } from './support/shared-cluster.ts';

const run = promisify(execFile);
const lab = 'lt-path';
const [controlPlane, worker] = [`${lab}-cp1`, `${lab}-w1`];
/** How fast a busy test machine is says nothing about paths. */
const ofSpeed = ['EtcdDiskLatency', 'RoundTrip'];

interface Told {
  readonly findings: readonly { readonly id: string; readonly node: string; readonly severity: string; readonly message: string }[];
  readonly paths: readonly {
    readonly from: string;
    readonly to: string;
    readonly source?: string;
    readonly ports: readonly { readonly port: number; readonly result: string }[];
  }[];
}

async function preflight(inventory: string, ...args: readonly string[]) {
  const waived = ofSpeed.flatMap((name) => ['--ignore-preflight', name]);
  const { code, stdout, stderr } = await runKcluster(['preflight', '-i', inventory, '-o', 'json', ...waived, ...args]);
  const { findings, paths } = (stdout === '' ? { findings: [], paths: [] } : JSON.parse(stdout)) as Told;
  // Lab hosts may have cgroup v1, which their inventory waives.
  const own = findings.filter(({ id }) => id !== 'CgroupV1' && !ofSpeed.includes(id));
  return {
    code,
    stderr,
    paths,
    findings: own.map(({ id, node, severity }) => `${severity} ${node} ${id}`),
    messages: own.map(({ message }) => message),
  };
}

async function ssh(host: string, command: string): Promise<string> {
  const machine = requireMachine(await requireLabState(lab), host);
  const { stdout } = await run('ssh', [...sshArguments(lab, machine, { user: 'root', command: [command] })]);
  return stdout.trim();
}

/** Runs while a host is as a command made it, and undoes that. */
async function whileOn<T>(host: string, setUp: string, undo: string, work: () => Promise<T>): Promise<T> {
  await ssh(host, setUp);
  try {
    return await work();
  } finally {
    await ssh(host, undo);
  }
}

describeOnLab('on a cluster that runs', () => {
  test('every path is well, nothing is opened or left, and no unit restarts', async () => {
    const units =
      'systemctl show -p Id -p ExecMainStartTimestampMonotonic etcd kube-apiserver kubelet kube-proxy; ls -A /tmp /var/lib/etcd | grep -e ^tmp -e latency || true';
    const before = await Promise.all(shared.nodes.map((node) => onHost(node, units)));
    const { code, paths, findings, stderr } = await preflight(shared.inventory);
    expect({ code, findings }, stderr).toEqual({ code: 0, findings: [] });
    const tried = paths.flatMap(({ from, to, ports }) => ports.map(({ port, result }) => `${from} ${to} ${port} ${result}`));
    const others = shared.nodes.filter((node) => node !== shared.controlPlane);
    expect(tried.sort()).toEqual(
      others.flatMap((node) => [`${shared.controlPlane} ${node} 10250 reached`, `${node} ${shared.controlPlane} 6443 reached`]).sort(),
    );
    expect(await Promise.all(shared.nodes.map((node) => onHost(node, units)))).toEqual(before);
  });

  test('the table has a row and a column for each node', async () => {
    const { stdout } = await runKcluster(['preflight', '-i', shared.inventory]);
    const [head = '', ...rows] = stdout.split('\n');
    expect(head.split(/ {3,}/)).toEqual(['FROM \\ TO', ...shared.nodes]);
    for (const [index, node] of shared.nodes.entries()) expect(rows[index]).toMatch(new RegExp(`^${node} .*ok \\d+(\\.\\d)?ms`));
  });
});

describe.skipIf(!canRunLab().ok)('between bare hosts', () => {
  let inventory = '';
  beforeAll(async () => {
    await labDown(lab, () => undefined);
    ({ inventory } = await labUp({
      name: lab,
      controlPlanes: 1,
      workers: 1,
      etcd: 0,
      mirror: inject('mirror'),
      install: true,
      report: () => undefined,
    }));
  });
  afterAll(async () => {
    await labDown(lab, () => undefined);
  });

  test('open ones are well, each seen under its own address; afterwards nobody listens', async () => {
    const { code, findings, paths, stderr } = await preflight(inventory);
    expect({ code, findings }, stderr).toEqual({ code: 0, findings: [] });
    const { machines } = await requireLabState(lab);
    const addresses = new Map(machines.map(({ name, address }) => [name, address]));
    expect(paths.map(({ from, to, source }) => [from, to, source === addresses.get(from)])).toEqual([
      [controlPlane, worker, true],
      [worker, controlPlane, true],
    ]);
    for (const host of [controlPlane, worker])
      expect(await ssh(host, 'ss -Hltn | grep -v :22 || true; ls -A /tmp | grep ^tmp || true')).toBe('');
  });

  test('a packet filter that drops is one finding, of that pair, and waived by its name', async () => {
    const drop = `nft 'add table inet probe; add chain inet probe in { type filter hook input priority 0; }; add rule inet probe in tcp dport 10250 drop'`;
    await whileOn(worker, drop, 'nft delete table inet probe', async () => {
      const { code, findings, messages } = await preflight(inventory);
      expect({ code, findings }).toEqual({ code: 3, findings: [`error ${controlPlane} PortReachable`] });
      expect(messages[0]).toMatch(new RegExp(`^${worker} \\([\\d.]+\\) does not answer on 10250: `));
      const waived = await preflight(inventory, '--ignore-preflight', 'PortReachable');
      expect({ code: waived.code, findings: waived.findings }).toEqual({ code: 0, findings: [`warning ${controlPlane} PortReachable`] });
    });
  });

  test('it also stops a bring-up, with that pair alone, before anything is changed', async () => {
    const drop = `nft 'add table inet probe; add chain inet probe in { type filter hook input priority 0; }; add rule inet probe in tcp dport 10250 drop'`;
    await whileOn(worker, drop, 'nft delete table inet probe', async () => {
      const { code, stderr } = await runKcluster(['init', '--yes', '-i', inventory, '--ignore-preflight', 'RoundTrip']);
      expect(code, stderr).toBe(3);
      expect(stderr).toMatch(
        new RegExp(`^Error: ${controlPlane}: ${worker} \\([\\d.]+\\) does not answer on 10250: .* \\[PortReachable\\]$`, 'm'),
      );
    });
    for (const host of [controlPlane, worker])
      expect(await ssh(host, 'ls -d /var/lib/kcluster /opt/kcluster 2>/dev/null || true; ss -Hltn | grep -v :22 || true')).toBe('');
  });

  test('one that rejects is told from one that drops', async () => {
    const reject = `nft 'add table inet probe; add chain inet probe in { type filter hook input priority 0; }; add rule inet probe in tcp dport 6443 reject'`;
    await whileOn(controlPlane, reject, 'nft delete table inet probe', async () => {
      const { code, paths } = await preflight(inventory);
      expect(code).toBe(3);
      expect(paths.find(({ from }) => from === worker)?.ports).toMatchObject([{ port: 6443, result: 'refused' }]);
    });
  });

  test('a narrow way is found', async () => {
    await whileOn(worker, 'ip link set eth0 mtu 1400', 'ip link set eth0 mtu 1500', async () => {
      const { code, findings, messages } = await preflight(inventory);
      expect({ code, findings }).toEqual({ code: 3, findings: [`error ${controlPlane} PathMTU`] });
      expect(messages[0]).toContain(`packets over 1400 bytes do not arrive at ${worker}`);
    });
  });

  test('a translation is found by what the target sees', async () => {
    const translate = `ip addr add 198.18.0.9/32 dev eth0; nft 'add table ip probe; add chain ip probe out { type nat hook postrouting priority 100; }; add rule ip probe out tcp dport 6443 snat to 198.18.0.9'`;
    await ssh(controlPlane, 'ip route add 198.18.0.9/32 dev eth0');
    await whileOn(worker, translate, 'nft delete table ip probe; ip addr del 198.18.0.9/32 dev eth0', async () => {
      const { code, findings, messages } = await preflight(inventory);
      expect({ code, findings }).toEqual({ code: 0, findings: [`warning ${worker} SourceAddress`] });
      expect(messages[0]).toContain('from 198.18.0.9, not from');
    });
    await ssh(controlPlane, 'ip route del 198.18.0.9/32 dev eth0');
  });
});
