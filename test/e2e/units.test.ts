import { expect, test } from 'vitest';
import type { Resource } from '../../src/engine/resource.ts';
import { describedOn, sharedNode } from './support/described.ts';
import { eventually } from './support/eventually.ts';
import { request } from './support/request.ts';
import { describeOnLab, kubectl, onHost, shared, tryOnHost } from './support/shared-cluster.ts';

const worker = (): string => shared.nodes[1] ?? '';
const controlPlaneUnits = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
const nodeUnits = ['containerd', 'kcluster-balancer', 'kcluster-network', 'kubelet', 'kube-proxy'];
const hosts = [
  { role: 'control plane', node: () => shared.controlPlane, units: [...controlPlaneUnits, ...nodeUnits] },
  { role: 'worker', node: worker, units: nodeUnits },
];
const unitFiles = (units: readonly string[]) => units.map((unit) => `/etc/systemd/system/${unit}.service`);

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

describeOnLab('units', () => {
  test.each(hosts)('systemd has nothing to say against those of a $role', async ({ node, units }) => {
    const { code, stdout, stderr } = await tryOnHost(node(), `systemd-analyze verify --man=no ${unitFiles(units).join(' ')}`);
    expect(stdout + stderr).toBe('');
    expect(code).toBe(0);
  });

  test.each(hosts)('all of a $role run, start at boot, and no other was put there', async ({ node, units }) => {
    const names = units.map((unit) => `${unit}.service`);
    const states = await onHost(node(), `systemctl show -p Id -p ActiveState -p UnitFileState --value ${names.join(' ')}`);
    expect(
      states
        .trim()
        .split('\n\n')
        .map((state) => state.split('\n')),
    ).toEqual(names.map((name) => [name, 'active', 'enabled']));
    const written = await onHost(
      node(),
      `grep -ls 'Written by kcluster' /etc/systemd/system/*.service /etc/systemd/system/*.timer || true`,
    );
    expect(linesOf(written).sort()).toEqual(unitFiles(units).sort());
  });

  /** Exposure as systemd sees it, 0 to 10; what starts pods is bound to be exposed. */
  const limits = [
    ['etcd', 1.5],
    ['kube-apiserver', 1.5],
    ['kube-controller-manager', 1.5],
    ['kube-scheduler', 1.5],
    ['kcluster-balancer', 1.5],
    ['kube-proxy', 3],
  ] as const;

  test('are sandboxed', async () => {
    const list = JSON.parse(await onHost(shared.controlPlane, 'systemd-analyze security --no-pager --json=short')) as {
      unit: string;
      exposure: string;
    }[];
    const exposure = new Map(list.map(({ unit, exposure: value }) => [unit, Number(value)]));
    for (const unit of (hosts[0]?.units ?? []).filter((name) => exposure.has(`${name}.service`)))
      process.stdout.write(`  exposure of ${unit}: ${exposure.get(`${unit}.service`)}\n`);
    for (const [unit, limit] of limits) expect(exposure.get(`${unit}.service`), unit).toBeLessThanOrEqual(limit);
  });

  test('have no right to anything in their sandbox: no capability, no new privilege, a filter on system calls', async () => {
    for (const unit of controlPlaneUnits) {
      const status = await onHost(shared.controlPlane, `cat /proc/$(systemctl show -p MainPID --value ${unit}.service)/status`);
      const field = (name: string) => status.match(new RegExp(`^${name}:\\s*(\\S+)`, 'm'))?.[1];
      expect([field('CapEff'), field('CapBnd'), field('NoNewPrivs'), field('Seccomp')], unit).toEqual([
        '0000000000000000',
        '0000000000000000',
        '1',
        '2',
      ]);
    }
  });

  test('of the control plane have accounts of their own, which nobody can log in to', async () => {
    for (const unit of controlPlaneUnits) {
      const script = `pid=$(systemctl show -p MainPID --value ${unit}.service)
stat -c %U:%G /proc/$pid; getent passwd "$(stat -c %U /proc/$pid)" | cut -d: -f7; passwd -S "$(stat -c %U /proc/$pid)" | cut -d' ' -f2`;
      expect(linesOf(await onHost(shared.controlPlane, script)), unit).toEqual([`${unit}:${unit}`, '/usr/sbin/nologin', 'L']);
    }
  });
});

describeOnLab('a controller manager that ends', () => {
  const systemctl = (verb: string) => onHost(shared.controlPlane, `systemctl ${verb} kube-controller-manager`);
  const holder = () => kubectl('get', 'lease', 'kube-controller-manager', '-n', 'kube-system', '-o', 'jsonpath={.spec.holderIdentity}');
  const leads = () => eventually('it leads', holder, (identity) => identity.startsWith(`${shared.controlPlane}_`));

  test('gives its lease back: nobody waits until that runs out', async () => {
    await leads();
    await systemctl('stop');
    expect(await holder()).toBe('');
    await systemctl('start');
    await leads();
  });

  test('leaves the lease of another one alone', async () => {
    const hold = (holderIdentity: string, leaseDurationSeconds: number) => {
      const patch = JSON.stringify({ spec: { holderIdentity, leaseDurationSeconds } });
      return kubectl('patch', 'lease', 'kube-controller-manager', '-n', 'kube-system', '--type=merge', '-p', patch);
    };
    await systemctl('stop');
    await hold('elsewhere_1', 3600);
    await systemctl('start');
    await systemctl('stop');
    expect(await holder()).toBe('elsewhere_1');
    await hold('', 1);
    await systemctl('start');
    await leads();
  });
});

const secretRoots = '/etc/kubernetes /etc/etcd /etc/kcluster /etc/containerd /etc/cni /etc/crictl.yaml /opt/kcluster /opt/cni';
const dataRoots = '/var/lib/etcd /var/lib/kubelet /var/lib/kube-proxy /var/lib/kcluster /var/lib/containerd /var/log/kubernetes';

interface Attributes {
  readonly path: string;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

function attributesOf(resource: Resource): readonly Attributes[] {
  if (resource.kind === 'file' || resource.kind === 'directory') return [resource];
  return resource.kind === 'certificate' ? resource.entry.files : [];
}

describeOnLab('files', () => {
  test.each(hosts)('of a $role have the modes and owners that kcluster describes', async ({ node }) => {
    const descriptions = await describedOn(node());
    const wanted = descriptions
      .flatMap(({ install, run }) => [...install, ...run])
      .flatMap(attributesOf)
      .map(({ path, mode, owner, group }) => `${mode.toString(8)} ${owner}:${group} ${path}`);
    const found = await onHost(node(), `stat -c '%a %U:%G %n' ${wanted.map((line) => line.split(' ')[2]).join(' ')}`);
    expect(linesOf(found).sort()).toEqual(wanted.sort());
    expect(wanted.length).toBeGreaterThan(15);
  });

  test.each(hosts)('of a $role can be changed by root alone, or by the account whose data they are', async ({ node }) => {
    const writable = `find ${secretRoots} ${dataRoots} -xdev \\( -path '/var/lib/containerd/io.containerd.snapshotter*' -o -path /var/lib/kubelet/pods \\) -prune -o ! -type l ! -type s -perm /022 -print 2>/dev/null`;
    expect(await onHost(node(), `${writable} || true`)).toBe('');
    const foreign = `find ${secretRoots} -xdev ! -user root ! -path '/etc/etcd/pki*' -print 2>/dev/null`;
    expect(await onHost(node(), `${foreign} || true`)).toBe('');
  });

  const explicit = [
    ['700 etcd:etcd', '/var/lib/etcd'],
    ['700 etcd:etcd', '/etc/etcd/pki'],
    ['600 root:root', '/etc/kubernetes/admin.conf'],
    ['600 root:root', '/etc/kubernetes/controller-manager.conf'],
    ['600 root:root', '/etc/kubernetes/scheduler.conf'],
    ['600 root:root', '/etc/kubernetes/kubelet.conf'],
    ['600 root:root', '/etc/kubernetes/proxy.conf'],
    ['600 root:root', '/etc/kubernetes/encryption-config.yaml'],
    ['600 root:root', '/etc/kubernetes/pki/ca.key'],
    ['600 root:root', '/etc/kubernetes/pki/sa.key'],
    ['600 etcd:etcd', '/etc/etcd/pki/server.key'],
    ['644 root:root', '/etc/kubernetes/pki/ca.crt'],
    ['600 root:root', '/var/lib/kubelet/config.yaml'],
    ['700 root:root', '/var/lib/kubelet'],
    ['700 root:root', '/var/lib/kcluster'],
    ['700 kube-apiserver:kube-apiserver', '/var/log/kubernetes/audit'],
    ['600 kube-apiserver:kube-apiserver', '/var/log/kubernetes/audit/audit.log'],
    ['600 root:root', '/etc/systemd/system/kube-apiserver.service'],
    ['600 root:root', '/etc/cni/net.d/10-kcluster.conflist'],
  ] as const;

  test('that matter are closed', async () => {
    const found = await onHost(shared.controlPlane, `stat -c '%a %U:%G %n' ${explicit.map(([, path]) => path).join(' ')}`);
    expect(linesOf(found)).toEqual(explicit.map(([attributes, path]) => `${attributes} ${path}`));
  });

  test.each(hosts)('with a private key on a $role are for one account', async ({ node }) => {
    const roots = '/etc /var/lib/kubelet/pki /var/lib/kube-proxy /var/lib/kcluster /var/lib/etcd /run/credentials';
    const script = `grep -rlsE 'PRIVATE KEY|client-key-data' ${roots} | xargs -r stat -c '%a %n'`;
    const keys = linesOf(await onHost(node(), script));
    expect(keys.length).toBeGreaterThan(2);
    expect(keys.filter((line) => !/^[46]00 /.test(line))).toEqual([]);
  });

  test('with authorities lie on control planes alone', async () => {
    const found = await onHost(worker(), 'find /etc/kubernetes /etc/etcd -type f 2>/dev/null | sort');
    expect(linesOf(found)).toEqual(['/etc/kubernetes/kubelet.conf', '/etc/kubernetes/pki/ca.crt', '/etc/kubernetes/proxy.conf']);
  });
});

interface Listener {
  readonly port: number;
  readonly process: string;
  readonly address: string;
}

/** TCP and UDP sockets that wait for somebody, but for sshd's. */
async function listeners(node: string): Promise<readonly Listener[]> {
  const lines = linesOf(await onHost(node, 'ss -Hltunp'));
  return lines
    .map((line) => {
      const [, address = '', port = ''] = line.split(/\s+/)[4]?.match(/^(.*):(\d+)$/) ?? [];
      return { port: Number(port), process: line.match(/users:\(\("([^"]+)"/)?.[1] ?? '', address };
    })
    .filter(({ process: name }) => name !== 'sshd');
}

const isLoopback = ({ address }: Listener) => address === '127.0.0.1' || address === '[::1]';
/** containerd gives the kubelet a port for exec and attach, another at each start. */
const isStreaming = (listener: Listener) => listener.process === 'containerd' && isLoopback(listener);

describeOnLab('ports', () => {
  test.each(hosts)('of a $role are those of its components, as open as described', async ({ node }) => {
    const found = new Map<number, string>();
    for (const listener of (await listeners(node())).filter((candidate) => !isStreaming(candidate))) {
      if (found.get(listener.port) !== 'nodes') found.set(listener.port, isLoopback(listener) ? 'host' : 'nodes');
    }
    const described = (await describedOn(node())).flatMap(({ ports }) => ports);
    expect(described.every(({ protocol }) => protocol === 'tcp')).toBe(true);
    expect([...found].sort()).toEqual(described.map(({ port, reach }) => [port, reach]).sort());
  });

  test.each(hosts)('of a $role that others reach speak TLS, but for the health of kube-proxy', async ({ node }) => {
    const { node: described } = await sharedNode(node());
    const open = [...new Set((await listeners(node())).filter((listener) => !isLoopback(listener)).map(({ port }) => port))];
    const plain: number[] = [];
    for (const port of open) {
      const url = `http://${described.internalAddress}:${port}/`;
      const status = await request({ url }).then(
        (answer) => answer.status,
        () => 0,
      );
      // 400: an HTTPS server that understood that HTTP was meant. 0: the connection was dropped.
      if (status !== 400 && status !== 0) plain.push(port);
    }
    expect(plain).toEqual([10256]);
  });

  test('kube-proxy tells others whether it lives, and nothing more', async () => {
    const { node } = await sharedNode(worker());
    const status = async (path: string) => (await request({ url: `http://${node.internalAddress}:10256${path}` })).status;
    expect([await status('/healthz'), await status('/livez')]).toEqual([200, 200]);
    expect([await status('/metrics'), await status('/configz'), await status('/debug/pprof/')]).toEqual([404, 404, 404]);
  });
});
