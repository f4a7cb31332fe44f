import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { describeOne, dualStackSample, one, placementOf, resources, sample, textOf, three } from './sample.ts';

const script = (cluster = sample(three), node = 'w') => textOf(describeOne(cluster, node, 'network'), '/etc/kcluster/network.sh');
const conflist = (cluster = sample(three), node = 'w') =>
  JSON.parse(textOf(describeOne(cluster, node, 'network'), '/etc/cni/net.d/10-kcluster.conflist'));
const routes = (text: string) => text.split('\n').filter((line) => line.startsWith('route replace'));

describe('network.sh', () => {
  test('has a route to each other node, sorted, and none to itself', () => {
    expect(routes(script())).toEqual([
      'route replace 10.244.0.0/24 via 192.0.2.1 proto 75',
      'route replace 10.244.1.0/24 via 192.0.2.2 proto 75',
      'route replace 10.244.2.0/24 via 192.0.2.3 proto 75',
    ]);
  });

  test('keeps the routes it sets and forgets all others of its protocol', () => {
    expect(script()).toContain("forget_routes_except -4 ' 10.244.0.0/24 10.244.1.0/24 10.244.2.0/24 '\n");
  });

  test('a single node has none, and still masquerades', () => {
    expect(routes(script(sample(one), 'n1'))).toEqual([]);
    expect(script(sample(one), 'n1')).toContain(
      'ip saddr 10.244.0.0/24 ip daddr != 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random\n',
    );
  });

  test('dual stack: a route only where the other node has an address of that family', () => {
    const text = script(dualStackSample(three));
    expect(routes(text)).toHaveLength(3);
    expect(text).toContain('ip6 saddr fd00:10:244:3::/64 ip6 daddr != fd00:10:244::/48 ip6 daddr != ff00::/8 masquerade');
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

test('the unit runs the script again when it changes, and is active after it', () => {
  const [unit] = resources(describeOne(sample(three), 'w', 'network'), 'unit');
  expect(unit).toEqual({
    kind: 'unit',
    unit: 'kcluster-network.service',
    inputs: ['/etc/systemd/system/kcluster-network.service', '/etc/kcluster/network.sh'],
    oneshot: true,
  });
});
