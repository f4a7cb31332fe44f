import { describe, expect, test } from 'vitest';
import { unitStampPath } from '../../../src/engine/host-paths.ts';
import { sha256Of } from '../../../src/engine/kinds/file.ts';
import { planResource, probesOf } from '../../../src/engine/kinds/kinds.ts';
import { stampOf } from '../../../src/engine/kinds/unit.ts';
import type { UnitSeen } from '../../../src/engine/observation.ts';
import type { UnitResource } from '../../../src/engine/resource.ts';
import { contextWith, deviceSeen, directorySeen, fileSeen, linkSeen, seenWith } from '../support/context.ts';

const unit = 'toy.service';
const unitFile = `/etc/systemd/system/${unit}`;
const inputs = [unitFile, '/opt/bin/toy', '/etc/toy.conf'];
const resource: UnitResource = { kind: 'unit', unit, inputs };
const files = new Map([
  [unitFile, fileSeen('[Unit]\n')],
  ['/opt/bin/toy', linkSeen('/opt/toy/1/toy')],
  ['/etc/toy.conf', fileSeen('a: 1\n')],
]);
const stamp = stampOf(inputs, seenWith({ files }));
const running: UnitSeen = {
  load: 'loaded',
  active: 'active',
  sub: 'running',
  enabled: 'enabled',
  needsReload: false,
  restarts: 0,
  result: 'success',
};

interface Seen {
  readonly unit?: Partial<UnitSeen> | null;
  readonly stamp?: string | null;
  readonly changed?: readonly string[];
}

function plan({ unit: more = {}, stamp: text = stamp, changed = [] }: Seen, wanted: UnitResource = resource) {
  const units = new Map(more === null ? [] : [[unit, { ...running, ...more }]]);
  const contents = new Map(text === null ? [] : [[unitStampPath(unit), text]]);
  return planResource(wanted, contextWith({ seen: seenWith({ files, units, contents }), changed: new Set(changed) }));
}

const enable = { kind: 'unit', unit, op: 'enable', inputs: [], why: 'starts at boot' };
const start = (why: string) => ({ kind: 'unit', unit, op: 'start', inputs, why });
const restart = (why: string) => ({ kind: 'unit', unit, op: 'restart', inputs, why });
const reload = { kind: 'daemon-reload' };

const cases: readonly (readonly [string, Seen, readonly object[]])[] = [
  ['running with what is there', {}, []],
  ['unknown to systemd', { unit: null }, [enable, start('new')]],
  ['not found', { unit: { load: 'not-found', active: 'inactive', enabled: '' }, stamp: null }, [enable, start('new')]],
  ['stopped', { unit: { active: 'inactive' } }, [start('was inactive')]],
  ['failed', { unit: { active: 'failed' } }, [start('was failed')]],
  ['stopping', { unit: { active: 'deactivating' } }, [start('was deactivating')]],
  ['about to start', { unit: { active: 'activating' } }, []],
  ['reading its configuration again', { unit: { active: 'reloading' } }, []],
  ['about to start, with old inputs', { unit: { active: 'activating' }, changed: ['/etc/toy.conf'] }, [restart('/etc/toy.conf changes')]],
  ['disabled: systemd must look again', { unit: { enabled: 'disabled' } }, [enable, { kind: 'daemon-reload' }]],
  ['a changed input', { changed: ['/etc/toy.conf'] }, [restart('/etc/toy.conf changes')]],
  ['a changed file that is no input', { changed: ['/etc/other.conf'] }, []],
  ['stopped and changed: one start does both', { unit: { active: 'inactive' }, changed: ['/etc/toy.conf'] }, [start('was inactive')]],
  ['never stamped', { stamp: null }, [restart('not known what it was started with')]],
  ['an empty stamp', { stamp: '' }, [restart(`started before ${unitFile} changed`)]],
  [
    'started before an input changed',
    { stamp: stamp.replace(sha256Of('a: 1\n'), sha256Of('a: 0\n')) },
    [restart('started before /etc/toy.conf changed')],
  ],
  ['started with another release', { stamp: stamp.replace('/opt/toy/1', '/opt/toy/0') }, [restart('started before /opt/bin/toy changed')]],
  ['started with one input less', { stamp: stamp.split('\n').slice(1).join('\n') }, [restart(`started before ${unitFile} changed`)]],
  ['started with one input more', { stamp: `${stamp}absent  /etc/more.conf\n` }, [restart('started before an input changed')]],
  ['systemd knows an older unit file', { unit: { needsReload: true } }, [reload]],
  [
    'an older unit file, and the process too',
    { unit: { needsReload: true }, stamp: null },
    [reload, restart('not known what it was started with')],
  ],
  [
    'the unit file is written in this run: its phase reloads',
    { unit: { needsReload: true }, changed: [unitFile] },
    [restart(`${unitFile} changes`)],
  ],
];

test.each(cases)('%s', (_, seen, actions) => {
  expect(plan(seen)).toEqual(actions);
});

const older = (from: string, to: string) => stamp.replace(from, to);
const oldConfiguration = older(sha256Of('a: 1\n'), sha256Of('a: 0\n'));

describe('a unit that reads /etc/toy.conf again on a reload', () => {
  const reloading: UnitResource = { ...resource, reloads: ['/etc/toy.conf'] };
  const op = (name: 'reload' | 'restart' | 'start', why: string) => ({ kind: 'unit', unit, op: name, inputs, why });

  test.each<readonly [string, Seen, readonly object[]]>([
    ['nothing changed', {}, []],
    ['that file changes', { changed: ['/etc/toy.conf'] }, [op('reload', '/etc/toy.conf changes')]],
    ['another input changes', { changed: ['/opt/bin/toy'] }, [op('restart', '/opt/bin/toy changes')]],
    ['both change', { changed: ['/etc/toy.conf', '/opt/bin/toy'] }, [op('restart', '/opt/bin/toy changes')]],
    ['started before that file changed', { stamp: oldConfiguration }, [op('reload', 'started before /etc/toy.conf changed')]],
    [
      'started before another input changed, which nobody noticed, and now that file changes',
      { stamp: older('/opt/toy/1', '/opt/toy/0'), changed: ['/etc/toy.conf'] },
      [op('restart', '/etc/toy.conf changes')],
    ],
    [
      'started before both changed',
      { stamp: oldConfiguration.replace('/opt/toy/1', '/opt/toy/0') },
      [op('restart', 'started before /etc/toy.conf changed')],
    ],
    ['started with one input more', { stamp: `${stamp}absent  /etc/more.conf\n` }, [op('restart', 'started before an input changed')]],
    [
      'started with one input more, and that file changes',
      { stamp: `${stamp}absent  /etc/more.conf\n`, changed: ['/etc/toy.conf'] },
      [op('restart', '/etc/toy.conf changes')],
    ],
    ['never stamped, and that file changes', { stamp: null, changed: ['/etc/toy.conf'] }, [op('restart', '/etc/toy.conf changes')]],
    ['stopped, and that file changes', { unit: { active: 'inactive' }, changed: ['/etc/toy.conf'] }, [op('start', 'was inactive')]],
    [
      'about to start with the old file',
      { unit: { active: 'activating' }, stamp: oldConfiguration },
      [op('restart', 'started before /etc/toy.conf changed')],
    ],
  ])('%s', (_, seen, actions) => {
    expect(plan(seen, reloading)).toEqual(actions);
  });
});

test('it looks at the unit, its stamp and its inputs', () => {
  expect(probesOf(resource)).toEqual([
    { kind: 'unit', unit },
    { kind: 'content', path: '/var/lib/kcluster/units/toy.service' },
    ...inputs.map((path) => ({ kind: 'file', path })),
  ]);
});

test('a stamp says what each input is, sorted by path whatever their order', () => {
  const all = new Map([...files, ['/etc/d', directorySeen()] as const, ['/dev/x', deviceSeen] as const]);
  const paths = [...inputs, '/etc/d', '/dev/x', '/etc/none'];
  const text = `other  /dev/x
other  /etc/d
absent  /etc/none
${sha256Of('[Unit]\n')}  ${unitFile}
${sha256Of('a: 1\n')}  /etc/toy.conf
-> /opt/toy/1/toy  /opt/bin/toy
`;
  expect(stampOf(paths, seenWith({ files: all }))).toBe(text);
  expect(stampOf(paths.toReversed(), seenWith({ files: all }))).toBe(text);
});

describe('systemd', () => {
  test.each([
    ['nothing changes', [], []],
    ['a file elsewhere changes', ['/etc/toy.conf'], []],
    ['a unit file changes', ['/etc/toy.conf', unitFile], [reload]],
    ['a drop-in changes', [`${unitFile}.d/10.conf`], [reload]],
  ])('%s', (_, changed, actions) => {
    expect(planResource({ kind: 'systemd' }, contextWith({ changed: new Set(changed) }))).toEqual(actions);
  });

  test('needs no look of its own', () => {
    expect(probesOf({ kind: 'systemd' })).toEqual([]);
  });
});
