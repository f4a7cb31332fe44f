import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { Sandbox } from '../engine/support/sandbox.ts';
import { describeOne, dualStackSample, one, placementOf, resources, sample, textOf, three } from './sample.ts';

const script = (cluster = sample(three), node = 'w') => textOf(describeOne(cluster, node, 'network'), '/etc/kcluster/network.sh');
const conflist = (cluster = sample(three), node = 'w') =>
  JSON.parse(textOf(describeOne(cluster, node, 'network'), '/etc/cni/net.d/10-kcluster.conflist'));
const list = (cluster = sample(three), node = 'w', placement = placementOf(cluster)) =>
  textOf(describeOne(cluster, node, 'network', placement), '/etc/kcluster/routes');

describe('the list of routes', () => {
  test('has every node, sorted', () => {
    expect(list().split('\n')).toEqual([
      '# Written by kcluster: pods of every node, and its address.',
      '10.244.0.0/24 192.0.2.1',
      '10.244.1.0/24 192.0.2.2',
      '10.244.2.0/24 192.0.2.3',
      '10.244.3.0/24 192.0.2.9',
      '',
    ]);
  });

  test('is one value for all nodes, however many there are', () => {
    const cluster = sample(three);
    const placement = placementOf(cluster);
    const files = cluster.nodes.map(({ name }) => resources(describeOne(cluster, name, 'network', placement), 'file'));
    expect(new Set(files.map((all) => all.find(({ path }) => path === '/etc/kcluster/routes')?.content)).size).toBe(1);
  });

  test('is another one once a node has another range', () => {
    const cluster = sample(three);
    const podCIDRs = new Map([...placementOf(cluster).podCIDRs, ['w', ['10.244.77.0/24']]]);
    expect(list(cluster, 'w', placementOf(cluster, { podCIDRs }))).toContain('10.244.77.0/24 192.0.2.9\n');
    expect(list(cluster)).not.toContain('10.244.77.0/24');
  });

  test('dual stack: a node is a next hop only in the family of its address', () => {
    const lines = list(dualStackSample(three)).split('\n');
    expect(lines.filter((line) => /^[0-9a-f]/.test(line))).toHaveLength(4);
    expect(lines.some((line) => line.startsWith('fd00'))).toBe(false);
  });
});

describe('network.sh', () => {
  /** What ip is told in batches, by the script as it is on node w, where these routes are set and this list lies. */
  function batchesOf(verb: string, { show = '', text = list(), code = script(), hasList = true } = {}): readonly string[] {
    using sandbox = new Sandbox();
    sandbox.fake('nft', 'cat >/dev/null');
    sandbox.fake(
      'ip',
      `case "$*" in *show*) printf '%s' '${show}' ;; *batch*) { printf '%s\\n' "$*"; sort; } >>'${sandbox.path('batch')}' ;; esac`,
    );
    const file = hasList ? sandbox.write('routes', text) : sandbox.path('nothing');
    const env = { ...process.env, PATH: `${sandbox.bin}:${process.env.PATH}` };
    execFileSync('sh', ['-s', verb], { input: code.replace('/etc/kcluster/routes', file), env, stdio: 'pipe' });
    return sandbox.read('batch').trimEnd().split('\n');
  }

  const others = [
    'route replace 10.244.0.0/24 via 192.0.2.1 proto 75',
    'route replace 10.244.1.0/24 via 192.0.2.2 proto 75',
    'route replace 10.244.2.0/24 via 192.0.2.3 proto 75',
  ];

  test.each(['apply', 'routes'])('%s sets a route to each other node, and none to itself', (verb) => {
    expect(batchesOf(verb)).toEqual(['-force -4 -batch -', ...others]);
  });

  test('forgets routes of its protocol to nodes that are gone, and one to its own pods; what is set stays', () => {
    const show = ['10.244.1.0/24 via 192.0.2.2 dev eth0', '10.244.3.0/24 via 192.0.2.8 dev eth0', '10.244.9.0/24 via 192.0.2.7 dev eth0'];
    expect(batchesOf('routes', { show: `${show.join('\n')}\n` })).toEqual([
      '-force -4 -batch -',
      'route del 10.244.3.0/24 proto 75',
      'route del 10.244.9.0/24 proto 75',
      ...others,
    ]);
  });

  test('remove forgets every route of its protocol, also without the list', () => {
    const show = '10.244.1.0/24 via 192.0.2.2 dev eth0\n10.244.9.0/24 via 192.0.2.7 dev eth0\n';
    const gone = ['-force -4 -batch -', 'route del 10.244.1.0/24 proto 75', 'route del 10.244.9.0/24 proto 75'];
    expect(batchesOf('remove', { show })).toEqual(gone);
    expect(batchesOf('remove', { show, hasList: false })).toEqual(gone);
  });

  test('without the list nothing is forgotten', () => {
    expect(() => batchesOf('apply', { show: '10.244.1.0/24 via 192.0.2.2 dev eth0\n', hasList: false })).toThrow(/cannot be read/);
  });

  test('dual stack: each family has its own routes', () => {
    const text = '10.244.0.0/24 192.0.2.1\nfd00:10:244::/64 2001:db8::1\n10.244.3.0/24 192.0.2.9\nfd00:10:244:3::/64 2001:db8::9\n';
    expect(batchesOf('apply', { text, code: script(dualStackSample(three)) })).toEqual([
      '-force -4 -batch -',
      'route replace 10.244.0.0/24 via 192.0.2.1 proto 75',
      '-force -6 -batch -',
      'route replace fd00:10:244::/64 via 2001:db8::1 proto 75',
    ]);
  });

  test('a single node has no route, and still masquerades', () => {
    const alone = sample(one);
    expect(batchesOf('apply', { text: list(alone, 'n1'), code: script(alone, 'n1') })).toEqual(['-force -4 -batch -']);
    expect(script(alone, 'n1')).toContain(
      'ip saddr 10.244.0.0/24 ip daddr != 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random\n',
    );
    expect(script(dualStackSample(three))).toContain(
      'ip6 saddr fd00:10:244:3::/64 ip6 daddr != fd00:10:244::/48 ip6 daddr != ff00::/8 masquerade',
    );
  });

  test('touches no other table and no other routes', () => {
    expect(
      script()
        .match(/(table|flush|delete) .*/g)
        ?.filter((line) => line.includes('table'))
        .every((line) => line.includes('inet kcluster')),
    ).toBe(true);
    expect(script()).not.toMatch(/flush|iptables/);
  });

  test('is a shell script', () => {
    execFileSync('sh', ['-n'], { input: script(dualStackSample(three)) });
  });

  test('says how it is used', () => {
    expect(() => execFileSync('sh', ['-s', 'nonsense'], { input: script(), stdio: 'pipe' })).toThrow(/usage/);
  });
});

describe('the CNI configuration', () => {
  test('hands out addresses of this share', () => {
    expect(conflist()).toMatchObject({
      name: 'kcluster',
      plugins: [
        {
          type: 'bridge',
          bridge: 'kcni0',
          isGateway: true,
          hairpinMode: true,
          ipMasq: false,
          ipam: { type: 'host-local', ranges: [[{ subnet: '10.244.3.0/24' }]], routes: [{ dst: '0.0.0.0/0' }] },
        },
        { type: 'portmap', capabilities: { portMappings: true } },
        { type: 'bandwidth' },
      ],
    });
    expect(conflist().plugins[0]).not.toHaveProperty('mtu');
  });

  test('hands out one address of each family', () => {
    const { ipam } = conflist(dualStackSample(three)).plugins[0];
    expect(ipam).toMatchObject({
      ranges: [[{ subnet: '10.244.3.0/24' }], [{ subnet: 'fd00:10:244:3::/64' }]],
      routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
    });
  });

  test('sets the MTU of the inventory', () => {
    expect(conflist(sample(three, { network: { mtu: 1400 } })).plugins[0]).toMatchObject({ mtu: 1400 });
  });

  test('keeps a share that the placement says, whatever the names', () => {
    const cluster = sample(three);
    const podCIDRs = new Map([...placementOf(cluster).podCIDRs, ['w', ['10.244.77.0/24']]]);
    const description = describeOne(cluster, 'w', 'network', placementOf(cluster, { podCIDRs }));
    expect(textOf(description, '/etc/cni/net.d/10-kcluster.conflist')).toContain('"subnet": "10.244.77.0/24"');
  });
});

test('the unit runs the script again when it changes, sets routes anew when only they change, and is active after it', () => {
  const [unit] = resources(describeOne(sample(three), 'w', 'network'), 'unit');
  expect(unit).toEqual({
    kind: 'unit',
    unit: 'kcluster-network.service',
    inputs: ['/etc/systemd/system/kcluster-network.service', '/etc/kcluster/network.sh', '/etc/kcluster/routes'],
    reloads: ['/etc/kcluster/routes'],
    oneshot: true,
  });
});
