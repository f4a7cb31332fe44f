import { describe, expect, test } from 'vitest';
import { type Cluster, type JsonObject, nodeNamed } from '../../src/cluster/cluster.ts';
import type { Member } from '../../src/cluster/quorum.ts';
import { emptyObservations, type Observations } from '../../src/engine/observation.ts';
import { identitiesThatStay, type Leaver, leaverOf, memberLeaves, objectLeaves, signsOfLife } from '../../src/workflows/leave.ts';
import { sample, three } from '../components/sample.ts';

const cluster: Cluster = sample(three);
const node = (name: string) => nodeNamed(cluster, name);
const member = (name: string, at: number, more: Partial<Member> = {}): Member => ({
  id: `id-${at}`,
  name,
  peerURLs: [`https://192.0.2.${at}:2380`],
  clientURLs: [`https://192.0.2.${at}:2379`],
  isLearner: false,
  isLeader: false,
  health: 'healthy',
  ...more,
});
const members = [member('a', 1), member('b', 2), member('c', 3)];
const object = (name: string, ready: 'True' | 'False' | 'Unknown' = 'Unknown'): JsonObject => ({
  metadata: { name, uid: `uid-${name}` },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});
const etcd = {} as NonNullable<Observations['etcd']>;
/** `e` its member answers, `k` its API server answers. */
const seen = (hosts: Readonly<Record<string, string>>, objects: readonly JsonObject[] = []) =>
  new Map(
    Object.entries(hosts).map(([name, what]): [string, Observations] => [
      name,
      {
        ...emptyObservations(),
        etcd: what.includes('e') ? etcd : undefined,
        kubeNodes: what.includes('k') ? new Map(objects.map((one) => [(one.metadata as { readonly name: string }).name, one])) : undefined,
      },
    ]),
  );

describe('who leaves', () => {
  test('is found by its peer URL before its name: a member that never started has none', () => {
    const unstarted = member('', 2, { health: 'unstarted' });
    expect(leaverOf('b', node('b'), seen({}), [member('a', 1), unstarted, member('b', 7)]).member).toBe(unstarted);
  });

  test('is found by its name when its machine had another address', () => {
    expect(leaverOf('b', node('b'), seen({}), [member('a', 1), member('b', 7)]).member?.id).toBe('id-7');
  });

  test('may be known to the cluster alone', () => {
    const observations = seen({ a: 'k' }, [object('ghost')]);
    expect(leaverOf('ghost', undefined, observations, [member('ghost', 9)])).toMatchObject({
      name: 'ghost',
      object: { metadata: { uid: 'uid-ghost' } },
      member: { id: 'id-9' },
    });
    expect(leaverOf('nobody', undefined, observations, members)).toEqual({ name: 'nobody' });
  });
});

describe('the membership', () => {
  test('goes through another host whose own member answers, and never through the leaver', () => {
    const leaver: Leaver = { name: 'a', node: node('a'), member: member('a', 1) };
    const [step, ...rest] = memberLeaves(leaver, seen({ a: 'e', b: '', c: 'e' }), members);
    expect(rest).toEqual([]);
    expect(step).toMatchObject({
      id: 'etcd/remove@c',
      actions: [
        {
          kind: 'etcd-remove-member',
          id: 'id-1',
          name: 'a',
          peerURL: 'https://192.0.2.1:2380',
          endpoints: ['https://192.0.2.2:2379', 'https://192.0.2.3:2379'],
        },
      ],
    });
  });

  test('only voters that answer are asked', () => {
    const some = [member('a', 1), member('b', 2, { health: 'down' }), member('c', 3), member('d', 4, { isLearner: true })];
    const [step] = memberLeaves({ name: 'b', member: some[1] as Member }, seen({ a: 'e' }), some);
    expect(step?.actions[0]).toMatchObject({ endpoints: ['https://192.0.2.1:2379', 'https://192.0.2.3:2379'] });
  });

  test('nothing is to do for who is no member', () => {
    expect(memberLeaves({ name: 'w', node: node('w') }, seen({ a: 'e' }), members)).toEqual([]);
  });
});

describe('the Node object', () => {
  test('is deleted by the identity that was seen, through another API server', () => {
    const [step] = objectLeaves({ name: 'a', object: object('a') }, seen({ a: 'k', b: '', c: 'k' }));
    expect(step).toMatchObject({ id: 'nodes/delete@c', actions: [{ kind: 'kube-delete-node', node: 'a', uid: 'uid-a' }] });
  });

  test('that is not there is done', () => {
    expect(objectLeaves({ name: 'a' }, seen({ b: 'k' }))).toEqual([]);
  });
});

test.each<[what: string, leaver: Leaver, signs: number]>([
  ['nothing is heard', { name: 'a', object: object('a'), member: member('a', 1, { health: 'down' }) }, 0],
  ['nothing is known', { name: 'a' }, 0],
  ['its kubelet reports', { name: 'a', object: object('a', 'True') }, 1],
  ['its kubelet says that it is not ready', { name: 'a', object: object('a', 'False') }, 0],
  ['its member answers', { name: 'a', member: member('a', 1) }, 1],
  ['its member is behind, but answers', { name: 'a', member: member('a', 1, { health: 'lagging' }) }, 1],
  ['its member never started', { name: 'a', member: member('a', 1, { health: 'unstarted' }) }, 0],
  ['both', { name: 'a', object: object('a', 'True'), member: member('a', 1) }, 2],
])('signs of life: %s', (_, leaver, signs) => {
  expect(signsOfLife(leaver)).toHaveLength(signs);
});

test.each([
  ['w', false, ['KubeletIdentity']],
  ['w', true, ['KubeletIdentity']],
  ['a', false, ['KubeletIdentity']],
  ['a', true, ['KubeletIdentity', 'AuthorityOnLostHost']],
] as const)('what stays valid of %s, dead %s', (name, isDead, ids) => {
  const findings = identitiesThatStay({ name, node: node(name) }, isDead);
  expect(findings.map(({ id }) => id)).toEqual(ids);
  expect(findings.every(({ severity }) => severity === 'warning')).toBe(true);
});
