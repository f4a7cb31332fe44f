import { describe, expect, test } from 'vitest';
import type { Action } from '../../../src/engine/action.ts';
import { sha256Of } from '../../../src/engine/kinds/file.ts';
import { planResource, probesOf } from '../../../src/engine/kinds/kinds.ts';
import type { FileSeen } from '../../../src/engine/observation.ts';
import type { FileResource, Resource } from '../../../src/engine/resource.ts';
import { RefusedError } from '../../../src/errors.ts';
import { contextSeeing, contextWith, deviceSeen, directorySeen, fileSeen, linkSeen, seenWith } from '../support/context.ts';

const path = '/etc/toy.conf';
const root = { owner: 'root', group: 'root' };
const file: FileResource = { kind: 'file', path, content: { text: 'wanted' }, mode: 0o644, ...root };
const secret: FileResource = { ...file, content: { secret: 'ca.key' }, mode: 0o600 };
const renewed: FileResource = { ...secret, content: { secret: 'given-etcd-client.key' }, replaceable: true };
const directory: Resource = { kind: 'directory', path, mode: 0o755, ...root };
const link: Resource = { kind: 'link', path, target: '/opt/2' };

const write: Action = { ...file, expected: 'absent', why: 'missing' } as Action;

const cases: readonly (readonly [string, Resource, FileSeen | undefined, readonly Action[]])[] = [
  ['file: nothing there', file, undefined, [write]],
  ['file: as wanted', file, fileSeen('wanted'), []],
  ['file: other content', file, fileSeen('old'), [{ ...write, expected: { sha256: sha256Of('old') }, why: 'differs' } as Action]],
  ['file: a link', file, linkSeen('/a'), [{ ...write, expected: { target: '/a' }, why: 'differs' } as Action]],
  [
    'file: a link to the wanted text is still a link',
    file,
    { ...linkSeen('/a'), sizeBytes: 6 },
    [{ ...write, expected: { target: '/a' }, why: 'differs' } as Action],
  ],
  [
    'file: other mode',
    file,
    fileSeen('wanted', { mode: 0o600 }),
    [{ kind: 'attributes', path, mode: 0o644, ...root, why: 'is 600 root:root' }],
  ],
  [
    'file: set-id bit',
    file,
    fileSeen('wanted', { mode: 0o4644 }),
    [{ kind: 'attributes', path, mode: 0o644, ...root, why: 'is 4644 root:root' }],
  ],
  [
    'file: other owner',
    file,
    fileSeen('wanted', { owner: 'etcd' }),
    [{ kind: 'attributes', path, mode: 0o644, ...root, why: 'is 644 etcd:root' }],
  ],
  [
    'file: other group',
    file,
    fileSeen('wanted', { group: 'etcd' }),
    [{ kind: 'attributes', path, mode: 0o644, ...root, why: 'is 644 root:etcd' }],
  ],
  [
    'file: content and mode: one write does both',
    file,
    fileSeen('old', { mode: 0 }),
    [{ ...write, expected: { sha256: sha256Of('old') }, why: 'differs' } as Action],
  ],
  ['directory: nothing there', directory, undefined, [{ kind: 'directory', path, mode: 0o755, ...root }]],
  ['directory: as wanted', directory, directorySeen(), []],
  [
    'directory: other mode',
    directory,
    directorySeen({ mode: 0o2755 }),
    [{ kind: 'attributes', path, mode: 0o755, ...root, why: 'is 2755 root:root' }],
  ],
  ['link: nothing there', link, undefined, [{ kind: 'link', path, target: '/opt/2', expected: 'absent' }]],
  ['link: as wanted', link, linkSeen('/opt/2'), []],
  ['link: points elsewhere', link, linkSeen('/opt/1'), [{ kind: 'link', path, target: '/opt/2', expected: { target: '/opt/1' } }]],
];

test.each(cases)('%s', (_, resource, seen, actions) => {
  expect(planResource(resource, contextSeeing({ files: new Map(seen === undefined ? [] : [[path, seen]]) }))).toEqual(actions);
});

test.each([
  ['a directory where a file belongs', file, directorySeen()],
  ['a device where a file belongs', file, deviceSeen],
  ['a directory where a secret belongs', secret, directorySeen()],
  ['a file where a directory belongs', directory, fileSeen('x')],
  ['a link where a directory belongs', directory, linkSeen('/data')],
  ['a file where a link belongs', link, fileSeen('x')],
  ['a directory where a link belongs', link, directorySeen()],
] as const)('refused: %s', (what, resource, seen) => {
  const plan = (): unknown => planResource(resource, contextSeeing({ files: new Map([[path, seen]]) }));
  expect(plan).toThrow(RefusedError);
  expect(plan).toThrow(`n1: ${path} is a ${what.split(' ')[1]?.replace('device', 'other')}`);
});

describe('secrets', () => {
  const secrets = new Map([['ca.key', sha256Of('mine')]] as const);
  const plan = (seen: FileSeen | undefined, known = true) =>
    planResource(
      secret,
      contextWith({ secrets: known ? secrets : new Map(), seen: seenWith({ files: new Map(seen === undefined ? [] : [[path, seen]]) }) }),
    );

  test('missing: written, whether the secret exists or is still to be made', () => {
    const expected = [{ ...secret, expected: 'absent', why: 'missing' }];
    expect(plan(undefined)).toEqual(expected);
    expect(plan(undefined, false)).toEqual(expected);
  });

  test('as wanted; and only its attributes', () => {
    expect(plan(fileSeen('mine', { mode: 0o600 }))).toEqual([]);
    expect(plan(fileSeen('mine', { mode: 0o644 }))).toEqual([{ kind: 'attributes', path, mode: 0o600, ...root, why: 'is 644 root:root' }]);
  });

  test.each([
    ['another value', fileSeen('theirs'), true],
    ['a value where the cache has none', fileSeen('theirs'), false],
    ['a link, whose value nobody has compared', linkSeen('/vault/ca.key'), true],
    ['a link where the cache has none', linkSeen('/vault/ca.key'), false],
  ])('never overwritten: %s', (_, seen, known) => {
    expect(() => plan(seen, known)).toThrow(RefusedError);
    expect(() => plan(seen, known)).toThrow("this cluster's ca.key; it is never overwritten");
  });

  test('an earlier phase of the same plan writes it: once is enough', () => {
    expect(planResource(secret, contextWith({ changed: new Set([path]) }))).toEqual([]);
  });
});

test('each of them looks at its path', () => {
  for (const resource of [file, secret, directory, link]) expect(probesOf(resource)).toEqual([{ kind: 'file', path }]);
});

describe('a secret that its giver renews', () => {
  const context = (seen: FileSeen | undefined) => ({
    ...contextSeeing({ files: new Map(seen === undefined ? [] : [[path, seen]]) }),
    secrets: new Map([['given-etcd-client.key', sha256Of('new')]] as const),
  });
  const action = { kind: 'file', path, content: renewed.content, mode: 0o600, ...root };

  test.each([
    ['is written', undefined, [{ ...action, expected: 'absent', why: 'missing' }]],
    ['replaces another value', fileSeen('old', { mode: 0o600 }), [{ ...action, expected: { sha256: sha256Of('old') }, why: 'differs' }]],
    ['is left alone while it is the same', fileSeen('new', { mode: 0o600 }), []],
  ])('%s', (_, seen, actions) => {
    expect(planResource(renewed, context(seen))).toEqual(actions);
  });

  test('where any other is refused', () => {
    const { replaceable: _, ...kept } = renewed;
    expect(() => planResource(kept, context(fileSeen('old')))).toThrow(RefusedError);
  });

  test('never replaces a directory', () => {
    expect(() => planResource(renewed, context(directorySeen()))).toThrow(RefusedError);
  });
});
