import { beforeEach, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { UnreachableError } from '../../src/errors.ts';
import { useMirror } from '../app/support/mirrored-inventory.ts';
import { pictureOf } from '../app/support/model-picture.ts';
import { only, Standing, withNode } from './support/standing.ts';

const load = useMirror();
let cluster: Cluster;
beforeEach(async () => {
  cluster = only(await load('three-control-planes.yaml'), ['cp-1', 'cp-2', 'cp-3', 'worker-1', 'worker-2']);
});

describe('hosts that are away', { timeout: 60_000 }, () => {
  test.each([true, false])('no host can be reached, said to be dead %s: nothing is removed', async (isDead) => {
    const standing = await Standing.of(cluster);
    const before = pictureOf(standing.model);
    const unreachable = cluster.nodes.map(({ name }) => new UnreachableError('refused the login of jane', { node: name }));
    await expect(standing.remove('worker-1', isDead, { hosts: new Map(), unreachable })).rejects.toMatchObject({ exitCode: 4 });
    await expect(standing.reset({}, { hosts: new Map(), unreachable })).rejects.toMatchObject({ exitCode: 4 });
    expect(pictureOf(standing.model)).toEqual(before);
  });

  test('one dead node keeps nobody else from joining or leaving', async () => {
    const standing = await Standing.of(cluster, ['cp-1', 'cp-2', 'cp-3', 'worker-1']);
    standing.switchOff('worker-1');
    await standing.join([], { cluster: withNode(cluster, 'worker-1', { state: 'down' }) });
    expect(standing.model.nodes.has('worker-2')).toBe(true);
    await standing.remove('cp-3');
    expect(standing.members()).toEqual(['cp-1', 'cp-2']);
    expect(standing.model.nodes.has('worker-1')).toBe(true);
  });

  test('a dead control plane leaves no member behind that would cost the quorum later', async () => {
    const standing = await Standing.of(cluster);
    standing.switchOff('cp-2');
    await standing.remove('cp-2', true);
    expect(standing.members()).toEqual(['cp-1', 'cp-3']);
    expect(standing.model.nodes.has('cp-2')).toBe(false);
    expect(standing.model.etcd.broken).toEqual([]);
  });

  test('a member that cannot be taken out is no silent success', async () => {
    const standing = await Standing.of(cluster);
    standing.switchOff('cp-2');
    standing.model.etcd.operate = () => {
      throw new Error('etcdserver: request timed out');
    };
    await expect(standing.remove('cp-2', true)).rejects.toThrow();
    expect(standing.members()).toContain('cp-2');
    expect(standing.model.nodes.has('cp-2')).toBe(true);
  });

  test('a node that is said to be dead and reports is left alone', async () => {
    const standing = await Standing.of(cluster);
    await expect(standing.remove('cp-2', true)).rejects.toMatchObject({ exitCode: 8, message: expect.stringContaining('it is not dead') });
    expect([standing.members(), standing.model.done]).toEqual([['cp-1', 'cp-2', 'cp-3'], []]);
  });
});
