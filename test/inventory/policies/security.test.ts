import { describe, expect, test } from 'vitest';
import { problemsOf } from '../sample.ts';

test('certificates may not outlive their authority', () => {
  expect(problemsOf({ cluster: { security: { leafDays: 365, caDays: 300 } } })).toEqual([
    'error cluster.security.leafDays: certificates would outlive their authority: 365 days against caDays 300',
  ]);
  expect(problemsOf({ cluster: { security: { leafDays: 299, caDays: 300 } } })).toEqual([]);
});

describe('the way to root', () => {
  const message = 'ops with become: none is only enough when that user is root by another name; else use sudo';

  test.each([
    ['root', { user: 'root' }, {}, []],
    ['another user', { user: 'ops' }, {}, []],
    ['another user, none for all', { user: 'ops', become: 'none' }, {}, [`warning cluster.ssh: ${message}`]],
    ['another user, none for one', { user: 'ops' }, { become: 'none' }, [`warning nodes[0].ssh: ${message}`]],
    ['none for all, another user for one', { become: 'none' }, { user: 'ops' }, [`warning nodes[0].ssh: ${message}`]],
  ])('%s', (_title, defaults, own, problems) => {
    expect(problemsOf({ cluster: { ssh: defaults }, nodes: [{ ssh: own }] })).toEqual(problems);
  });
});

describe('an endpoint that is one of several control planes', () => {
  const three = [1, 2, 3].map((number) => ({
    address: `192.0.2.${number}`,
    internalAddress: `198.51.100.${number}`,
    roles: ['control-plane', 'worker'],
  }));

  test.each(['192.0.2.1', '198.51.100.2:6443'])('%s is a warning', (endpoint) => {
    const [problem] = problemsOf({ cluster: { endpoint }, nodes: three });
    expect(problem).toMatch(/^warning cluster\.endpoint: the endpoint is the node node-[01] itself/);
  });

  test('written out', () => {
    expect(problemsOf({ cluster: { endpoint: { host: '192.0.2.3' } }, nodes: three })).toHaveLength(1);
  });

  test('a load balancer is none, and one control plane has no other', () => {
    expect(problemsOf({ cluster: { endpoint: '192.0.2.99' }, nodes: three })).toEqual([]);
    expect(problemsOf({ cluster: { endpoint: '192.0.2.1' }, nodes: three.slice(0, 1) })).toEqual([]);
  });
});

test('nodes cannot fetch artifacts for themselves yet, and that is said', () => {
  const [problem] = problemsOf({ cluster: { artifacts: { source: 'node' } }, nodes: [{}] });
  expect(problem).toContain('cluster.artifacts.source: nodes cannot fetch for themselves yet');
});
