import { describe, expect, test } from 'vitest';
import { unitStampPath } from '../../src/engine/host-paths.ts';
import { sha256Of } from '../../src/engine/kinds/file.ts';
import { planSteps } from '../../src/engine/make-plan.ts';
import { emptyObservations, type HostFacts, type Observations, type UnitSeen } from '../../src/engine/observation.ts';
import type { Phase } from '../../src/engine/phase.ts';
import type { Step } from '../../src/engine/plan.ts';
import type { Resource } from '../../src/engine/resource.ts';
import { carryOut } from './support/carry-out.ts';
import { contextWith, directorySeen, fileSeen, linkSeen } from './support/context.ts';
import { every, same, toyDesired, toyFile, toyPhase, toyWorkflow } from './support/toys.ts';

/** Numbers that look random and are the same every time. */
function createRandom(seed: number) {
  let state = seed * 2_654_435_761 + 1;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const chance = (probability: number): boolean => next() < probability;
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
  const shuffle = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => [next(), item] as const)
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item);
  return { chance, pick, shuffle };
}
type Random = ReturnType<typeof createRandom>;

const unit = 'toy.service';
const unitFile = `/etc/systemd/system/${unit}`;
const inputs = [unitFile, '/opt/bin/toy', '/etc/toy.conf', '/pki/ca.crt'];
const root = { owner: 'root', group: 'root' };
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'n' }, data: { a: '1' } };
const secrets = new Map([['ca.crt', sha256Of('authority')]] as const);
const context = () =>
  contextWith({ secrets, binary: () => ({ sha256: 'aa', sizeBytes: 7 }), image: () => ({ sha256: 'bb', sizeBytes: 9 }) });

const ca: Resource = { kind: 'file', path: '/pki/ca.crt', content: { secret: 'ca.crt' }, mode: 0o644, ...root };
const phases: readonly Phase[] = [
  toyPhase('host/prepare', {
    wants: () => [
      { kind: 'package', command: 'socat', names: { apt: 'socat', dnf: 'socat', zypper: 'socat' } },
      { kind: 'package', command: 'conntrack', names: { apt: 'conntrack', dnf: 'conntrack', zypper: 'conntrack' } },
      { kind: 'module', name: 'overlay' },
      { kind: 'sysctl', key: 'net.ipv4.ip_forward', value: '1' },
    ],
  }),
  toyPhase('host/units', { after: [same('host/prepare')], wants: () => [toyFile(unitFile, '[Unit]\n'), { kind: 'systemd' }] }),
  toyPhase('toy/install', {
    after: [same('host/prepare')],
    wants: () => [
      { kind: 'user', name: 'toy', home: '/data' },
      { kind: 'directory', path: '/data', mode: 0o700, ...root },
      { kind: 'binary', component: 'toy', version: '2', name: 'toy', path: '/opt/toy/2/toy' },
      { kind: 'link', path: '/opt/bin/toy', target: '/opt/toy/2/toy' },
      { kind: 'image', reference: 'pause' },
    ],
  }),
  toyPhase('toy/run', {
    rollout: { maxUnavailable: 2 },
    after: [same('toy/install'), every('host/units')],
    wants: (node) => [ca, toyFile('/etc/toy.conf', `node: ${node}\n`), { kind: 'unit', unit, inputs }],
    gate: () => [{ title: 'toy is active', deadlineMs: 1, test: { kind: 'unit-active', unit } }],
  }),
  toyPhase('toy/settle', {
    after: [every('toy/run')],
    rollout: 'serial',
    wants: () => [ca, toyFile('/etc/settled'), { kind: 'user', name: 'toy', home: '/data' }],
  }),
  toyPhase('cluster/objects', { after: [every('toy/run')], rollout: 'one', wants: () => [{ kind: 'kube-object', object }] }),
];

function randomUnit({ pick }: Random): UnitSeen {
  return {
    load: pick(['loaded', 'not-found']),
    active: pick(['active', 'active', 'inactive', 'failed', 'activating', 'deactivating']),
    sub: 'x',
    enabled: pick(['enabled', 'enabled', 'disabled', '']),
    needsReload: pick([true, false]),
    restarts: 0,
    result: 'success',
  };
}

/** A host somewhere between bare and done, with leftovers of a run that was broken off. */
function randomHost(random: Random, node: string): Observations {
  const { chance, pick } = random;
  const some = <T>(items: readonly T[]): T[] => items.filter(() => chance(0.5));
  const wanted = [fileSeen('[Unit]\n'), fileSeen(`node: ${node}\n`)] as const;
  const old = fileSeen('old', { mode: pick([0o644, 0o600]) });
  return {
    ...emptyObservations(),
    facts: { packageManager: 'apt' } as HostFacts,
    files: new Map(
      some([
        [unitFile, pick([wanted[0], old])],
        ['/etc/toy.conf', pick([wanted[1], old, linkSeen('/elsewhere')])],
        ['/opt/bin/toy', linkSeen(pick(['/opt/toy/1/toy', '/opt/toy/2/toy']))],
        ['/pki/ca.crt', fileSeen('authority', { mode: pick([0o644, 0o600]) })],
        ['/data', directorySeen({ mode: pick([0o700, 0o755]) })],
        ['/etc/settled', old],
      ]),
    ),
    units: new Map(some([[unit, randomUnit(random)]])),
    contents: new Map(some([[unitStampPath(unit), pick(['', 'torn', 'absent  /etc/toy.conf\n'])]])),
    users: new Set(some(['toy'])),
    commands: new Set(some(['socat', 'conntrack'])),
    modules: new Set(some(['overlay'])),
    sysctls: new Map(some([['net.ipv4.ip_forward', pick(['0', '1'])]])),
    binaries: new Map(some([['/opt/toy/2/toy', pick([{ sizeBytes: 7 }, { sizeBytes: 7, verifiedSha256: 'aa' }])]])),
    images: pick([undefined, new Set(['pause']), new Set<string>()]),
    kubeNodes: pick([undefined, new Map()]),
    kubeObjects: pick([undefined, new Map([['ConfigMap/n/c', pick([object, { ...object, data: {} }])]])]),
  };
}

function plan(nodes: readonly string[], observations: ReadonlyMap<string, Observations>): readonly Step[] {
  return planSteps({ workflow: toyWorkflow(phases), desired: toyDesired(nodes), observations, context });
}

const seeds = Array.from({ length: 150 }, (_, index) => index + 1);
const nodes = ['a', 'b', 'c', 'd'];
const hostsOf = (seed: number): ReadonlyMap<string, Observations> => {
  const random = createRandom(seed);
  return new Map(nodes.map((node) => [node, randomHost(random, node)]));
};

describe('from whatever hosts look like', () => {
  test('a plan that was carried out leaves nothing to do', () => {
    let steps = 0;
    for (const seed of seeds) {
      const before = hostsOf(seed);
      const first = plan(nodes, before);
      steps += first.length;
      expect({ seed, second: plan(nodes, carryOut(before, first, secrets)) }).toEqual({ seed, second: [] });
    }
    expect(steps).toBeGreaterThan(seeds.length);
  });

  test('a plan broken off after any number of steps is gone on with, and then leaves nothing to do', () => {
    for (const seed of seeds) {
      const before = hostsOf(seed);
      const first = plan(nodes, before);
      const brokenOff = carryOut(before, first.slice(0, seed % (first.length + 1)), secrets);
      const rest = plan(nodes, brokenOff);
      expect({ seed, third: plan(nodes, carryOut(brokenOff, rest, secrets)) }).toEqual({ seed, third: [] });
    }
  });

  test('the same input gives the same bytes, whatever the order of nodes and answers', () => {
    for (const seed of seeds) {
      const { shuffle } = createRandom(seed + 1_000);
      const hosts = hostsOf(seed);
      const reordered = new Map(shuffle([...hosts]).map(([name, seen]) => [name, { ...seen, files: new Map(shuffle([...seen.files])) }]));
      expect(JSON.stringify(plan(shuffle(nodes), reordered))).toBe(JSON.stringify(plan(nodes, hosts)));
    }
  });

  test('planning changes nothing that it was given', () => {
    for (const seed of seeds.slice(0, 20)) {
      const hosts = hostsOf(seed);
      const before = structuredClone(hosts);
      plan(nodes, hosts);
      expect(hosts).toEqual(before);
    }
  });

  test('a plan is JSON: nothing is lost on paper', () => {
    for (const seed of seeds.slice(0, 20)) {
      const steps = plan(nodes, hostsOf(seed));
      expect(JSON.parse(JSON.stringify(steps))).toEqual(steps);
    }
  });
});
