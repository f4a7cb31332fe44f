import { describe, expect, test } from 'vitest';
import { desire } from '../../src/app/desire.ts';
import { type Absence, absencesPath, formatAbsences } from '../../src/cluster/absence.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { emptyObservations, type FileSeen, type Observations } from '../../src/engine/observation.ts';
import { type AbsenceInput, placeAbsent } from '../../src/workflows/place-absent.ts';
import { warnOfAbsent } from '../../src/workflows/warn-of-absent.ts';
import { placementOf, sample, three } from '../components/sample.ts';

const now = new Date('2026-03-01T10:00:00.123Z');
const since = '2026-03-01T10:00:00Z';
const nodesWith = (changes: Readonly<Record<string, object>>) => three.map((node) => ({ ...node, ...changes[node.name] }));
const down = { state: 'down' };
const maxPods = (count: number) => ({ components: { kubelet: { config: { maxPods: count } } } });

interface Scene {
  readonly cluster: Cluster;
  /** Files of hosts that differ from what the inventory says: node -> paths. */
  readonly edited?: Readonly<Record<string, readonly string[]>>;
  readonly record?: Readonly<Record<string, Absence>>;
  readonly registered?: readonly string[] | undefined;
  readonly etcdExists?: boolean;
  readonly reviewed?: AbsenceInput['reviewed'];
}

function look(scene: Scene): AbsenceInput {
  const { cluster, edited = {}, record, etcdExists = true, reviewed = new Map() } = scene;
  const registered = 'registered' in scene ? scene.registered : ['a', 'b', 'c', 'w'];
  const desired = desire(cluster, placementOf(cluster, { etcdExists }));
  const other: FileSeen = { type: 'file', mode: 0o600, owner: 'root', group: 'root', sizeBytes: 1, sha256: '0'.repeat(64) };
  const present = cluster.nodes.filter(({ state }) => state === 'present');
  const observations = new Map(
    present.map(({ name }): [string, Observations] => [
      name,
      {
        ...emptyObservations(),
        files: new Map(
          (edited[name] ?? []).map((path) => [path, path.includes('/bin/') ? { ...other, type: 'link', target: '/old' } : other]),
        ),
        contents: new Map(record === undefined ? [] : [[absencesPath, formatAbsences(new Map(Object.entries(record)))]]),
        kubeNodes: registered && new Map(registered.map((node) => [node, {}])),
      },
    ]),
  );
  return { desired, observations, etcdMembers: undefined, reviewed, now };
}
const absences = (scene: Scene) => placeAbsent(look(scene));
const missesOf = (scene: Scene, node = 'w') => absences(scene).get(node)?.misses;

const cluster = sample(nodesWith({ w: down }));
const everything = absences({ cluster, etcdExists: false }).get('w')?.misses ?? [];

describe('a node that is newly declared down', () => {
  test('is absent since now, and holds what the inventory says', () => {
    const found = absences({ cluster });
    expect([...found]).toEqual([
      ['w', { since, held: expect.objectContaining({ kubelet: expect.stringMatching(/^[0-9a-f]{16}$/) }), misses: [] }],
    ]);
    expect(Object.keys(found.get('w')?.held ?? {}).sort()).toEqual(everything);
  });

  test.each<[what: string, scene: Scene, misses: readonly string[]]>([
    [
      'what the same run changes on others',
      { cluster, edited: { a: ['/var/lib/kubelet/config.yaml'], b: ['/opt/kcluster/bin/crictl'] } },
      ['crictl', 'kubelet'],
    ],
    ['nothing of what only others have', { cluster, edited: { a: ['/etc/systemd/system/kube-apiserver.service'] } }, []],
    [
      'nothing of balancers and records, which follow from absences',
      { cluster, edited: { a: ['/etc/kcluster/haproxy.cfg', '/etc/sysctl.d/90-kcluster.conf'] } },
      [],
    ],
    [
      'nothing of what changes for a node with settings of its own',
      { cluster: sample(nodesWith({ w: down, a: maxPods(57) })), edited: { a: ['/var/lib/kubelet/config.yaml'] } },
      [],
    ],
    ['everything before there is a cluster', { cluster, etcdExists: false }, everything],
    ['everything when it never joined', { cluster, registered: ['a', 'b', 'c'] }, everything],
    ['nothing while no API server tells whether it joined', { cluster, registered: undefined }, []],
  ])('misses %s', (_, scene, misses) => {
    expect(missesOf(scene)).toEqual(misses);
  });

  test('keeps the time of a plan that was reviewed', () => {
    const reviewed = new Map([['w', { since: '2026-02-01T00:00:00Z', held: { kubelet: 'lie' }, misses: ['lie'] }]]);
    expect(absences({ cluster, reviewed }).get('w')).toMatchObject({ since: '2026-02-01T00:00:00Z', misses: [] });
  });
});

describe('a node that is recorded', () => {
  const held = absences({ cluster }).get('w')?.held ?? {};
  const record = { w: { since: '2026-01-01T00:00:00Z', held, misses: ['old'] } };

  test('keeps its time; misses what differs from what it held, whatever others look like', () => {
    const changed = sample(nodesWith({ w: { ...down, ...maxPods(57) } }));
    const scene = { cluster: changed, record, edited: { a: ['/opt/kcluster/bin/crictl'] } };
    expect(absences(scene).get('w')).toEqual({ since: '2026-01-01T00:00:00Z', held, misses: ['kubelet'] });
    expect(missesOf({ cluster, record })).toEqual([]);
  });

  test('a new neighbour is a route that it misses', () => {
    const more = [...nodesWith({ w: down }), { name: 'v', address: '192.0.2.10', roles: ['worker'] }];
    expect(missesOf({ cluster: sample(more), record })).toEqual(['network']);
  });

  test('a control plane does not miss what follows from its own absence', () => {
    const away = sample(nodesWith({ c: down }));
    const first = absences({ cluster: away });
    expect(missesOf({ cluster: away, record: Object.fromEntries(first) }, 'c')).toEqual([]);
  });

  test('present again it stays as it is, until a run brought it up to date', () => {
    expect([...absences({ cluster: sample(three), record })]).toEqual([['w', record.w]]);
  });

  test('one that left the inventory is forgotten', () => {
    expect([...absences({ cluster: sample(three.filter(({ name }) => name !== 'w')), record })]).toEqual([]);
  });
});

test('a warning for each that is down, none for one that came back', () => {
  const held = {};
  const found = new Map([
    ['w', { since: '2026-01-01T00:00:00Z', held, misses: ['kubelet', 'network'] }],
    ['b', { since: '2026-01-02T00:00:00Z', held, misses: [] }],
    ['c', { since: '2026-01-03T00:00:00Z', held, misses: ['kubelet'] }],
  ]);
  const both = sample(nodesWith({ w: down, b: down }));
  const warnings = warnOfAbsent(desire(both, placementOf(both, { absences: found })));
  expect(warnings.map(({ id, node, severity, message }) => `${severity} ${id} ${node}: ${message}`)).toEqual([
    'warning NodeDown w: declared down since 2026-01-01T00:00:00Z, left out; it misses kubelet, network',
    'warning NodeDown b: declared down since 2026-01-02T00:00:00Z, left out',
  ]);
});
