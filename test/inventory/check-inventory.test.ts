import { describe, expect, test } from 'vitest';
import { checkInventory } from '../../src/inventory/check-inventory.ts';
import { maxInventoryBytes } from '../../src/inventory/scan-limits.ts';
import { inventoryText, problemsIn, problemsOf } from './sample.ts';

const head = 'apiVersion: kcluster/v1alpha1\nkind: Inventory\n';

test('a good inventory has a cluster and no problems', () => {
  const { cluster, problems } = checkInventory(inventoryText());
  expect(problems).toEqual([]);
  expect(cluster?.name).toBe('sample');
});

test('a doubtful one has a cluster and warnings', () => {
  const { cluster, problems } = checkInventory(inventoryText({ cluster: { network: { proxyMode: 'ipvs' } } }));
  expect(cluster?.network.proxyMode).toBe('ipvs');
  expect(problems.map(({ severity }) => severity)).toEqual(['warning']);
});

test('all that is wrong is said at once, in the order of the text', () => {
  const text = `${head}cluster:
  name: Demo
  kubernetesVersion: 1.30
  netwrok: {}
  network: { podCIDR: 10.244.0.0/16, serviceCIDR: 10.244.0.0/20, dnsDomain: no_good }
nodes:
  - name: cp-1
    address: 192.0.2.010
    roles: [workr]
    labels: { a: 1, "b c": d }
    name: again
  - name: cp-1
    address: 192.0.2.5
    internalAddress: 10.244.7.7
    ssh: { port: 99999, jump: 7, user: "a b" }
    taints: [x]
`;
  const { cluster, problems } = checkInventory(text);
  expect(cluster).toBeUndefined();
  expect(problems.map(({ line, column, path }) => `${line}:${column} ${path}`)).toEqual([
    '4:9 cluster.name',
    '5:22 cluster.kubernetesVersion',
    '6:3 cluster.netwrok',
    '7:51 cluster.network.serviceCIDR',
    '7:77 cluster.network.dnsDomain',
    '10:14 nodes[0].address',
    '11:13 nodes[0].roles[0]',
    '12:18 nodes[0].labels.a',
    '12:21 nodes[0].labels."b c"',
    '13:5 ',
    '14:5 nodes[1].roles',
    '16:22 nodes[1].internalAddress',
    '17:18 nodes[1].ssh.port',
    '17:31 nodes[1].ssh.jump',
    '17:40 nodes[1].ssh.user',
    '18:14 nodes[1].taints[0]',
  ]);
});

describe('the message for', () => {
  test.each<[string, object | unknown, string]>([
    ['a missing key', { cluster: { name: undefined } }, 'error cluster.name: is missing'],
    ['an empty key', { cluster: { network: null } }, 'error cluster.network: is empty; fill it in or remove the key'],
    ['a text where a mapping belongs', { cluster: { network: 'flat' } }, 'error cluster.network: must be a mapping'],
    ['a list where a mapping belongs', { cluster: { network: [] } }, 'error cluster.network: must be a mapping'],
    ['a text where a list belongs', { nodes: [{ roles: 'worker' }] }, 'error nodes[0].roles: must be a list'],
    [
      'a text where a truth value belongs',
      { cluster: { addons: { coredns: 'yes' } } },
      'error cluster.addons.coredns: must be true or false',
    ],
    ['a fraction', { cluster: { network: { mtu: 1400.5 } } }, 'error cluster.network.mtu: must be a whole number'],
    ['a number too small', { cluster: { network: { mtu: 1 } } }, 'error cluster.network.mtu: must be at least 576'],
    ['a number too big', { cluster: { security: { leafDays: 4000 } } }, 'error cluster.security.leafDays: must be at most 3650'],
    ['an empty list', { nodes: [{ roles: [] }] }, 'error nodes[0].roles: is empty; list at least one'],
    ['too many ranges', { cluster: { network: { podCIDR: ['a', 'b', 'c'] } } }, 'error cluster.network.podCIDR: lists too many; at most 2'],
    [
      'a range of another type',
      { cluster: { network: { podCIDR: { a: 1 } } } },
      'error cluster.network.podCIDR: must be one value or a list of one or two',
    ],
    [
      'an endpoint of another type',
      { cluster: { endpoint: 6443 } },
      'error cluster.endpoint: must be "host:port", or a mapping of host and port',
    ],
    ['a version without a patch', { cluster: { kubernetesVersion: '1.37' } }, 'write all three numbers in quotes, such as "1.37.1"'],
    [
      'an old version',
      { cluster: { kubernetesVersion: '1.34.2' } },
      'Kubernetes 1.34.2 is not supported; this kcluster installs 1.35, 1.36, 1.37',
    ],
    [
      'a role of old',
      { nodes: [{ roles: ['master'] }] },
      'error nodes[0].roles[0]: "master" is not a role; known: control-plane, etcd, worker',
    ],
    [
      'a key in the wrong case',
      { nodes: [{ internaladdress: '192.0.2.1' }] },
      'unknown key "internaladdress"; did you mean "internalAddress"?',
    ],
    [
      'a key of the future',
      { cluster: { etcd: { snapshots: { drill: '@daily' } } } },
      'error cluster.etcd.snapshots.drill: unknown key "drill"; known: schedule, keep',
    ],
    ['a taint of another type', { nodes: [{ taints: [7] }] }, 'error nodes[0].taints[0]: must be a text such as'],
    ['a taint without effect', { nodes: [{ taints: [{ key: 'a' }] }] }, 'error nodes[0].taints[0].effect: is missing'],
    ['a label key', { nodes: [{ labels: { 'a b': 'c' } }] }, 'error nodes[0].labels."a b": "a b" is not a key'],
    ['a label with a number', { nodes: [{ labels: { rack: 7 } }] }, '7 without quotes is read as a number; write "7" in quotes'],
    [
      'a label with a truth value',
      { nodes: [{ labels: { ssd: true } }] },
      'true without quotes is read as a truth value; write "true" in quotes',
    ],
    ['a node that is none', { nodes: [] }, 'error nodes: is empty; list at least one'],
  ])('%s', (_title, inventory, message) => {
    const problems = problemsOf(inventory as object);
    expect(problems.join('\n')).toContain(message);
    expect(problems).toHaveLength(1);
  });

  test.each([
    [
      'a version that looks like a number',
      'kubernetesVersion: 1.30',
      '1.30 without quotes is read as the number 1.3; "1.30" is not a full version; write all three numbers in quotes, such as "1.37.1"',
    ],
    ['octal', 'name: 0755', '0755 without quotes is read as the number 755; write "0755" in quotes'],
    ['nothing', 'name:', 'is empty; fill it in or remove the key'],
  ])('%s, as it was typed', (_title, line, message) => {
    const text = `${head}cluster: { name: x }\nnodes: [{ name: a, address: 192.0.2.1, roles: [control-plane, worker] }]\n`;
    const changed = text.replace('name: x', line.startsWith('name') ? line : `name: x, ${line}`);
    expect(problemsIn(changed)).toEqual([expect.stringContaining(message)]);
  });
});

describe('texts that are no inventory', () => {
  test.each<[string, string, RegExp]>([
    ['nothing', '', /the inventory is empty; `kcluster inventory new` prints one/],
    ['blanks', ' \n\n', /the inventory is empty/],
    ['comments', '# later\n', /the inventory is empty/],
    ['a mark', '---\n', /the inventory is empty/],
    ['a text', 'hello', /must be a mapping/],
    ['a list', '- a\n- b', /must be a mapping/],
    ['another kind', `apiVersion: kcluster/v1alpha1\nkind: Deployment\n`, /kind: "Deployment" is not understood; write "Inventory"/],
    [
      'another version',
      'apiVersion: kcluster/v2\nkind: Inventory\n',
      /apiVersion: "kcluster\/v2" is not understood; write "kcluster\/v1alpha1"/,
    ],
    ['two documents', `${inventoryText()}\n---\n${inventoryText()}`, /a second document begins here/],
    ['half a document', inventoryText().slice(0, 100), /error : /],
    ['a NUL byte', `${inventoryText()}\0`, /NUL byte/],
    ['too much', `${inventoryText()}\n#${'x'.repeat(maxInventoryBytes)}`, /at most 1048576 are read/],
    ['100 KB of brackets', '['.repeat(100_000), /nest deeper than 64 levels/],
    ['deep values', `a: ${'{a: '.repeat(5000)}`, /nest deeper than 64 levels/],
    ['a cyclic alias', `${head}cluster: &c { name: x, components: { kubelet: { config: *c } } }`, /an alias contains itself/],
  ])('%s', (_title, text, message) => {
    const { cluster, problems } = checkInventory(text);
    expect(cluster).toBeUndefined();
    expect(problems.map((problem) => `${problem.path}: ${problem.severity} ${problem.path}: ${problem.message}`).join('\n')).toMatch(
      message,
    );
  });

  test('a hostile key pollutes nothing', () => {
    const text = `${head}__proto__: { nodes: [] }\ncluster: { name: x, __proto__: { a: 1 }, constructor: { prototype: {} } }\nnodes: []\n`;
    expect(problemsIn(text).join('\n')).toContain('__proto__ cannot be a key here');
    expect(problemsIn(text).join('\n')).toContain('unknown key "constructor"');
    expect(Reflect.get({}, 'a')).toBeUndefined();
  });
});

describe('texts that differ only on the outside', () => {
  const yaml = `${head}cluster: { name: sample }\nnodes:\n  - name: a\n    address: 192.0.2.1\n    roles: [workr]\n`;

  test.each([
    ['a byte order mark', `\uFEFF${yaml}`],
    ['Windows line ends', yaml.replaceAll('\n', '\r\n')],
    ['no last line end', yaml.trimEnd()],
  ])('%s', (_title, text) => {
    expect(checkInventory(text).problems).toEqual(checkInventory(yaml).problems);
    expect(checkInventory(text.replace('workr', 'control-plane, worker')).problems).toEqual([]);
  });

  test('anchors and aliases repeat values', () => {
    const text = `${head}cluster: { name: sample }\nnodes:
  - { name: a, address: 192.0.2.1, roles: &all [control-plane, worker], ssh: &ssh { user: ops } }
  - { name: b, address: 192.0.2.2, roles: [worker], ssh: *ssh }\n`;
    expect(checkInventory(text).cluster?.nodes.map((node) => node.ssh.user)).toEqual(['ops', 'ops']);
  });

  test('the order of nodes and keys changes nothing but the order of nodes', () => {
    const nodes = [{ name: 'a' }, { name: 'b', address: '192.0.2.9' }];
    const one = checkInventory(inventoryText({ nodes })).cluster;
    const parsed = JSON.parse(inventoryText({ nodes }));
    const other = checkInventory(
      JSON.stringify({ nodes: parsed.nodes.toReversed(), cluster: parsed.cluster, kind: parsed.kind, apiVersion: parsed.apiVersion }),
    ).cluster;
    expect({ ...other, nodes: other?.nodes.toReversed() }).toEqual(one);
  });
});

test('1,000 nodes are read', () => {
  const nodes = Array.from({ length: 1000 }, (_, index) => ({
    address: `10.0.${index >> 8}.${index & 255}`,
    labels: { rack: `r${index}` },
  }));
  const { cluster, problems } = checkInventory(
    inventoryText({ cluster: { network: { podCIDR: '172.16.0.0/12' } }, nodes: nodes.slice(1) }),
  );
  expect(problems).toEqual([]);
  expect(cluster?.nodes).toHaveLength(999);
});

test('local paths are made absolute by whoever knows where they are', () => {
  const text = inventoryText({
    cluster: { artifacts: { mirror: 'mirror' }, ssh: { identityFile: '~/.ssh/id' } },
    nodes: [{}, { ssh: { identityFile: 'keys/one' } }],
  });
  const { cluster } = checkInventory(text, { resolvePath: (path) => `<${path}>` });
  expect(cluster?.artifacts.mirror).toBe('<mirror>');
  expect(cluster?.nodes.map((node) => node.ssh.identityFile)).toEqual(['<~/.ssh/id>', '<keys/one>']);
  const atURL = checkInventory(text.replace('"mirror": "mirror"', '"mirror": "https://m.example.com/x"'), {
    resolvePath: (path) => `<${path}>`,
  });
  expect(atURL.cluster?.artifacts.mirror).toBe('https://m.example.com/x');
});

describe('whatever bytes come in, an answer comes out', () => {
  // A small generator with a fixed seed: the same texts in every run.
  const random = (seed: number) => () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const base = inventoryText({ nodes: [{ labels: { a: 'b' }, taints: ['a=b:NoSchedule'], ssh: { jump: ['x'] } }, {}] });
  const pieces = [
    '[',
    ']',
    '{',
    '}',
    ':',
    '- ',
    '? ',
    '\n',
    ' ',
    '"',
    "'",
    '&a ',
    '*a',
    '!!x ',
    '|\n',
    '#',
    '%',
    '\t',
    '\u0001',
    '1.30',
    'null',
    '<<: ',
    '---\n',
  ];

  test.each(Array.from({ length: 200 }, (_, seed) => seed))('seed %i', (seed) => {
    const next = random(seed + 1);
    let text = base;
    for (let change = 0; change < 5; change += 1) {
      const at = Math.floor(next() * text.length);
      const piece = pieces[Math.floor(next() * pieces.length)] ?? '';
      text = text.slice(0, at) + piece + text.slice(at + Math.floor(next() * 12));
    }
    const { cluster, problems } = checkInventory(text);
    const errors = problems.filter(({ severity }) => severity === 'error');
    expect(cluster === undefined).toBe(errors.length > 0);
    const lines = text.split('\n').length;
    expect(problems.filter(({ line, column }) => line < 1 || line > lines || column < 1)).toEqual([]);
  });
});
