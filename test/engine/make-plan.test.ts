import { describe, expect, test } from 'vitest';
import { sha256Of } from '../../src/engine/kinds/file.ts';
import { probesOfNodes } from '../../src/engine/make-plan.ts';
import type { Observations } from '../../src/engine/observation.ts';
import type { Phase, PhaseId } from '../../src/engine/phase.ts';
import type { Resource } from '../../src/engine/resource.ts';
import { ConfigurationError } from '../../src/errors.ts';
import { fileSeen } from './support/context.ts';
import { drawSteps, every, planToys, same, toyDesired, toyFile, toyPhase, toyWorkflow } from './support/toys.ts';

/** A host on which these phases have nothing to do. */
const done = (...ids: readonly PhaseId[]): Partial<Observations> => ({ files: new Map(ids.map((id) => [`/${id}`, fileSeen(`/${id}`)])) });
const everywhere = (seen: Partial<Observations>, nodes: readonly string[] = ['a', 'b', 'c']) =>
  Object.fromEntries(nodes.map((node) => [node, seen]));

describe('order', () => {
  test('a phase alone: one step a node, side by side, by name', () => {
    expect(drawSteps(planToys({ phases: [toyPhase('x/1')], nodes: ['c', 'a', 'b'] }))).toEqual(
      ['x/1@a', 'x/1@b', 'x/1@c'].map((id) => `${id} <-`),
    );
  });

  test('what a step is', () => {
    const gate = [{ title: 'answers', deadlineMs: 1, test: { kind: 'unit-active', unit: 'u' } }] as const;
    expect(planToys({ phases: [toyPhase('x/1', { gate: () => gate })], nodes: ['a'] })).toEqual([
      {
        id: 'x/1@a',
        phase: 'x/1',
        node: 'a',
        title: 'Do x/1',
        after: [],
        actions: [{ ...toyFile('/x/1'), expected: 'absent', why: 'missing' }],
        gate,
      },
    ]);
  });

  test('same: on the same node', () => {
    expect(drawSteps(planToys({ phases: [toyPhase('x/1'), toyPhase('x/2', { after: [same('x/1')] })], nodes: ['a', 'b'] }))).toEqual([
      'x/1@a <-',
      'x/1@b <-',
      'x/2@a <- x/1@a',
      'x/2@b <- x/1@b',
    ]);
  });

  test('every: on every node', () => {
    expect(
      drawSteps(planToys({ phases: [toyPhase('x/1'), toyPhase('x/2', { after: [every('x/1')] })], nodes: ['a', 'b'] })).slice(2),
    ).toEqual(['x/2@a <- x/1@a x/1@b', 'x/2@b <- x/1@a x/1@b']);
  });

  test('same on a node that the other phase does not target waits for nothing', () => {
    const onlyA = toyPhase('x/1', { targets: (cluster) => cluster.nodes.filter((node) => node.name === 'a') });
    expect(drawSteps(planToys({ phases: [onlyA, toyPhase('x/2', { after: [same('x/1')] })], nodes: ['a', 'b'] }))).toEqual([
      'x/1@a <-',
      'x/2@a <- x/1@a',
      'x/2@b <-',
    ]);
  });

  test('every counts only nodes that have something to do', () => {
    const steps = planToys({ phases: [toyPhase('x/1'), toyPhase('x/2', { after: [every('x/1')] })], seen: { b: done('x/1') } });
    expect(drawSteps(steps).at(-1)).toBe('x/2@c <- x/1@a x/1@c');
  });

  test('phases that have nothing to do pass on what they would have waited for', () => {
    const phases = [
      toyPhase('x/1'),
      toyPhase('x/2', { after: [every('x/1')] }),
      toyPhase('x/3', { after: [same('x/2')] }),
      toyPhase('x/4', { after: [same('x/3')] }),
    ];
    const steps = planToys({ phases, nodes: ['a', 'b'], seen: everywhere(done('x/2', 'x/3'), ['a', 'b']) });
    expect(drawSteps(steps)).toEqual(['x/1@a <-', 'x/1@b <-', 'x/4@a <- x/1@a x/1@b', 'x/4@b <- x/1@a x/1@b']);
  });

  test('the same step is waited for once, whichever way leads to it', () => {
    const phases = [
      toyPhase('x/1'),
      toyPhase('x/2', { after: [same('x/1')] }),
      toyPhase('x/3', { after: [same('x/1'), same('x/2'), every('x/1')] }),
    ];
    expect(drawSteps(planToys({ phases, nodes: ['a'], seen: { a: done('x/2') } }))).toEqual(['x/1@a <-', 'x/3@a <- x/1@a']);
  });

  test.each([
    ['unknown', [toyPhase('x/2', { after: [same('x/1')] })]],
    ['itself', [toyPhase('x/1', { after: [same('x/1')] }), toyPhase('x/2', { after: [same('x/1')] })]],
    ['later in the workflow', [toyPhase('x/2', { after: [every('x/1')] }), toyPhase('x/1')]],
  ] as const)('refused: a phase after one that is %s', (_, phases) => {
    expect(() => planToys({ phases })).toThrow(ConfigurationError);
  });

  test('long chains of idle phases over many nodes are planned at once', () => {
    const nodes = Array.from({ length: 60 }, (_, index) => `n${String(index).padStart(2, '0')}`);
    const ids = Array.from({ length: 8 }, (_, index): PhaseId => `x/${index}`);
    const phases = ids.map((id, index) => toyPhase(id, { after: index === 0 ? [] : [every(ids[index - 1] as PhaseId)] }));
    const steps = planToys({ phases, nodes, seen: everywhere(done(...ids.slice(1, -1)), nodes) });
    expect(steps).toHaveLength(120);
    expect(steps.at(-1)?.after).toEqual(nodes.map((node) => `x/0@${node}`));
  });

  test('every dependency stands before its step', () => {
    const phases = [
      toyPhase('x/1', { rollout: 'serial' }),
      toyPhase('x/2', { after: [every('x/1')], rollout: { maxUnavailable: 2 } }),
      toyPhase('x/3', { after: [same('x/2')] }),
    ];
    const before = new Set<string>();
    for (const { id, after } of planToys({ phases, nodes: ['d', 'b', 'a', 'c'] })) {
      for (const dependency of after) expect(before).toContain(dependency);
      before.add(id);
    }
    expect(before.size).toBe(12);
  });
});

describe('rollout', () => {
  const nodes = ['a', 'b', 'c', 'd', 'e'];
  const draw = (rollout: Phase['rollout'], seen = {}) => drawSteps(planToys({ phases: [toyPhase('x/1', { rollout })], nodes, seen }));

  test('serial: one after the other', () => {
    expect(draw('serial')).toEqual(['x/1@a <-', 'x/1@b <- x/1@a', 'x/1@c <- x/1@b', 'x/1@d <- x/1@c', 'x/1@e <- x/1@d']);
  });

  test('serial: nodes that have nothing to do are stepped over', () => {
    expect(draw('serial', { b: done('x/1'), c: done('x/1') })).toEqual(['x/1@a <-', 'x/1@d <- x/1@a', 'x/1@e <- x/1@d']);
  });

  test('founding: side by side in a new cluster; in one that exists what only starts, then restarts one after the other', () => {
    const restart = (node: string): readonly Resource[] => [
      toyFile('/etc/toy.conf', node === 'b' ? 'new' : '/etc/toy.conf'),
      { kind: 'unit', unit: 'toy.service', inputs: ['/etc/toy.conf'] },
    ];
    const seen = (): Partial<Observations> => ({
      units: new Map([
        [
          'toy.service',
          { load: 'loaded', active: 'active', sub: 'running', enabled: 'enabled', needsReload: false, restarts: 0, result: '' },
        ],
      ]),
    });
    const plan = (etcdExists: boolean) =>
      drawSteps(
        planToys({
          phases: [toyPhase('x/1', { rollout: 'founding', wants: restart })],
          nodes: ['a', 'b', 'c'],
          seen: { a: seen(), b: {}, c: seen() },
          etcdExists,
        }),
      );
    expect(plan(false)).toEqual(['x/1@a <-', 'x/1@b <-', 'x/1@c <-']);
    expect(plan(true)).toEqual(['x/1@b <-', 'x/1@a <- x/1@b', 'x/1@c <- x/1@b x/1@a']);
  });

  test('a turn takes a node through all of its phases before the next one', () => {
    const turn = { turn: 'node', rollout: 'serial' } as const;
    const phases = [
      toyPhase('x/0'),
      toyPhase('x/1', turn),
      toyPhase('x/2', { ...turn, after: [same('x/1'), same('x/0')] }),
      toyPhase('x/3'),
    ];
    expect(drawSteps(planToys({ phases, nodes: ['a', 'b'] }))).toEqual([
      'x/0@a <-',
      'x/0@b <-',
      'x/1@a <-',
      'x/2@a <- x/1@a x/0@a',
      'x/1@b <- x/1@a x/2@a',
      'x/2@b <- x/1@b x/0@b x/1@a x/2@a',
      'x/3@a <-',
      'x/3@b <-',
    ]);
    expect(planToys({ phases, nodes: ['a', 'b'] }).map(({ line }) => line)).toEqual([
      undefined,
      undefined,
      'node',
      'node',
      'node',
      'node',
      undefined,
      undefined,
    ]);
  });

  test('own: the step of the node itself, where it has one; else all of them', () => {
    const phases = [
      toyPhase('x/1', { targets: ({ nodes: all }) => all.filter(({ name }) => name !== 'c') }),
      toyPhase('x/2', { after: [{ phase: 'x/1', on: 'own' }] }),
    ];
    expect(drawSteps(planToys({ phases })).slice(2)).toEqual(['x/2@a <- x/1@a', 'x/2@b <- x/1@b', 'x/2@c <- x/1@a x/1@b']);
  });

  test('own: what takes something down waits for all', () => {
    const phases = [toyPhase('x/1'), toyPhase('x/2', { rollout: 'serial', after: [{ phase: 'x/1', on: 'own' }] })];
    expect(drawSteps(planToys({ phases, nodes: ['a', 'b'] })).slice(2)).toEqual(['x/2@a <- x/1@a x/1@b', 'x/2@b <- x/1@a x/1@b x/2@a']);
  });

  test('at most two at a time', () => {
    expect(draw({ maxUnavailable: 2 })).toEqual(['x/1@a <-', 'x/1@b <-', 'x/1@c <- x/1@a', 'x/1@d <- x/1@b', 'x/1@e <- x/1@c']);
  });

  test.each([1, 2, 3, 5, 9])('never more than %d run, in whatever order steps end', (maxUnavailable) => {
    const steps = planToys({ phases: [toyPhase('x/1', { rollout: { maxUnavailable } })], nodes });
    for (const last of [false, true]) {
      const ended = new Set<string>();
      while (ended.size < steps.length) {
        const running = steps.filter(({ id, after }) => !ended.has(id) && after.every((dependency) => ended.has(dependency)));
        expect(running.length).toBeLessThanOrEqual(maxUnavailable);
        ended.add(running.at(last ? -1 : 0)?.id ?? 'none could run');
      }
    }
  });

  test('a serial phase still waits for what it comes after', () => {
    const phases = [toyPhase('x/1'), toyPhase('x/2', { rollout: 'serial', after: [same('x/1')] })];
    expect(drawSteps(planToys({ phases, nodes: ['a', 'b'] })).slice(2)).toEqual(['x/2@a <- x/1@a', 'x/2@b <- x/1@b x/2@a']);
  });
});

describe('rollout one', () => {
  const phases = [toyPhase('x/1', { rollout: 'one' })];
  const chosen = (nodes: readonly string[], seen = {}) => planToys({ phases, nodes, seen }).map(({ node }) => node);
  const healthy = { kubeNodes: new Map() };

  test.each([
    ['none healthy: the first by name', ['c', 'a', 'b'], {}, ['a']],
    ['the healthy one', ['a', 'b', 'c'], { b: healthy }, ['b']],
    ['of healthy ones the first by name', ['c', 'b', 'a'], { b: healthy, c: healthy }, ['b']],
    ['not one that is not connected', ['a', 'b'], { a: undefined }, ['b']],
    ['none connected: no step', ['a'], { a: undefined }, []],
  ])('%s', (_, nodes, seen, wanted) => {
    expect(chosen(nodes, seen)).toEqual(wanted);
  });

  test('nothing to do on the chosen one is nothing to do', () => {
    expect(chosen(['a', 'b'], { b: { ...healthy, ...done('x/1') } })).toEqual([]);
  });

  test('what comes after every waits for the chosen one only', () => {
    const steps = planToys({ phases: [...phases, toyPhase('x/2', { after: [every('x/1')] })], nodes: ['a', 'b'], seen: { b: healthy } });
    expect(drawSteps(steps)).toEqual(['x/1@b <-', 'x/2@a <- x/1@b', 'x/2@b <- x/1@b']);
  });
});

describe('hosts', () => {
  test('one that is not connected has no step and is waited for by none', () => {
    const steps = planToys({ phases: [toyPhase('x/1'), toyPhase('x/2', { after: [every('x/1')] })], seen: { b: undefined } });
    expect(drawSteps(steps)).toEqual(['x/1@a <-', 'x/1@c <-', 'x/2@a <- x/1@a x/1@c', 'x/2@c <- x/1@a x/1@c']);
  });

  test('what one host has changed is not changed on another', () => {
    const unit = { kind: 'unit', unit: 'u.service', inputs: ['/x/1'] } as const;
    const running = {
      units: new Map([
        [
          'u.service',
          { load: 'loaded', active: 'active', sub: 'running', enabled: 'enabled', needsReload: false, restarts: 0, result: 'success' },
        ],
      ]),
    };
    const contents = new Map([['/var/lib/kcluster/units/u.service', `${sha256Of('/x/1')}  /x/1\n`]]);
    const phases = [toyPhase('x/1'), toyPhase('x/2', { wants: () => [unit] })];
    const steps = planToys({
      phases,
      nodes: ['a', 'b'],
      seen: { a: { ...running, contents }, b: { ...running, contents, ...done('x/1') } },
    });
    expect(steps.map(({ id }) => id)).toEqual(['x/1@a', 'x/2@a']);
    expect(steps[1]?.actions).toMatchObject([{ op: 'restart', why: '/x/1 changes' }]);
  });

  test('a later phase that writes the same path expects what the earlier one wrote', () => {
    const phases = [toyPhase('x/1', { wants: () => [toyFile('/f', 'one')] }), toyPhase('x/2', { wants: () => [toyFile('/f', 'two')] })];
    expect(planToys({ phases, nodes: ['a'] }).map(({ actions }) => actions)).toMatchObject([
      [{ expected: 'absent' }],
      [{ expected: { sha256: sha256Of('one') } }],
    ]);
  });
});

describe('waiting', () => {
  const url = 'http://127.0.0.1:1/healthz';
  const gate = () => [{ title: 'toy answers', deadlineMs: 1, test: { kind: 'http', url } }] as const;
  const plan = (status: number | undefined, seen: Partial<Observations> = done('x/1')) =>
    planToys({
      phases: [toyPhase('x/1', { gate })],
      nodes: ['a'],
      seen: { a: { ...seen, health: new Map(status === undefined ? [] : [[url, { status }]]) } },
    });

  test.each([
    ['healthy', 200],
    ['not asked', undefined],
  ])('nothing to change and %s: no step', (_, status) => {
    expect(plan(status)).toEqual([]);
  });

  test.each([0, 404, 500])('nothing to change but it answers %d: a step that only waits', (status) => {
    expect(plan(status)).toMatchObject([{ id: 'x/1@a', actions: [], gate: gate() }]);
  });

  test('a change is waited for even where it was healthy before', () => {
    expect(plan(200, {})).toMatchObject([{ gate: gate() }]);
  });

  test('what comes after waits for a step that only waits', () => {
    const phases = [toyPhase('x/1', { gate }), toyPhase('x/2', { after: [same('x/1')] })];
    const seen = { a: { ...done('x/1'), health: new Map([[url, { status: 500 }]]) } };
    expect(drawSteps(planToys({ phases, nodes: ['a'], seen }))).toEqual(['x/1@a <-', 'x/2@a <- x/1@a']);
  });
});

describe('actions that no resource asks for', () => {
  const cordon = { kind: 'kube-cordon', node: 'x', on: true } as const;

  test('come after what resources need, and see what the host will look like then', () => {
    const seenThere: boolean[] = [];
    const phase = toyPhase('toy/act', {
      actions: (_desired, _node, { files }) => {
        seenThere.push(files.has('/toy/act'));
        return [cordon];
      },
    });
    const [step] = planToys({ phases: [phase], nodes: ['a'] });
    expect([step?.actions.map(({ kind }) => kind), seenThere]).toEqual([['file', 'kube-cordon'], [true]]);
  });

  test('none and no resources: no step; some are enough for one', () => {
    const phase = toyPhase('toy/act', { wants: () => [], actions: (_desired, { name }) => (name === 'b' ? [cordon] : []) });
    expect(planToys({ phases: [phase] }).map(({ id, actions }) => [id, actions])).toEqual([['toy/act@b', [cordon]]]);
  });

  test('later phases build on them', () => {
    const remove = { kind: 'remove', path: '/toy/second', expected: 'absent', why: '' } as const;
    const phases = [
      toyPhase('toy/first', { wants: () => [], actions: () => [remove] }),
      toyPhase('toy/second', { after: [same('toy/first')] }),
    ];
    const [, second] = planToys({ phases, nodes: ['a'] });
    expect(second?.actions).toMatchObject([{ kind: 'file', expected: 'absent' }]);
  });
});

test('a node is asked what its phases want to know, and for the health of its components', () => {
  const onlyA = toyPhase('x/1', { targets: (cluster) => cluster.nodes.filter((node) => node.name === 'a') });
  const health = [
    { component: 'c', url: 'https://x/healthz', caFile: '/ca.crt' },
    { component: 'd', url: 'http://y/' },
  ];
  const desired = toyDesired(['b', 'a'], () => [{ component: 'c', install: [], run: [], health, ports: [] }]);
  const [b, a] = desired.cluster.nodes.map((node) =>
    probesOfNodes(toyWorkflow([onlyA, toyPhase('x/2', { rollout: 'one' })]), desired)(node),
  );
  const asked = [
    { kind: 'health', url: 'https://x/healthz', caFile: '/ca.crt' },
    { kind: 'health', url: 'http://y/' },
  ];
  expect(a).toEqual([{ kind: 'file', path: '/x/1' }, { kind: 'file', path: '/x/2' }, ...asked]);
  expect(b).toEqual([{ kind: 'file', path: '/x/2' }, ...asked]);
});
