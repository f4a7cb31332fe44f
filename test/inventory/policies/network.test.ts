import { describe, expect, test } from 'vitest';
import { problemsOf } from '../sample.ts';

const six = { address: '2001:db8::1' };
const networkProblems = (network: object, nodes: object[] = [{}]): string[] => problemsOf({ cluster: { network }, nodes });

describe('good networks', () => {
  test.each<[string, object, object[]]>([
    ['defaults', {}, [{}]],
    ['other ranges', { podCIDR: '172.16.0.0/14', serviceCIDR: '172.20.0.0/20', nodeCIDRMaskSize: 23 }, [{}]],
    ['a list of one', { podCIDR: ['172.16.0.0/14'], nodeCIDRMaskSize: [25] }, [{}]],
    ['IPv6', { podCIDR: 'fd00:1::/48', serviceCIDR: 'fd00:2::/112' }, [six]],
    ['IPv6, services by default', { podCIDR: 'fd00:1::/56' }, [six]],
    [
      'dual stack',
      { podCIDR: ['10.1.0.0/16', 'fd00:1::/48'], serviceCIDR: ['10.2.0.0/16', 'fd00:2::/112'], nodeCIDRMaskSize: [24, 64] },
      [{}],
    ],
    ['dual stack, services by default', { podCIDR: ['10.1.0.0/16', 'fd00:1::/48'] }, [{}]],
    ['a narrow IPv6 range', { podCIDR: 'fd00:1::/112' }, [six]],
    ['exactly enough shares', { podCIDR: '10.1.0.0/23' }, [{}, {}]],
    ['an MTU', { mtu: 1400 }, [{}]],
  ])('%s', (_title, network, nodes) => {
    expect(networkProblems(network, nodes)).toEqual([]);
  });
});

describe('families', () => {
  test.each<[string, object, string]>([
    ['two of one family', { podCIDR: ['10.1.0.0/16', '10.2.0.0/16'] }, 'podCIDR: two ranges must be one IPv4 and one IPv6 range'],
    [
      'pods dual, services single',
      { podCIDR: ['10.1.0.0/16', 'fd00:1::/48'], serviceCIDR: '10.2.0.0/16' },
      'serviceCIDR: pods have IPv4 and IPv6, services IPv4; ',
    ],
    [
      'services dual, pods single',
      { podCIDR: '10.1.0.0/16', serviceCIDR: ['10.2.0.0/16', 'fd00:2::/112'] },
      'serviceCIDR: pods have IPv4, services IPv4 and IPv6; ',
    ],
    [
      'another order',
      { podCIDR: ['10.1.0.0/16', 'fd00:1::/48'], serviceCIDR: ['fd00:2::/112', '10.2.0.0/16'] },
      'both must have the same families in the same order',
    ],
  ])('%s', (_title, network, message) => {
    const problems = networkProblems(network);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });
});

describe('plugin routed', () => {
  const dual = { podCIDR: ['10.1.0.0/16', 'fd00:1::/48'] };

  test('cannot carry a second family between nodes', () => {
    const problems = networkProblems(dual, [{}, {}]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('podCIDR: plugin routed carries one family between nodes, IPv4, and fd00:1::/48 is of the other');
  });

  test('another plugin may', () => {
    expect(networkProblems({ ...dual, plugin: 'none' }, [{}, {}])).toEqual([]);
  });
});

describe('overlap', () => {
  test.each([
    ['10.0.0.0/8', '10.96.0.0/16'],
    ['10.96.0.0/24', '10.96.0.0/16'],
    ['10.96.0.0/16', '10.96.0.0/16'],
  ])('pods %s, services %s', (podCIDR, serviceCIDR) => {
    expect(networkProblems({ podCIDR, serviceCIDR })).toEqual([
      `error cluster.network.serviceCIDR: the service range ${serviceCIDR} overlaps the pod range ${podCIDR}`,
    ]);
  });

  test('with a default', () => {
    expect(networkProblems({ podCIDR: '10.0.0.0/8' })).toEqual(
      ['error cluster.network: the service range 10.96.0.0/16 overlaps the pod range 10.0.0.0/8'].map((problem) =>
        problem.replace('cluster.network:', 'cluster.network.serviceCIDR:'),
      ),
    );
  });
});

describe('sizes', () => {
  test.each<[string, object, object[], string]>([
    [
      'services too wide',
      { podCIDR: '172.16.0.0/16', serviceCIDR: '10.0.0.0/8' },
      [{}],
      'serviceCIDR: 10.0.0.0/8 is wider than the API server allows; use /12 or narrower',
    ],
    ['services too narrow', { serviceCIDR: '10.96.0.0/29' }, [{}], 'serviceCIDR: 10.96.0.0/29 is too narrow; use /28 or wider'],
    ['IPv6 services too wide', { podCIDR: 'fd00:1::/48', serviceCIDR: 'fd00:2::/64' }, [six], 'use /108 or narrower'],
    [
      'a range smaller than a share',
      { podCIDR: '10.1.0.0/25' },
      [{}],
      "podCIDR: a node's share of /24 does not fit into the pod range 10.1.0.0/25",
    ],
    ['a share wider than the range', { nodeCIDRMaskSize: 15 }, [{}], "nodeCIDRMaskSize: a node's share of /15 does not fit"],
    ['a share without addresses', { nodeCIDRMaskSize: 31 }, [{}], 'leaves no addresses for pods'],
    [
      'too few shares',
      { podCIDR: '10.1.0.0/23' },
      [{}, {}, {}],
      'podCIDR: 10.1.0.0/23 holds 2 shares of /24, but 3 nodes run pods; widen podCIDR or raise nodeCIDRMaskSize',
    ],
    [
      'an IPv6 range split too finely',
      { podCIDR: 'fd00:1::/40', nodeCIDRMaskSize: 64 },
      [six],
      'nodeCIDRMaskSize: an IPv6 range is split by at most 16 bits; use /56 or less',
    ],
    [
      'one share for two ranges',
      { podCIDR: ['10.1.0.0/16', 'fd00:1::/48'], nodeCIDRMaskSize: 24 },
      [{}],
      'nodeCIDRMaskSize: 1 given for 2 pod ranges; give one for each',
    ],
    ['two shares for one range', { nodeCIDRMaskSize: [24, 64] }, [{}], 'nodeCIDRMaskSize: 2 given for 1 pod range; give one for each'],
    ['an MTU too small for IPv6', { podCIDR: 'fd00:1::/48', mtu: 1000 }, [six], 'mtu: IPv6 needs an MTU of at least 1280'],
  ])('%s', (_title, network, nodes, message) => {
    const problems = networkProblems(network, nodes);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`error cluster.network.`);
    expect(problems[0]).toContain(message);
  });

  test('nodes that only hold etcd need no share', () => {
    const nodes = [{ roles: ['control-plane'] }, { roles: ['worker'] }, ...[1, 2, 3].map(() => ({ roles: ['etcd'] }))];
    expect(problemsOf({ cluster: { network: { podCIDR: '10.1.0.0/23' }, etcd: { topology: 'external' } }, nodes })).toEqual([]);
  });
});

test.each([
  ['ipvs', 'ipvs is deprecated since Kubernetes 1.35; use nftables'],
  ['none', 'without kube-proxy services do not work until something you install carries them'],
])('proxyMode %s is a warning', (proxyMode, message) => {
  expect(networkProblems({ proxyMode })).toEqual([`warning cluster.network.proxyMode: ${message}`]);
});

test.each(['flannel', 'calico', 'cilium'])('plugin %s is not there yet', (plugin) => {
  expect(networkProblems({ plugin })).toEqual([
    `error cluster.network.plugin: "${plugin}" is not supported yet; choose "routed" or "none"`,
  ]);
});
