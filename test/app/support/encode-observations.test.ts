import { expect, test } from 'vitest';
import { emptyObservations, type Observations } from '../../../src/engine/observation.ts';
import { readObservations } from '../../../src/engine/read-observations.ts';
import { quiet } from '../../upgrade/situation.ts';
import { encodeObservations } from './encode-observations.ts';
import { goodFacts } from './good-facts.ts';

const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } };
const root = { owner: 'root', group: 'root', sizeBytes: 7 };

const full: Observations = {
  ...emptyObservations(),
  files: new Map([
    ['/a', { type: 'file', mode: 0o640, ...root, sha256: 'a'.repeat(64) }],
    ['/b', { type: 'link', mode: 0o777, ...root, target: '/opt/a' }],
    ['/c', { type: 'directory', mode: 0o755, ...root }],
    ['/d', { type: 'other', mode: 0o600, ...root }],
  ]),
  contents: new Map([['/a', 'two\nlines\tand a tab\n']]),
  kubeconfigCertificates: new Map([['/k', 'PEM\n']]),
  units: new Map([
    [
      'a.service',
      { load: 'loaded', active: 'active', sub: 'running', enabled: 'enabled', needsReload: true, restarts: 3, result: 'success' },
    ],
    ['b.service', { load: 'not-found', active: 'inactive', sub: 'dead', enabled: '', needsReload: false, restarts: 0, result: 'success' }],
  ]),
  startsMs: new Map([['a.service', 1250.5]]),
  users: new Set(['etcd']),
  commands: new Set(['curl']),
  modules: new Set(['overlay']),
  sysctls: new Map([['net.ipv4.ip_forward', '1']]),
  binaries: new Map([
    ['/opt/a', { sizeBytes: 5, verifiedSha256: 'b'.repeat(64) }],
    ['/opt/b', { sizeBytes: 6 }],
  ]),
  images: new Set(['pause:3']),
  health: new Map([['http://127.0.0.1:2381/readyz', { status: 503 }]]),
  kubeNodes: new Map([['n1', node]]),
  kubeObjects: new Map([['Node//n1', node]]),
  etcd: {
    clusterId: '38224b00245b2fcd',
    memberId: '2c8d79aed6a1e699',
    members: [
      {
        id: '2c8d79aed6a1e699',
        name: 'n1',
        peerURLs: ['https://192.0.2.1:2380'],
        clientURLs: ['https://192.0.2.1:2379'],
        isLearner: false,
      },
      { id: 'f0f28a5243779229', name: '', peerURLs: ['https://192.0.2.2:2380'], clientURLs: [], isLearner: true },
    ],
    statuses: new Map([
      [
        '2c8d79aed6a1e699',
        {
          version: '3.7.3',
          leader: '2c8d79aed6a1e699',
          revision: 5,
          raftIndex: 597,
          raftAppliedIndex: 596,
          isLearner: false,
          dbSizeBytes: 630_784,
          dbSizeInUseBytes: 618_496,
          quotaBytes: 8_589_934_592,
          raftTerm: 3,
          errors: ['etcdserver: no leader', 'memberID:3210355901217236633 alarm:NOSPACE '],
          healthy: true,
        },
      ],
    ]),
    alarms: [{ kind: 'NOSPACE', memberId: '2c8d79aed6a1e699' }],
  },
  kubeUpgrade: quiet,
  deprecatedApis: { apis: [], callers: [] },
  facts: goodFacts('n1'),
  listeners: [{ port: 6443, process: 'haproxy' }],
  onLink: new Map([
    ['192.0.2.1', true],
    ['192.0.2.2', false],
  ]),
  entries: new Map([['/etc/cni/net.d', ['10-a.conflist', 'b c']]]),
  endpoint: { addresses: ['192.0.2.5', '192.0.2.6'], result: 'refused', status: 0, fault: 'Connection refused' },
  givenEtcd: new Map([
    ['https://e1:2379', { healthy: true, version: '3.7.3', clusterId: '14841639068965178418', keys: 7, fault: '' }],
    ['https://e2:2379', { healthy: false, fault: 'curl: (7) refused' }],
  ]),
};

test.each([
  ['everything', full],
  ['nothing', emptyObservations()],
])('%s comes back as it was', (_, seen) => {
  expect(readObservations([], encodeObservations(seen))).toMatchObject(seen);
});
