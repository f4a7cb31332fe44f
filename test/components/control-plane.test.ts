import { describe, expect, test } from 'vitest';
import { apart, describeOne, dualStack, flagsOf, one, resources, sample, textOf, three, yamlOf } from './sample.ts';

const apiServer = (cluster = sample(), node = 'n1') => describeOne(cluster, node, 'kube-apiserver');
const controllerManager = (cluster = sample(), node = 'n1') => describeOne(cluster, node, 'kube-controller-manager');

describe('kube-apiserver', () => {
  test.each([
    ['the local member alone', sample(one), 'n1', 'https://127.0.0.1:2379'],
    ['the local member alone, so that a new member restarts no other server', sample(three), 'b', 'https://127.0.0.1:2379'],
    [
      'all members of external etcd by name',
      sample(apart, { etcd: { topology: 'external' } }),
      'cp',
      'https://192.0.2.21:2379,https://192.0.2.22:2379,https://192.0.2.23:2379',
    ],
  ])('asks %s', (_, cluster, node, expected) => {
    expect(flagsOf(apiServer(cluster, node))['etcd-servers']).toEqual([expected]);
  });

  test.each([
    ['alone', sample(one)],
    ['with peers', sample(three)],
    ['with peers behind a balancer', sample(three, { endpoint: { host: 'k8s.example.com', port: 6443 } })],
  ])('%s, clients are moved on and warned', (_, cluster) => {
    const flags = flagsOf(apiServer(cluster, cluster.nodes.find(({ roles }) => roles.includes('control-plane'))?.name));
    expect([flags['goaway-chance'], flags['shutdown-delay-duration']]).toEqual([['0.001'], ['4s']]);
  });

  test('a second and third control plane restart no first one: its flags stay', () => {
    const first = sample(three.filter(({ name }) => name === 'a' || name === 'w'));
    expect(flagsOf(apiServer(sample(three), 'a'))).toEqual(flagsOf(apiServer(first, 'a')));
  });

  test.each([
    ['authorization-mode', 'Node,RBAC'],
    ['profiling', 'false'],
    ['enable-admission-plugins', 'DenyServiceExternalIPs,EventRateLimit,NodeRestriction'],
    ['audit-log-maxage', '30'],
    ['audit-log-maxbackup', '10'],
    ['audit-log-maxsize', '100'],
    ['service-account-issuer', 'https://kubernetes.default.svc.cluster.local'],
    ['service-account-extend-token-expiration', 'false'],
    ['tls-min-version', 'VersionTLS12'],
    ['bind-address', '0.0.0.0'],
    ['advertise-address', '192.0.2.1'],
    ['service-cluster-ip-range', '10.96.0.0/16'],
    ['encryption-provider-config', `\${CREDENTIALS_DIRECTORY}/encryption-config.yaml`],
  ])('--%s=%s', (flag, value) => {
    expect(flagsOf(apiServer())[flag]).toEqual([value]);
  });

  test.each(['anonymous-auth', 'token-auth-file', 'insecure-port', 'cloud-provider', 'authorization-config'])('never sets --%s', (flag) => {
    expect(flagsOf(apiServer())[flag]).toBeUndefined();
  });

  test('dual stack has both service ranges', () => {
    expect(flagsOf(apiServer(sample(one, { network: dualStack })))['service-cluster-ip-range']).toEqual(['10.96.0.0/16,fd00:10:96::/112']);
  });

  test('an IPv6 cluster binds to IPv6', () => {
    const cluster = sample([{ name: 'n1', address: 'fd00::1', roles: ['control-plane', 'worker'] }], {
      network: { podCIDR: 'fd00:10:244::/48', serviceCIDR: 'fd00:10:96::/112' },
    });
    expect(flagsOf(apiServer(cluster))).toMatchObject({ 'bind-address': ['::'], 'advertise-address': ['fd00::1'] });
  });

  test('keys reach it as credentials only', () => {
    const keys = Object.entries(flagsOf(apiServer())).filter(([, [value]]) => value?.endsWith('.key'));
    expect(keys.length).toBeGreaterThanOrEqual(5);
    for (const [, [value]] of keys) expect(value).toMatch(/^\$\{CREDENTIALS_DIRECTORY\}\//);
  });

  test('anonymous requests reach the health endpoints only', () => {
    expect(yamlOf(apiServer(), '/etc/kubernetes/kube-apiserver/authentication.yaml')).toMatchObject({
      anonymous: { enabled: true, conditions: [{ path: '/livez' }, { path: '/readyz' }, { path: '/healthz' }] },
    });
  });

  test.each(['privileged', 'baseline', 'restricted'])('namespaces default to pod security %s', (podSecurity) => {
    const config = yamlOf(apiServer(sample(one, { security: { podSecurity } })), '/etc/kubernetes/kube-apiserver/admission.yaml');
    expect(config).toMatchObject({
      plugins: [
        { name: 'EventRateLimit' },
        { configuration: { defaults: { enforce: podSecurity, warn: 'restricted', audit: 'restricted' } } },
      ],
    });
  });

  test('the audit log never holds what is in a secret', () => {
    const { rules } = yamlOf(apiServer(), '/etc/kubernetes/kube-apiserver/audit-policy.yaml') as {
      rules: readonly {
        level: string;
        verbs?: readonly string[];
        resources?: readonly { group: string; resources?: readonly string[] }[];
      }[];
    };
    const holdsBodies = (rule: (typeof rules)[number]) => rule.level === 'Request' || rule.level === 'RequestResponse';
    const names = (rule: (typeof rules)[number]) =>
      (rule.resources ?? []).filter(({ group }) => group === '').flatMap(({ resources: list }) => list ?? ['*']);
    const secrets = rules.findIndex((rule) => rule.level === 'Metadata' && names(rule).includes('secrets') && rule.verbs === undefined);
    expect(secrets).toBeGreaterThanOrEqual(0);
    for (const rule of rules.filter(holdsBodies)) expect(names(rule)).not.toEqual(expect.arrayContaining(['secrets']));
    expect(rules.filter(holdsBodies).every((rule) => rule.resources !== undefined && !names(rule).includes('*'))).toBe(true);
    expect(rules.at(-1)).toEqual({ level: 'Metadata' });
  });

  test('runs as its own account and writes nowhere but into its audit log', () => {
    const description = apiServer();
    const unit = textOf(description, '/etc/systemd/system/kube-apiserver.service');
    expect(unit).toMatch(/^User=kube-apiserver$/m);
    expect(unit.match(/^ReadWritePaths=.*$/gm)).toEqual(['ReadWritePaths=/var/log/kubernetes/audit']);
    expect(resources(description, 'directory')).toContainEqual({
      kind: 'directory',
      path: '/var/log/kubernetes/audit',
      mode: 0o700,
      owner: 'kube-apiserver',
      group: 'kube-apiserver',
      data: true,
    });
  });

  test('a list repeats a flag, null leaves a default out', () => {
    const extraArgs = { 'service-account-issuer': ['https://new', 'https://old'], 'goaway-chance': null, 'audit-log-path': null };
    const flags = flagsOf(apiServer(sample(one, { components: { 'kube-apiserver': { extraArgs } } })));
    expect(flags['service-account-issuer']).toEqual(['https://new', 'https://old']);
    expect(flags['audit-log-path']).toBeUndefined();
  });
});

describe('kube-controller-manager', () => {
  test('leaves pod ranges to kcluster when it routes them', () => {
    const flags = flagsOf(controllerManager());
    expect(flags['allocate-node-cidrs']).toEqual(['false']);
    expect(flags['cluster-cidr']).toBeUndefined();
  });

  test.each([
    ['one range', { podCIDR: '10.244.0.0/16', nodeCIDRMaskSize: 25 }, { 'cluster-cidr': ['10.244.0.0/16'], 'node-cidr-mask-size': ['25'] }],
    [
      'dual stack',
      dualStack,
      { 'cluster-cidr': ['10.244.0.0/16,fd00:10:244::/48'], 'node-cidr-mask-size-ipv4': ['24'], 'node-cidr-mask-size-ipv6': ['64'] },
    ],
  ])('gives them out for another network: %s', (_, network, expected) => {
    const flags = flagsOf(controllerManager(sample(one, { network: { ...network, plugin: 'none' } })));
    expect(flags).toMatchObject({ 'allocate-node-cidrs': ['true'], ...expected });
    expect('node-cidr-mask-size' in expected === 'node-cidr-mask-size' in flags).toBe(true);
  });

  test.each([
    ['bind-address', '127.0.0.1'],
    ['profiling', 'false'],
    ['use-service-account-credentials', 'true'],
    ['terminated-pod-gc-threshold', '12500'],
    ['root-ca-file', '/etc/kubernetes/pki/ca.crt'],
    ['cluster-signing-key-file', `\${CREDENTIALS_DIRECTORY}/ca.key`],
    ['service-account-private-key-file', `\${CREDENTIALS_DIRECTORY}/sa.key`],
    ['cluster-name', 'sample'],
  ])('--%s=%s', (flag, value) => {
    expect(flagsOf(controllerManager())[flag]).toEqual([value]);
  });
});

describe('kube-scheduler', () => {
  test.each([
    ['bind-address', '127.0.0.1'],
    ['profiling', 'false'],
    ['kubeconfig', `\${CREDENTIALS_DIRECTORY}/scheduler.conf`],
  ])('--%s=%s', (flag, value) => {
    expect(flagsOf(describeOne(sample(), 'n1', 'kube-scheduler'))[flag]).toEqual([value]);
  });

  test('takes flags only, so that what it does is seen in the process list', () => {
    expect(flagsOf(describeOne(sample(), 'n1', 'kube-scheduler')).config).toBeUndefined();
  });
});

describe.each(['kube-controller-manager', 'kube-scheduler', 'kube-apiserver', 'etcd'])('%s', (component) => {
  const description = describeOne(sample(), 'n1', component);

  test('runs locked down under an account of its own', () => {
    const unit = textOf(description, `/etc/systemd/system/${component}.service`);
    for (const line of [
      `User=${component}`,
      'CapabilityBoundingSet=',
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'SystemCallFilter=@system-service',
      'UMask=0077',
    ]) {
      expect(unit.split('\n')).toContain(line);
    }
    expect(resources(description, 'user').map(({ name }) => name)).toEqual([component]);
  });

  test('a new release changes an input of the unit', () => {
    const [unit] = resources(description, 'unit');
    const link = resources(description, 'link').find(({ path }) => path === `/opt/kcluster/bin/${component}`);
    const binary = resources(description, 'binary').find(({ name }) => name === component);
    expect(unit?.inputs).toContain(link?.path);
    expect(link?.target).toBe(binary?.path);
    expect(binary?.path).toBe(`/opt/kcluster/${component}/${binary?.version}/${component}`);
  });
});
