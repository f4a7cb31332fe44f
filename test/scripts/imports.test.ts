import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const script = path.resolve(import.meta.dirname, '../../scripts/imports.mjs');
const places: string[] = [];

function check(files: Readonly<Record<string, string>>): { readonly status: number | null; readonly lines: readonly string[] } {
  const place = mkdtempSync(path.join(tmpdir(), 'kcluster-imports-'));
  places.push(place);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(place, file)), { recursive: true });
    writeFileSync(path.join(place, file), text);
  }
  const { status, stdout } = spawnSync(process.execPath, [script, place], { encoding: 'utf8' });
  return { status, lines: stdout.trimEnd().split('\n') };
}

afterAll(() => {
  for (const place of places) rmSync(place, { recursive: true, force: true });
});

/** A tree in which everything is allowed; each case below puts one more file into it. */
const good = {
  'src/errors.ts': 'export class E extends Error {}\n',
  'src/cluster/version.ts':
    "import semver from 'semver';\nimport { E } from '../errors.ts';\nexport const parse = (text: string) => semver.parse(text) ?? new E();\n",
  'src/components/etcd.ts':
    "import type { File } from '../engine/resource.ts';\nimport { parse } from '../cluster/version.ts';\nexport const etcd = (file: File) => [file, parse('1.0.0'), new Date(0)];\n",
  'src/engine/resource.ts': "import type { Host } from '../host/host.ts';\nexport interface File { host: Host }\n",
  'src/engine/clock.ts': 'export const now = () => Date.now();\n',
  'src/host/host.ts': 'export interface Host { node: string }\n',
  'src/host/ssh/connect.ts':
    "import { Client } from 'ssh2';\nimport type { Host } from '../host.ts';\nexport const connect = (host: Host) => [new Client(), host];\n",
  'src/artifacts/cache.ts': "import { readFile } from 'node:fs/promises';\nexport const read = readFile;\n",
  'src/artifacts/catalogue.ts': 'export const releases = [];\n',
  'src/ui/out.ts': "import process from 'node:process';\nexport const say = () => process.stdout.write('x');\n",
  'src/commands/init.ts':
    "import { Command } from '@oclif/core';\nimport { say } from '../ui/out.ts';\nimport { connect } from '../host/ssh/connect.ts';\nexport default class Init extends Command { run = () => [say, connect]; }\n",
};

interface Violation {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly expected: string;
}

const violations: readonly Violation[] = [
  ['a room that looks up', 'src/cluster/a1.ts', "import { etcd } from '../components/etcd.ts';\n", '1: cluster may not import components'],
  [
    'types are imports too',
    'src/cluster/a2.ts',
    "import type { File } from '../engine/resource.ts';\n",
    '1: cluster may not import types of engine',
  ],
  [
    'only types of the engine',
    'src/components/a3.ts',
    "\nimport { now } from '../engine/clock.ts';\n",
    '2: components may not import engine',
  ],
  [
    '`import { type T }` is no type import',
    'src/components/a4.ts',
    "import { type File } from '../engine/resource.ts';\n",
    '1: components may not import engine',
  ],
  ['re-exports count', 'src/cluster/a5.ts', "export * from '../components/etcd.ts';\n", '1: cluster may not import components'],
  [
    'import() counts',
    'src/cluster/a6.ts',
    "export const a = () => import('../components/etcd.ts');\n",
    '1: cluster may not import components',
  ],
  [
    'import types in signatures count',
    'src/cluster/a7.ts',
    "export type A = import('../components/etcd.ts').A;\n",
    '1: cluster may not import types of components',
  ],
  [
    'the engine sees no adapter',
    'src/engine/a8.ts',
    "import { connect } from '../host/ssh/connect.ts';\n",
    '1: engine may not import host/ssh',
  ],
  [
    'the engine sees one file of host',
    'src/engine/a9.ts',
    "import { x } from '../host/known.ts';\n",
    '1: of host only src/host/host.ts may be imported',
  ],
  ['the ui does not start anything', 'src/ui/a10.ts', "import { now } from '../engine/clock.ts';\n", '1: ui may not import engine'],
  ['nobody imports a command', 'src/ui/a11.ts', "import Init from '../commands/init.ts';\n", '1: ui may not import commands'],
  ['errors import nothing', 'src/errors.ts', "import { parse } from './cluster/version.ts';\n", '1: src/errors.ts imports nothing'],
  ['src does not import tests', 'src/engine/a12.ts', "import { x } from '../../test/x.ts';\n", '1: test/x.ts lies outside src/'],
  ['a new room needs a line', 'src/cellar/a13.ts', 'export const a = 1;\n', '1: room cellar is not in scripts/rooms.mjs'],
  ['a package in a foreign room', 'src/engine/b1.ts', "import { Client } from 'ssh2';\n", '1: ssh2 belongs to host/ssh'],
  ['a part of a package', 'src/cluster/b2.ts', "import x from 'yaml/util';\n", '1: yaml belongs to inventory, render'],
  ['a scoped package', 'src/ui/b3.ts', "import { Command } from '@oclif/core';\n", '1: @oclif/core belongs to commands'],
  ['a package nobody owns', 'src/ui/b4.ts', "import chalk from 'chalk';\n", '1: chalk has no owner'],
  ['disk in a pure room', 'src/render/c1.ts', "import { readFileSync } from 'node:fs';\n", '1: render is pure and may not import node:fs'],
  ['network in a pure room', 'src/phases/c2.ts', "import net from 'node:net';\n", '1: phases is pure and may not import node:net'],
  [
    'a child process in a pure room',
    'src/pki/c3.ts',
    "import { spawn } from 'node:child_process';\n",
    '1: pki is pure and may not import node:child_process',
  ],
  [
    'randomness in a pure room',
    'src/pki/c4.ts',
    "import { createHash, randomBytes } from 'node:crypto';\n",
    '1: pki is pure and may not import randomBytes of node:crypto',
  ],
  [
    'disk through a neighbour',
    'src/components/c5.ts',
    "import { read } from '../artifacts/cache.ts';\n",
    '1: components is pure and reaches node:fs/promises through src/artifacts/cache.ts',
  ],
  ['the clock', 'src/cluster/c6.ts', 'export const a = () => Date.now();\n', '1: cluster is pure and may not read Date.now'],
  [
    'the clock, built anew',
    'src/cluster/c7.ts',
    'export const a = () => new Date();\n',
    '1: cluster is pure: take the time as a parameter',
  ],
  ['chance', 'src/workflows/c8.ts', 'export const a = () => Math.random();\n', '1: workflows is pure and may not read Math.random'],
  ['the environment', 'src/render/c9.ts', 'export const a = () => process.env.HOME;\n', '1: render is pure and may not read process.env'],
  ['any', 'src/engine/d1.ts', 'export const a = (x: any) => x;\n', '1: no any'],
  ['the end of the process', 'src/commands/d2.ts', 'export const a = () => process.exit(1);\n', '1: only bin/ ends the process'],
  ['console', 'src/engine/d3.ts', '\n\nexport const a = () => console.log(1);\n', '3: no console'],
  ['streams outside ui', 'src/commands/d4.ts', "export const a = () => process.stderr.write('x');\n", '1: only src/ui writes'],
  [
    'an empty catch',
    'src/engine/d5.ts',
    'export function a() {\n  try {\n    b();\n  } catch {\n    // fine\n  }\n}\n',
    '4: no empty catch',
  ],
  ['let at module level', 'src/engine/d6.ts', 'let a = 1;\n', '1: no let at module level'],
  ['an exported let', 'src/engine/d7.ts', 'export let a = 1;\n', '1: no let at module level'],
  ['a default export', 'src/engine/d8.ts', 'export default 1;\n', '1: no default exports'],
  ['a long file', 'src/engine/d9.ts', '// line\n'.repeat(401), '401: 401 lines, more than 400'],
  ['broken syntax', 'src/engine/d10.ts', 'export const = ;\n', '1: cannot be parsed'],
].map(([name = '', file = '', text = '', expected = '']) => ({ name, file, text, expected }));

describe('the rules of the house', () => {
  test('a good tree passes', () => {
    expect(check(good)).toEqual({ status: 0, lines: ['11 files, 0 problems'] });
  });

  describe('broken', () => {
    let found: readonly string[] = [];

    beforeAll(() => {
      const extra = Object.fromEntries(violations.map(({ file, text }) => [file, text]));
      found = check({ ...good, 'src/host/known.ts': 'export const x = 1;\n', ...extra }).lines;
    });

    test.each(violations)('$name', ({ file, expected }) => {
      expect(found.filter((line) => line.startsWith(`${file}:${expected}`))).toHaveLength(1);
    });

    test('nothing else is reported of these files', () => {
      const known = new Set(violations.map(({ file }) => file));
      const reported = found.filter((line) => !line.includes('circular')).map((line) => line.split(':')[0] ?? '');
      expect(reported.filter((file) => file.startsWith('src/') && !known.has(file))).toEqual([]);
    });
  });

  test('one violation is enough to fail', () => {
    expect(check({ ...good, 'src/engine/x.ts': 'let a = 1;\n' })).toEqual({
      status: 1,
      lines: ['src/engine/x.ts:1: no let at module level: state belongs to a value that somebody made', '12 files, 1 problems'],
    });
  });

  test('a circle of three is reported once, whatever kind of imports it has', () => {
    const circle = {
      'src/engine/a.ts': "import { b } from './b.ts';\nexport const a = b;\n",
      'src/engine/b.ts': "import type { C } from './c.ts';\nexport const b: C = 1;\n",
      'src/engine/c.ts': "\nimport { a } from './a.ts';\nexport type C = typeof a;\n",
    };
    expect(check(circle)).toEqual({
      status: 1,
      lines: [
        'src/engine/a.ts:1: circular import: src/engine/a.ts -> src/engine/b.ts -> src/engine/c.ts -> src/engine/a.ts',
        '3 files, 1 problems',
      ],
    });
  });

  test('a file over the soft cap is mentioned and does not fail', () => {
    expect(check({ 'src/engine/long.ts': '// line\n'.repeat(251) })).toEqual({
      status: 0,
      lines: ['src/engine/long.ts: 251 lines, more than 250: think about a split', '1 files, 0 problems'],
    });
  });

  test('a folder without sources is an error, not a pass', () => {
    expect(check({ 'readme.md': '' })).toEqual({ status: 1, lines: ['src:1: there is no such folder'] });
  });
});
