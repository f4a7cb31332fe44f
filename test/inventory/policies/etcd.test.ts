import { describe, expect, test } from 'vitest';
import { checkInventory } from '../../../src/inventory/check-inventory.ts';
import { formatProblem } from '../../../src/inventory/problem.ts';
import { clusterOf, inventoryText, problemsOf } from '../sample.ts';

const files = { caFile: 'etcd/ca.crt', certFile: 'etcd/client.crt', keyFile: '~/client.key' };
const given = { topology: 'external', endpoints: ['https://etcd-1.example.com:2379'], ...files };
const problemsWith = (etcd: object, nodes?: object[]): string[] => problemsOf({ cluster: { etcd }, ...(nodes && { nodes }) });
const { caFile: _, ...withoutCa } = given;
const notUrl = 'is not a client URL of etcd, such as "https://etcd-1.example.com:2379" or "https://[2001:db8::10]:2379"';

describe('good', () => {
  test.each<[string, object]>([
    ['one endpoint', given],
    ['three', { ...given, endpoints: ['https://a:2379', 'https://192.0.2.9:2379', 'https://[2001:db8::1]:12379'] }],
  ])('%s', (_title, etcd) => {
    expect(problemsWith(etcd)).toEqual([]);
  });
});

describe('refused', () => {
  const at = 'error cluster.etcd';
  test.each<[string, object, string[]]>([
    ['stacked beside endpoints', { ...given, topology: 'stacked' }, [`${at}.endpoints: endpoints need topology: external`]],
    ['a file is missing', withoutCa, [`${at}.endpoints: endpoints need caFile beside them`]],
    [
      'all files are missing',
      { topology: 'external', endpoints: given.endpoints },
      [`${at}.endpoints: endpoints need caFile, certFile, keyFile beside them`],
    ],
    [
      'a file without endpoints',
      { keyFile: 'x.key' },
      [`${at}.keyFile: means nothing without endpoints: kcluster issues the certificates of its own etcd`],
    ],
    [
      'the same endpoint in two spellings',
      { ...given, endpoints: ['https://A:2379/', 'https://b:2379', 'https://a:2379'] },
      [`${at}.endpoints[2]: https://a:2379 is listed twice`],
    ],
    [
      'http',
      { ...given, endpoints: ['http://a:2379'] },
      [`${at}.endpoints[0]: "http://a:2379" would send every secret of the cluster in clear; etcd must serve https`],
    ],
    [
      'no port',
      { ...given, endpoints: ['https://a'] },
      [`${at}.endpoints[0]: "https://a" has no port, such as "https://etcd-1.example.com:2379" or "https://[2001:db8::10]:2379"`],
    ],
    ...['a:2379', 'https://', 'https://a:2379/v3', 'https://a:99999', 'https://user@a:2379', 'https://a:2379?x=1'].map(
      (url): [string, object, string[]] => [url, { ...given, endpoints: [url] }, [`${at}.endpoints[0]: ${JSON.stringify(url)} ${notUrl}`]],
    ),
    ['an option for a path', { ...given, keyFile: '-x' }, [`${at}.keyFile: "-x" is not a path`]],
  ])('%s', (_title, etcd, problems) => {
    expect(problemsWith(etcd)).toEqual(problems);
  });

  test('no endpoint at all', () => {
    expect(problemsWith({ ...given, endpoints: [] })).toHaveLength(1);
  });

  test('a node that would hold a member', () => {
    expect(problemsWith(given, [{}, { roles: ['worker', 'etcd'] }])).toEqual([
      'error nodes[1].roles[1]: cluster.etcd.endpoints names an etcd of your own, so kcluster runs none; drop the role etcd here, or the endpoints',
    ]);
  });

  test('with a caret under the place', () => {
    const text = inventoryText({ cluster: { etcd: { ...given, endpoints: ['https://a:2379', 'https://a:2379'] } } });
    const [problem] = checkInventory(text).problems;
    if (problem === undefined) throw new Error('no problem');
    const [head, source, carets] = formatProblem(problem, 'i.yaml', text).split('\n');
    expect(head).toContain('cluster.etcd.endpoints[1]: https://a:2379 is listed twice');
    expect(carets?.indexOf('^')).toBe(source?.indexOf('"https'));
  });
});

test('the cluster has canonical endpoints and resolved files', () => {
  const text = inventoryText({ cluster: { etcd: { ...given, endpoints: ['https://ETCD:2379/', 'https://[2001:DB8:0::1]:2379'] } } });
  const { cluster } = checkInventory(text, { resolvePath: (path) => `/inv/${path}` });
  expect(cluster?.etcd).toMatchObject({
    topology: 'external',
    given: {
      endpoints: ['https://etcd:2379', 'https://[2001:db8::1]:2379'],
      caFile: '/inv/etcd/ca.crt',
      certFile: '/inv/etcd/client.crt',
      keyFile: '/inv/~/client.key',
    },
  });
});

test('an etcd of kcluster’s own is not given', () => {
  expect(clusterOf({}).etcd).toMatchObject({ topology: 'stacked' });
  expect(clusterOf({}).etcd).not.toHaveProperty('given');
});
