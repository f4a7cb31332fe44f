import { describe, expect, test } from 'vitest';
import { desire } from '../../src/app/desire.ts';
import { formatVersion } from '../../src/cluster/version.ts';
import { emptyObservations, type FileSeen, type Observations } from '../../src/engine/observation.ts';
import { releaseProbes, runningReleases } from '../../src/upgrade/running-releases.ts';
import { placementOf, sample, three } from '../components/sample.ts';

const root = { mode: 0o777, owner: 'root', group: 'root', sizeBytes: 0 };
const linksTo = (targets: Readonly<Record<string, string>>): Observations => ({
  ...emptyObservations(),
  files: new Map(Object.entries(targets).map(([path, target]): [string, FileSeen] => [path, { type: 'link', ...root, target }])),
});
const lines = (observations: ReadonlyMap<string, Observations>): readonly string[] =>
  runningReleases(observations).map(({ node, component, version }) => `${node} ${component} ${formatVersion(version)}`);

describe('releases in use', () => {
  test('are those that links lead to, host by host', () => {
    const b = linksTo({
      '/opt/kcluster/bin/kubelet': '/opt/kcluster/kubelet/1.36.5/kubelet',
      '/opt/kcluster/bin/etcd': '/opt/kcluster/etcd/3.7.3/etcd',
    });
    const a = linksTo({ '/opt/cni/bin/loopback': '/opt/kcluster/cni-plugins/1.9.1/loopback' });
    expect(
      lines(
        new Map([
          ['b', b],
          ['a', a],
        ]),
      ),
    ).toEqual(['a cni-plugins 1.9.1', 'b etcd 3.7.3', 'b kubelet 1.36.5']);
  });

  test.each([
    ['nothing', {}],
    ['a link to somewhere else', { '/opt/kcluster/bin/kubelet': '/usr/bin/kubelet' }],
    ['a link to no release', { '/opt/kcluster/bin/kubelet': 'kubelet' }],
  ])('%s is none', (_, targets) => {
    expect(lines(new Map([['a', linksTo(targets)]]))).toEqual([]);
  });

  test('a file in place of the link is none', () => {
    const files = new Map<string, FileSeen>([['/opt/kcluster/bin/kubelet', { type: 'file', ...root }]]);
    expect(lines(new Map([['a', { ...emptyObservations(), files }]]))).toEqual([]);
  });
});

test('every link that is asked for is one that an inventory makes', () => {
  const cluster = sample(three);
  const desired = desire(cluster, placementOf(cluster));
  const made = cluster.nodes.flatMap((node) =>
    desired.describe(node).flatMap(({ install, run }) => [...install, ...run].flatMap((one) => (one.kind === 'link' ? [one.path] : []))),
  );
  for (const probe of releaseProbes) expect(made).toContain(probe.kind === 'file' ? probe.path : '');
});
