import { describe, expect, test } from 'vitest';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import { formatRecord, recordOf, recordPath } from '../../src/cluster/immutable.ts';
import { emptyObservations, type Observations, type UnitSeen } from '../../src/engine/observation.ts';
import { place } from '../../src/workflows/place.ts';
import { sample, three } from '../components/sample.ts';

const etcd = { topology: 'external', endpoints: ['https://e1:2379'], caFile: 'a', certFile: 'b', keyFile: 'c' };
const cluster = sample(three, { etcd });
const stamp = '/var/lib/kcluster/units/kube-apiserver.service';
const idle: UnitSeen = { load: 'loaded', active: 'inactive', sub: 'dead', enabled: '', needsReload: false, restarts: 0, result: 'success' };
const unit = (active: string) => ({ units: new Map([['kube-apiserver.service', { ...idle, active }]]) });
const placed = (seen: Partial<Observations>) =>
  place(cluster, selectVersions(cluster), new Map([['b', { ...emptyObservations(), ...seen }]]));
const answer = (clusterId?: string) => ({
  givenEtcd: new Map([['https://e1:2379', { healthy: true, fault: '', ...(clusterId === undefined ? {} : { clusterId }) }]]),
});
const recorded = { contents: new Map([[recordPath, formatRecord(recordOf(cluster, '77'))]]) };

test.each<[string, Partial<Observations>, boolean]>([
  ['on bare hosts', {}, false],
  ['once an API server was started', { contents: new Map([[stamp, '']]) }, true],
  ['once one runs whose start was not noted', unit('active'), true],
  ['once one is on its way', unit('activating'), true],
  ['not when its unit was only written', unit('inactive'), false],
  ['not when the hosts were only prepared', recorded, false],
  ['once the API answers', { kubeNodes: new Map() }, true],
  [
    'not for a directory of somebody’s own etcd',
    { files: new Map([['/var/lib/etcd/member', { type: 'directory', mode: 0o700, owner: 'x', group: 'x', sizeBytes: 0 }]]) },
    false,
  ],
])('a cluster on an etcd that others run is there %s', (_, seen, expected) => {
  expect(placed(seen).etcdExists).toBe(expected);
});

describe('the identity of etcd', () => {
  test.each<[string, Partial<Observations>, string | undefined]>([
    ['is what it tells', answer('99'), '99'],
    ['is what it tells now, whatever was recorded', { ...recorded, ...answer('99') }, '99'],
    ['stays recorded while it tells nothing', { ...recorded, ...answer() }, '77'],
    ['is not known on bare hosts', {}, undefined],
  ])('%s', (_, seen, id) => {
    expect(placed(seen).etcdClusterId).toBe(id);
  });
});
