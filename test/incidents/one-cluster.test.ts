import { describe, expect, test } from 'vitest';
import { hostPaths } from '../../src/engine/host-paths.ts';
import type { RunOptions } from '../../src/host/host.ts';
import { givenEtcdSecrets } from '../app/support/given-etcd.ts';
import { useMirror } from '../app/support/mirrored-inventory.ts';
import { pictureOf } from '../app/support/model-picture.ts';
import { only, Standing } from './support/standing.ts';

const load = useMirror();
const theirs = { type: 'directory', mode: 0o700, owner: 'etcd', group: 'etcd', sizeBytes: 0 } as const;

describe('one cluster stays one cluster', { timeout: 60_000 }, () => {
  test('output that is cut off anywhere is not read as a host that was never initialised', async () => {
    const standing = await Standing.of(await load('single.yaml'));
    const host = standing.model.hosts.get('node-1');
    if (host === undefined) throw new Error('no node-1');
    const before = pictureOf(standing.model);
    const run = host.run.bind(host);
    for (const share of Array.from({ length: 20 }, (_, index) => index / 20)) {
      host.run = async (script: string, options: RunOptions = {}) => {
        const result = await run(script, options);
        return { ...result, stdout: result.stdout.slice(0, Math.floor(result.stdout.length * share)) };
      };
      await expect(standing.init(), `the first ${share} of it`).rejects.toMatchObject({ exitCode: 4 });
    }
    expect([pictureOf(standing.model), standing.model.etcd.broken]).toEqual([before, []]);
  });

  test('etcd hosts that lost their data are not founded anew while a worker knows of a cluster', async () => {
    const standing = await Standing.of(only(await load('three-control-planes.yaml'), ['cp-1', 'worker-1']));
    const { files, texts, units } = standing.machine('cp-1');
    for (const path of [...files.keys()].filter((name) => name !== '/etc')) files.delete(path);
    texts.clear();
    units.clear();
    await expect(standing.init()).rejects.toMatchObject({ exitCode: 8, message: expect.stringContaining('part of a cluster') });
  });
});

describe('an etcd that others run', { timeout: 60_000 }, () => {
  test('keeps its data, also on a host that is reset', async () => {
    const cluster = await load('given-etcd.yaml');
    const standing = await Standing.of(cluster);
    for (const path of ['/var/lib/etcd', '/var/lib/etcd/member']) standing.machine('cp-1').files.set(path, theirs);
    await standing.reset({}, { given: givenEtcdSecrets });
    expect(standing.machine('cp-1').files.has('/var/lib/etcd/member')).toBe(true);
    expect(standing.machine('cp-1').files.has(hostPaths.manifest)).toBe(false);
  });

  test('that refuses the login ends the run at once, and nothing is left locked', async () => {
    const cluster = await load('given-etcd.yaml');
    const standing = new Standing(cluster);
    const silent = (cluster.etcd.given?.endpoints ?? []).map((url) => [url, { healthy: false, fault: 'permission denied' }] as const);
    for (const name of ['cp-1', 'cp-2']) {
      const host = standing.model.hosts.get(name);
      if (host !== undefined) host.override = { givenEtcd: new Map(silent) };
    }
    await expect(standing.init()).rejects.toMatchObject({ exitCode: 3 });
    expect([...standing.model.hosts.values()].flatMap(({ followed }) => followed)).toEqual([]);
    expect(standing.model.done).toEqual([]);
  });
});

describe('reset typed for the wrong host', { timeout: 60_000 }, () => {
  test('is refused by the name of the cluster, and by its authority where the names are the same', async () => {
    const cluster = only(await load('three-control-planes.yaml'), ['cp-1', 'worker-1']);
    const standing = await Standing.of(cluster);
    const before = pictureOf(standing.model);
    const other = { ...cluster, name: 'other' };
    await expect(standing.reset({}, { cluster: other })).rejects.toMatchObject({ exitCode: 8 });
    const twin = await Standing.of(cluster);
    await expect(standing.reset({}, { state: twin.state })).rejects.toMatchObject({ exitCode: 8 });
    expect(pictureOf(standing.model)).toEqual(before);
  });
});
