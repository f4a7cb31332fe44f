import { formatRecord, recordOf, recordPath } from '../../src/cluster/immutable.ts';
import type { EtcdEndpointSeen } from '../../src/engine/observation.ts';
import { sample } from '../components/sample.ts';
import type { Case, Seen } from './situation.ts';

const urls = ['https://e1:2379', 'https://e2:2379', 'https://e3:2379'] as const;
const files = { caFile: 'ca.crt', certFile: 'c.crt', keyFile: 'c.key' };
const cluster = sample(undefined, { etcd: { topology: 'external', endpoints: urls, ...files } });
const good: EtcdEndpointSeen = { healthy: true, version: '3.7.3', clusterId: '77', keys: 0, fault: '' };
const silent: EtcdEndpointSeen = { healthy: false, fault: 'curl: (7) refused' };
const stamp = '/var/lib/kcluster/units/kube-apiserver.service';

/** Three endpoints that are good but for the changes, in their order. */
function answers(...changes: readonly Partial<EtcdEndpointSeen>[]): Pick<Seen, 'givenEtcd' | 'commands'> {
  return { commands: new Set(['curl']), givenEtcd: new Map(urls.map((url, index) => [url, { ...good, ...changes[index] }])) };
}

/** A cluster that was brought up on etcd 77. */
function founded(...changes: readonly Partial<EtcdEndpointSeen>[]): Seen {
  const contents = new Map([
    [stamp, ''],
    [recordPath, formatRecord(recordOf(cluster, '77'))],
  ]);
  return { ...answers(...changes), contents };
}

const row = (id: string, what: string, seen: Seen, ...lines: readonly string[]): Case => ({ id, what, cluster, seen: { n1: seen }, lines });
const { version: _, ...nameless } = good;
const { clusterId: __, ...withoutId } = good;
const all = (seen: EtcdEndpointSeen): Seen => ({ ...answers(), givenEtcd: new Map(urls.map((url) => [url, seen])) });

export const givenEtcdCases: readonly Case[] = [
  { id: 'ExternalEtcd', what: 'an etcd of kcluster’s own', seen: {}, lines: [] },
  row('ExternalEtcd', 'all are well', answers()),
  row(
    'ExternalEtcd',
    'one of three is silent',
    answers(silent),
    'warning n1 ExternalEtcd: https://e1:2379 is not healthy: curl: (7) refused',
  ),
  row(
    'ExternalEtcd',
    'two of three are silent',
    answers(silent, {}, silent),
    'error n1 ExternalEtcd: https://e1:2379 is not healthy: curl: (7) refused',
    'error n1 ExternalEtcd: https://e3:2379 is not healthy: curl: (7) refused',
  ),
  row(
    'ExternalEtcd',
    'no curl on the host',
    { ...answers(silent, silent, silent), commands: new Set() },
    'error n1 ExternalEtcd: curl is not there, by which etcd is asked',
  ),
  ...['3.5.26', '3.5.33', '3.6.11', '3.7.0', '4.0.0'].map((version) => row('ExternalEtcd', version, answers({ version }))),
  ...['3.4.40', '3.5.25', '3.6.0', '3.6.10', '3.6.11-rc.1'].map((version) =>
    row(
      'ExternalEtcd',
      version,
      answers({}, { version }),
      `error n1 ExternalEtcd: https://e2:2379 runs etcd ${version}, in which data can be lost`,
    ),
  ),
  row(
    'ExternalEtcd',
    'one that names no release',
    { ...answers(), givenEtcd: new Map([...(answers().givenEtcd ?? []), [urls[0], nameless]]) },
    'error n1 ExternalEtcd: https://e1:2379 does not say which release of etcd it is',
  ),
  row(
    'ExternalEtcd',
    'two clusters',
    answers({}, { clusterId: '78' }),
    'error n1 ExternalEtcd: the endpoints are of 2 etcd clusters: https://e3:2379 is of 77, https://e2:2379 is of 78',
  ),
  row(
    'ExternalEtcd',
    'no id of a cluster',
    all(withoutId),
    'warning n1 ExternalEtcd: no endpoint tells the id of its cluster, so that a wrong one would not be noticed',
  ),

  row('ExternalEtcdData', 'empty, for a new cluster', answers()),
  row(
    'ExternalEtcdData',
    'keys of somebody, for a new cluster',
    answers({ keys: 412 }),
    'error n1 ExternalEtcdData: etcd holds 412 keys below /registry/: another cluster lives there, or one did',
  ),
  row('ExternalEtcdData', 'its own keys', founded({ keys: 412 })),
  row(
    'ExternalEtcdData',
    'another etcd than the one that was recorded',
    { ...founded(), givenEtcd: new Map(urls.map((url) => [url, { ...good, clusterId: '99' }])) },
    'error n1 ExternalEtcdData: the endpoints are of etcd cluster 99, the data of this cluster is in 77',
  ),
  row('ExternalEtcdData', 'a record of an etcd that tells its id no more', {
    ...founded(),
    givenEtcd: new Map([[urls[0], good], ...urls.slice(1).map((url) => [url, withoutId] as const)]),
  }),
];
