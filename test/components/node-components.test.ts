import { parse as parseToml } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { apart, describeOne, dualStack, flagsOf, one, resources, sample, textOf, three, yamlOf } from './sample.ts';

describe('host', () => {
  const commands = (cluster = sample(), node = 'n1') =>
    resources(describeOne(cluster, node, 'host'), 'package').map(({ command }) => command);
  const external = sample(apart, { etcd: { topology: 'external' } });

  test.each([
    ['nftables', 'routed', ['curl', 'haproxy', 'ip', 'modprobe', 'mount', 'nft']],
    ['iptables', 'routed', ['curl', 'haproxy', 'ip', 'iptables', 'modprobe', 'mount', 'nft']],
    ['iptables', 'none', ['curl', 'haproxy', 'ip', 'iptables', 'modprobe', 'mount']],
    ['ipvs', 'none', ['curl', 'haproxy', 'ip', 'ipset', 'iptables', 'modprobe', 'mount']],
    ['none', 'none', ['curl', 'haproxy', 'ip', 'modprobe', 'mount']],
  ])('proxy %s with network %s needs %j', (proxyMode, plugin, expected) => {
    expect(commands(sample(one, { network: { proxyMode, plugin } }))).toEqual(expected);
  });

  test('with an endpoint no balancer is needed', () => {
    expect(commands(sample(one, { endpoint: 'k8s.example.com' }))).not.toContain('haproxy');
  });

  test('the package of the balancer must not start a balancer of its own', () => {
    const packages = resources(describeOne(sample(), 'n1', 'host'), 'package');
    expect(packages.filter(({ services }) => services !== undefined).map(({ command, services }) => [command, services])).toEqual([
      ['haproxy', ['haproxy.service']],
    ]);
  });

  test('a machine that only holds etcd is left as it is', () => {
    const description = describeOne(external, 'e1', 'host');
    expect(commands(external, 'e1')).toEqual(['curl']);
    expect(description.run).toEqual([]);
  });

  test('what is set now is also kept over a reboot', () => {
    const description = describeOne(sample(one, { network: { ...dualStack, proxyMode: 'ipvs' } }), 'n1', 'host');
    const kept = textOf(description, '/etc/sysctl.d/90-kcluster.conf');
    for (const { key, value } of resources(description, 'sysctl')) expect(kept).toContain(`\n${key} = ${value}\n`);
    const modules = textOf(description, '/etc/modules-load.d/kcluster.conf').split('\n');
    for (const { name } of resources(description, 'module')) expect(modules).toContain(name);
    expect(modules).toContain('ip_vs');
  });

  test.each([
    [{}, undefined],
    [dualStack, '1'],
  ])('IPv6 is forwarded only where there is any: %j', (network, expected) => {
    const sysctls = resources(describeOne(sample(one, { network }), 'n1', 'host'), 'sysctl');
    expect(sysctls.find(({ key }) => key === 'net.ipv6.conf.all.forwarding')?.value).toBe(expected);
    expect(sysctls.find(({ key }) => key === 'net.ipv4.ip_forward')?.value).toBe('1');
  });
});

describe('containerd', () => {
  const path = '/etc/containerd/config.toml';
  const config = (components = {}) => parseToml(textOf(describeOne(sample(one, { components }), 'n1', 'containerd'), path));

  test('uses the pinned pause image, systemd cgroups and our runc', () => {
    expect(config()).toMatchObject({
      version: 3,
      plugins: {
        'io.containerd.cri.v1.images': {
          pinned_images: { sandbox: 'registry.k8s.io/pause:3.10.2' },
          registry: { config_path: '/etc/containerd/certs.d' },
        },
        'io.containerd.cri.v1.runtime': {
          cni: { bin_dirs: ['/opt/cni/bin'], conf_dir: '/etc/cni/net.d' },
          containerd: { runtimes: { runc: { options: { BinaryName: '/opt/kcluster/bin/runc', SystemdCgroup: true } } } },
        },
      },
    });
  });

  test('what a user adds stands beside what is there', () => {
    const merged = config({ containerd: { config: { plugins: { 'io.containerd.cri.v1.runtime': { restrict_oom_score_adj: true } } } } });
    expect(merged).toMatchObject({
      plugins: { 'io.containerd.cri.v1.runtime': { restrict_oom_score_adj: true, cni: { conf_dir: '/etc/cni/net.d' } } },
    });
  });

  test.each([
    [true, ['registry.k8s.io/pause:3.10.2', 'registry.k8s.io/coredns/coredns:v1.14.7']],
    [false, ['registry.k8s.io/pause:3.10.2']],
  ])('brings the images that any node may need, coredns %s', (coredns, expected) => {
    const description = describeOne(sample(one, { addons: { coredns } }), 'n1', 'containerd');
    expect(resources(description, 'image').map(({ reference }) => reference)).toEqual(expected);
    expect(description.run.findIndex(({ kind }) => kind === 'image')).toBeGreaterThan(
      description.run.findIndex(({ kind }) => kind === 'unit'),
    );
  });

  test('a new shim or runc does not restart it', () => {
    const [unit] = resources(describeOne(sample(), 'n1', 'containerd'), 'unit');
    expect(unit?.inputs).toEqual(['/etc/systemd/system/containerd.service', path, '/opt/kcluster/bin/containerd']);
  });

  test('lets containers live while it restarts', () => {
    const unit = textOf(describeOne(sample(), 'n1', 'containerd'), '/etc/systemd/system/containerd.service').split('\n');
    expect(unit).toEqual(expect.arrayContaining(['KillMode=process', 'Delegate=yes', 'Type=notify']));
  });
});

describe('kubelet', () => {
  const path = '/var/lib/kubelet/config.yaml';
  const kubelet = (cluster = sample(), node = 'n1') => describeOne(cluster, node, 'kubelet');

  test('lets nobody in without asking the API server', () => {
    expect(yamlOf(kubelet(), path)).toMatchObject({
      authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
      authorization: { mode: 'Webhook' },
      readOnlyPort: 0,
      rotateCertificates: true,
      seccompDefault: true,
      tlsMinVersion: 'VersionTLS12',
      cgroupDriver: 'systemd',
      clusterDNS: ['10.96.0.10'],
      eventRecordQPS: 50,
    });
  });

  test('uses the serving certificate that the node is given', () => {
    const files = resources(kubelet(), 'certificate').flatMap(({ entry }) => entry.files.map((file) => file.path));
    const { tlsCertFile, tlsPrivateKeyFile } = yamlOf(kubelet(), path) as Record<string, string>;
    expect(files).toEqual(expect.arrayContaining([tlsCertFile, tlsPrivateKeyFile]));
  });

  test('registers with the taints of the inventory', () => {
    expect(yamlOf(kubelet(sample(three), 'a'), path)).toMatchObject({
      registerWithTaints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
    });
    expect(yamlOf(kubelet(sample(three), 'w'), path)).toMatchObject({ registerWithTaints: [] });
  });

  test('both services ranges have a DNS address in dual stack', () => {
    expect(yamlOf(kubelet(sample(one, { network: dualStack })), path)).toMatchObject({ clusterDNS: ['10.96.0.10', 'fd00:10:96::a'] });
  });

  test('is known by the name in the inventory and the address inside', () => {
    const cluster = sample([{ name: 'n1', address: '203.0.113.5', internalAddress: '10.0.0.5', roles: ['control-plane', 'worker'] }]);
    expect(flagsOf(kubelet(cluster))).toMatchObject({ 'hostname-override': ['n1'], 'node-ip': ['10.0.0.5'] });
  });

  test('gives itself no labels: they come by server-side apply, which takes back what leaves the inventory', () => {
    const labels = { 'topology.kubernetes.io/zone': 'z1' };
    const cluster = sample([{ name: 'n1', address: '192.0.2.1', roles: ['control-plane', 'worker'], labels }]);
    expect(flagsOf(kubelet(cluster))['node-labels']).toBeUndefined();
  });

  test.each(['pod-infra-container-image', 'container-runtime', 'network-plugin', 'cloud-provider', 'containerd'])(
    'never sets --%s',
    (flag) => {
      expect(flagsOf(kubelet())[flag]).toBeUndefined();
    },
  );

  test('a user changes single settings', () => {
    const config = { failCgroupV1: false, authentication: { webhook: { cacheTTL: '1m0s' } }, podPidsLimit: null };
    const merged = yamlOf(kubelet(sample(one, { components: { kubelet: { config } } })), path);
    expect(merged).toMatchObject({
      failCgroupV1: false,
      authentication: { anonymous: { enabled: false }, webhook: { enabled: true, cacheTTL: '1m0s' } },
    });
    expect(merged).not.toHaveProperty('podPidsLimit');
  });

  test('does not narrow the permissions of what it makes for pods', () => {
    expect(textOf(kubelet(), '/etc/systemd/system/kubelet.service')).not.toContain('UMask=');
  });
});

describe('kube-proxy', () => {
  const path = '/var/lib/kube-proxy/config.yaml';
  const config = (cluster: object = {}) => yamlOf(describeOne(sample(one, cluster), 'n1', 'kube-proxy'), path);

  test.each(['nftables', 'iptables', 'ipvs'])('says its mode: %s', (proxyMode) => {
    expect(config({ network: { proxyMode } })).toMatchObject({
      mode: proxyMode,
      hostnameOverride: 'n1',
      metricsBindAddress: '127.0.0.1:10249',
    });
  });

  test('knows pods by their ranges', () => {
    expect(config({ network: dualStack })).toMatchObject({ detectLocalMode: 'ClusterCIDR', clusterCIDR: '10.244.0.0/16,fd00:10:244::/48' });
  });

  test('a user changes single settings', () => {
    expect(config({ components: { 'kube-proxy': { config: { conntrack: { maxPerCore: 0 } } } } })).toMatchObject({
      mode: 'nftables',
      conntrack: { maxPerCore: 0 },
    });
  });
});

describe('tools', () => {
  test('the network decides which plugins are needed', () => {
    const names = (plugin: string) =>
      resources(describeOne(sample(one, { network: { plugin } }), 'n1', 'cni-plugins'), 'link').map(({ path }) => path);
    expect(names('routed')).toEqual(['bandwidth', 'bridge', 'host-local', 'loopback', 'portmap'].map((name) => `/opt/cni/bin/${name}`));
    expect(names('none')).toEqual(expect.arrayContaining(['/opt/cni/bin/ptp', '/opt/cni/bin/tuning', '/opt/cni/bin/firewall']));
  });

  test.each(['runc', 'cni-plugins', 'crictl'])('%s has nothing to run', (component) => {
    const description = describeOne(sample(), 'n1', component);
    expect(description.run).toEqual([]);
    expect(resources(description, 'link').length).toBeGreaterThan(0);
  });

  test('crictl asks the runtime of the kubelet', () => {
    const { containerRuntimeEndpoint } = yamlOf(describeOne(sample(), 'n1', 'kubelet'), '/var/lib/kubelet/config.yaml') as Record<
      string,
      string
    >;
    expect(yamlOf(describeOne(sample(), 'n1', 'crictl'), '/etc/crictl.yaml')).toMatchObject({
      'runtime-endpoint': containerRuntimeEndpoint,
    });
  });

  test('kubectl comes with its credentials', () => {
    expect(resources(describeOne(sample(), 'n1', 'kubectl'), 'certificate').map(({ entry }) => entry.request.id)).toEqual(['admin.conf']);
  });
});
