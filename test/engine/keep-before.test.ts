import { describe, expect, test } from 'vitest';
import { parseVersion } from '../../src/cluster/version.ts';
import type { Action } from '../../src/engine/action.ts';
import { keepBefore, keepOn, keptProbes, type Reversible, unfinishedUnits } from '../../src/engine/keep-before.ts';

const link: Action = { kind: 'link', path: '/opt/kcluster/bin/kubelet', target: '/new', expected: { target: '/old' } };
const file: Action = {
  kind: 'file',
  path: '/etc/systemd/system/kubelet.service',
  content: { text: '' },
  mode: 0o600,
  owner: 'root',
  group: 'root',
  expected: 'absent',
  why: '',
};
const restart: Action = { kind: 'unit', unit: 'kubelet.service', op: 'restart', inputs: [], why: '' };

test('what a restart follows is kept, with the note of what the process was started with', () => {
  const [keep, ...rest] = keepBefore('kubelet-run-w1', [link, file, restart]);
  expect(keep).toEqual({
    kind: 'keep',
    name: 'kubelet-run-w1',
    paths: ['/etc/systemd/system/kubelet.service', '/opt/kcluster/bin/kubelet', '/var/lib/kcluster/units/kubelet.service'],
    units: ['kubelet.service'],
  });
  expect(rest).toEqual([link, file, restart]);
});

test.each<[string, readonly Action[]]>([
  ['nothing', []],
  ['files that nobody is started anew for', [link, file]],
  ['a first start', [file, { ...restart, op: 'start' }]],
  ['a reload', [file, { ...restart, op: 'reload' }]],
])('%s: nothing is kept', (_, actions) => {
  expect(keepBefore('x', actions)).toEqual(actions);
});

describe('a step whose earlier try was cut off once its unit was started', () => {
  const name = 'kubelet-run-w1';
  const url = 'http://127.0.0.1:10248/healthz';
  const gate = [{ title: 'kubelet answers', deadlineMs: 1, test: { kind: 'http', url, unit: 'kubelet.service' } }] as const;
  const resources = [{ kind: 'unit', unit: 'kubelet.service', inputs: [] }] as const;
  const stamp = '/var/lib/kcluster/units/kubelet.service';
  const note = `/var/lib/kcluster/kept/${name}/started/kubelet.service`;
  const seen = (contents: Readonly<Record<string, string>>, status = 0) => ({
    contents: new Map(Object.entries(contents)),
    health: new Map([[url, { status }]]),
  });
  const ours = { [stamp]: 'new\n', [note]: 'new\n' };
  const plan = (actions: readonly Action[], of: ReturnType<typeof seen>): readonly Action[] =>
    keepOn({ name, actions, resources, gate } satisfies Reversible, of);
  const unfinished: Action = { kind: 'keep', name, paths: [], units: ['kubelet.service'], unfinished: true };

  test.each<readonly [string, readonly Action[], number]>([
    ['that is not well', [], 0],
    ['that is well: what was kept is forgotten', [], 200],
    ['that has failed since, and is started again', [{ ...restart, op: 'start' }], 0],
    ['that is not well, and is to be started anew with something else', [file, restart], 0],
  ])('goes on with what that one kept, for a unit %s', (_, actions, status) => {
    expect(plan(actions, seen(ours, status))).toEqual([unfinished, ...actions]);
    expect(unfinishedUnits(seen(ours, status))).toEqual(new Set(['kubelet.service']));
  });

  test('keeps anew what is well, where it is to be started anew', () => {
    expect(plan([file, restart], seen(ours, 200))).toEqual(keepBefore(name, [file, restart]));
  });

  test.each([
    ['nothing was kept', { [stamp]: 'new\n' }],
    ['somebody has started the unit since', { ...ours, [stamp]: 'newer\n' }],
    ['another step has', { [stamp]: 'new\n', [note.replace('-w1', '-w2')]: 'old\n' }],
  ])('is a step like any other where %s', (_, contents) => {
    expect(plan([], seen(contents))).toEqual([]);
    expect(plan([file, restart], seen(contents))).toEqual(keepBefore(name, [file, restart]));
    expect(unfinishedUnits(seen(contents))).toEqual(new Set());
  });

  test('is looked for only where steps are taken back', () => {
    const cluster = { kubernetesVersion: parseVersion('1.37.1') };
    const phase = { id: 'kubelet/run-w1', reversible: true };
    const probes = keptProbes(phase as never, { cluster } as never, resources);
    expect(probes).toEqual([{ kind: 'content', path: note.replace(name, `${name}-1.37.1`) }]);
    expect(keptProbes({ id: 'kubelet/run' } as never, { cluster } as never, resources)).toEqual([]);
  });
});
