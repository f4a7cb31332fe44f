import { chmodSync, existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Action, Expected } from '../../../src/engine/action.ts';
import { movedStatus } from '../../../src/engine/actions/shell-library.ts';
import { sha256Of } from '../../../src/engine/kinds/file.ts';
import { shells } from '../support/run-sh.ts';
import { me, Sandbox } from '../support/sandbox.ts';
import { doneOf, scriptOf } from '../support/step-of.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

type FileAction = Extract<Action, { kind: 'file' }>;
const file = (path: string, text: string, more: Partial<FileAction> = {}): FileAction => ({
  kind: 'file',
  path,
  content: { text },
  mode: 0o640,
  ...me,
  expected: 'absent',
  why: 'missing',
  ...more,
});
const link = (path: string, target: string, expected: Expected = 'absent'): Action => ({ kind: 'link', path, target, expected });
const remove = (path: string, expected: Expected): Action => ({ kind: 'remove', path, expected, why: 'old' });

const texts: readonly (readonly [string, string])[] = [
  ['plain', 'a\nb\n'],
  ['empty', ''],
  ['without a last newline', 'a\nb'],
  ['only newlines', '\n\n\n'],
  ['quotes, dollars and backslashes', `'a' "b" $HOME \${x} $(id) \`id\` \\ \\\\ \\n %s !x\n`],
  ['the end mark of the here-document', 'a\nKCLUSTER_END\nrm -rf /\n'],
  ['an indented end mark', '\tKCLUSTER_END\nb\n'],
  ['a zero byte', 'a\0b\n'],
  ['carriage returns', 'a\r\nb\r\n'],
  ['letters beyond ASCII', 'ü € 𝄞 \u2028 \u00a0\n'],
  ['control characters', '\u0001\u0007\u001b[31m\u007f\n'],
  ['one megabyte', `${'0123456789abcdef\n'.repeat(61_681)}\n`],
  ['one megabyte in one line', 'x'.repeat(1_048_576)],
];

describe.each(shells)('writing files, by $name', (shell) => {
  test.each(texts)('content: %s', async (_, text) => {
    const path = sandbox.path('made/by the way/a.conf');
    const { code, stdout, stderr } = await sandbox.run(scriptOf(file(path, text)), { shell });
    expect({ code, stderr, done: doneOf(stdout) }).toEqual({ code: 0, stderr: '', done: [0] });
    expect(sandbox.read('made/by the way/a.conf')).toBe(text);
    expect(statSync(path).mode & 0o7777).toBe(0o640);
    expect(sandbox.list('made/by the way')).toEqual(['a.conf']);
    expect(statSync(dirname(path)).mode & 0o7777).toBe(0o755);
  });

  test('a secret comes from the material, for its owner only', async () => {
    const path = sandbox.path('ca.key');
    await sandbox.run(scriptOf(file(path, '', { content: { secret: 'ca.key' }, mode: 0o600 })), { shell });
    expect(sandbox.read('ca.key')).toBe('secret of ca.key\n');
    expect(statSync(path).mode & 0o7777).toBe(0o600);
  });

  test('what was observed is replaced, by another file: readers of the old one keep it', async () => {
    const path = sandbox.write('a', 'old', 0o666);
    const before = statSync(path).ino;
    const { code } = await sandbox.run(scriptOf(file(path, 'new\n', { expected: { sha256: sha256Of('old') } })), { shell });
    expect(code).toBe(0);
    expect(sandbox.read('a')).toBe('new\n');
    expect(statSync(path)).toMatchObject({ mode: 0o100640 });
    expect(statSync(path).ino).not.toBe(before);
  });

  test('an observed link is replaced, its target left alone', async () => {
    const target = sandbox.write('target', 'mine');
    const path = sandbox.path('a');
    symlinkSync(target, path);
    expect((await sandbox.run(scriptOf(file(path, 'new\n', { expected: { target } })), { shell })).code).toBe(0);
    expect(lstatSync(path).isFile()).toBe(true);
    expect(sandbox.read('target')).toBe('mine');
  });

  const movedHosts: readonly (readonly [string, Expected, (path: string) => void])[] = [
    ['its content changed', { sha256: sha256Of('old') }, (path) => writeFileSync(path, 'changed')],
    ['it went away', { sha256: sha256Of('old') }, (path) => rmSync(path, { force: true })],
    ['a file appeared', 'absent', (path) => writeFileSync(path, 'x')],
    ['a link appeared', 'absent', (path) => symlinkSync('/etc/passwd', path)],
    ['a dangling link appeared', 'absent', (path) => symlinkSync('no-such', path)],
    ['a directory appeared', 'absent', (path) => mkdirSync(path)],
    [
      'the file became a link to the same text',
      { sha256: sha256Of('old') },
      (path) => {
        writeFileSync(`${path}.t`, 'old');
        symlinkSync(`${path}.t`, path);
      },
    ],
    ['the link points elsewhere', { target: '/a' }, (path) => symlinkSync('/b', path)],
    ['the link became a file', { target: '/a' }, (path) => writeFileSync(path, '/a')],
  ];
  const whatIsThere = (path: string): string => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return 'nothing';
    if (stat.isSymbolicLink()) return `link ${readlinkSync(path)}`;
    return stat.isDirectory() ? 'directory' : `file ${sandbox.read('a')}`;
  };

  test.each(movedHosts)('refused, nothing lost: %s', async (_, expected, move) => {
    const path = sandbox.path('a');
    move(path);
    const before = whatIsThere(path);
    for (const action of [file(path, 'new\n', { expected }), link(path, '/new', expected), remove(path, expected)]) {
      const { code, stdout, stderr } = await sandbox.run(
        scriptOf(file(sandbox.path(`first-${action.kind}`), 'x\n'), action, file(sandbox.path('never'), 'x\n')),
        { shell },
      );
      expect([code, doneOf(stdout)]).toEqual([movedStatus, [0]]);
      expect(stderr).toContain(`${path} is `);
      expect(whatIsThere(path)).toBe(before);
    }
    expect(existsSync(sandbox.path('never'))).toBe(false);
  });

  test.each([
    ['its owner is unknown', () => ({ owner: 'no-such-user' })],
    ['its group is unknown', () => ({ group: 'no-such-group' })],
  ])('fails and leaves no temporary file when %s', async (_, more) => {
    sandbox.directory('d');
    const { code, stdout } = await sandbox.run(scriptOf(file(sandbox.path('d/a'), 'x\n', more())), { shell });
    expect(code).not.toBe(0);
    expect(code).not.toBe(movedStatus);
    expect(doneOf(stdout)).toEqual([]);
    expect(sandbox.list('d')).toEqual([]);
  });

  test.each(['sync', 'chmod', 'mv', 'cat'])('the old file stays whole and no temporary file when %s fails', async (program) => {
    const path = sandbox.write('d/a', 'old');
    sandbox.fake(program, 'exit 5');
    const action = file(path, 'new\n', { expected: { sha256: sha256Of('old') } });
    const { code, stdout } = await sandbox.run(scriptOf(action), { shell });
    expect([code, doneOf(stdout)]).toEqual([5, []]);
    expect(sandbox.list('d')).toEqual(['a']);
    expect(sandbox.read('d/a')).toBe('old');
  });

  test('fails where the directory cannot be made', async () => {
    const blocker = sandbox.write('blocker', 'a file');
    const { code, stdout } = await sandbox.run(scriptOf(file(`${blocker}/a`, 'x\n')), { shell });
    expect(code).not.toBe(0);
    expect(doneOf(stdout)).toEqual([]);
  });
});

describe.each(shells)('links and directories, by $name', (shell) => {
  test('a link is made, and moved', async () => {
    const path = sandbox.path('bin/etcd');
    expect((await sandbox.run(scriptOf(link(path, '/opt/with space/1')), { shell })).code).toBe(0);
    expect(readlinkSync(path)).toBe('/opt/with space/1');
    expect((await sandbox.run(scriptOf(link(path, '/opt/2', { target: '/opt/with space/1' })), { shell })).code).toBe(0);
    expect(readlinkSync(path)).toBe('/opt/2');
    expect(sandbox.list('bin')).toEqual(['etcd']);
  });

  test('a link to a directory is moved, not followed', async () => {
    const directory = sandbox.directory('one');
    symlinkSync(directory, sandbox.path('current'));
    await sandbox.run(scriptOf(link(sandbox.path('current'), sandbox.directory('two'), { target: directory })), { shell });
    expect(readlinkSync(sandbox.path('current'))).toBe(sandbox.path('two'));
    expect(sandbox.list('one')).toEqual([]);
  });

  test('a failed link leaves no temporary', async () => {
    sandbox.directory('d');
    sandbox.fake('mv', 'exit 5');
    const { code } = await sandbox.run(scriptOf(link(sandbox.path('d/a'), '/x')), { shell });
    expect(code).toBe(5);
    expect(sandbox.list('d')).toEqual([]);
  });

  test('what was observed is removed', async () => {
    const path = sandbox.write('a', 'old');
    symlinkSync('/nowhere', sandbox.path('l'));
    const { code } = await sandbox.run(
      scriptOf(remove(path, { sha256: sha256Of('old') }), remove(sandbox.path('l'), { target: '/nowhere' })),
      { shell },
    );
    expect(code).toBe(0);
    expect(sandbox.list('.')).not.toEqual(expect.arrayContaining(['a']));
    expect(lstatSync(sandbox.path('l'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test('directories and attributes', async () => {
    const path = sandbox.path('data/etcd');
    const there = sandbox.write('there', 'x', 0o666);
    const actions: readonly Action[] = [
      { kind: 'directory', path, mode: 0o700, ...me },
      { kind: 'attributes', path: there, mode: 0o600, ...me, why: 'is 666' },
    ];
    expect((await sandbox.run(scriptOf(...actions), { shell })).code).toBe(0);
    expect([statSync(path).mode & 0o7777, statSync(there).mode & 0o7777]).toEqual([0o700, 0o600]);
  });

  test('set-id bits that are not wanted go, also from directories', async () => {
    const path = sandbox.directory('shared');
    chmodSync(path, 0o2775);
    expect((await sandbox.run(scriptOf({ kind: 'attributes', path, mode: 0o755, ...me, why: 'is 2775' }), { shell })).code).toBe(0);
    expect(statSync(path).mode & 0o7777).toBe(0o755);
  });

  test('attributes of something that is gone fail', async () => {
    const { code } = await sandbox.run(scriptOf({ kind: 'attributes', path: sandbox.path('none'), mode: 0o755, ...me, why: '' }), {
      shell,
    });
    expect(code).not.toBe(0);
  });
});
