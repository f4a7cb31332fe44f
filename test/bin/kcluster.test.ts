import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** A Node of the machine that is too old, if it has one. */
function findOldNode(): string | undefined {
  const candidates = [...new Set((process.env.PATH ?? '').split(path.delimiter))]
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => path.join(folder, 'node'))
    .filter((file) => existsSync(file));
  return candidates.find((file) => {
    const { stdout, status } = spawnSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    return status === 0 && Number.parseInt(stdout, 10) < 24;
  });
}

const oldNode = findOldNode();

test('the program starts Node with what it was told, through any link', () => {
  const place = mkdtempSync(path.join(tmpdir(), 'kcluster-start-'));
  try {
    writeFileSync(path.join(place, 'node'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
    symlinkSync(path.join(root, 'bin/kcluster'), path.join(place, 'kc'));
    const env = { ...process.env, PATH: `${place}${path.delimiter}${process.env.PATH ?? ''}` };
    const { stdout, status } = spawnSync(path.join(place, 'kc'), ['plan', 'a b'], { encoding: 'utf8', env });
    expect(stdout.split('\n')).toEqual(['--max-semi-space-size=4', '--expose-gc', path.join(root, 'bin/kcluster.js'), 'plan', 'a b', '']);
    expect(status).toBe(0);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});

describe('an old Node', () => {
  test.skipIf(oldNode === undefined)('is told what is needed and what to do (skipped where no Node older than 24 is installed)', () => {
    const { status, stdout, stderr } = spawnSync(oldNode ?? '', [path.join(root, 'bin/kcluster.js'), 'init'], { encoding: 'utf8' });
    expect(stderr).toMatch(/^kcluster needs Node 24 or newer; this is v\d+\.\d+\.\d+ \(.+\)\.\n/u);
    expect(stderr).toContain('npm run kcluster -- ');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

describe('a Node that is new enough', () => {
  const place = mkdtempSync(path.join(tmpdir(), 'kcluster-bin-'));

  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(place, file)), { recursive: true });
    writeFileSync(path.join(place, file), text);
  };

  const start = (...args: readonly string[]) => {
    const env = { ...process.env, DEBUG: '', NO_COLOR: '1' };
    return spawnSync(process.execPath, [path.join(place, 'bin/kcluster.js'), ...args], { encoding: 'utf8', env, timeout: 30_000 });
  };

  const command = (body: string): string => `
    import { Command, Flags } from '@oclif/core';
    import * as errors from ${JSON.stringify(path.join(root, 'src/errors.ts'))};
    export default class Example extends Command {
      static flags = { loud: Flags.boolean() };
      async run() { await this.parse(Example); ${body} }
    }`;

  beforeAll(() => {
    mkdirSync(path.join(place, 'bin'));
    copyFileSync(path.join(root, 'bin/kcluster.js'), path.join(place, 'bin/kcluster.js'));
    symlinkSync(path.join(root, 'node_modules'), path.join(place, 'node_modules'));
    const oclif = { bin: 'kcluster', dirname: 'kcluster', commands: './dist/commands', topicSeparator: ' ' };
    write('package.json', JSON.stringify({ name: 'kcluster', version: '0.0.0', type: 'module', oclif }));
  });

  afterAll(() => {
    rmSync(place, { recursive: true, force: true });
  });

  test('without dist/ says that it is not built', () => {
    expect(start('fail')).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('npm run build') });
  });

  describe('built', () => {
    beforeAll(() => {
      for (const file of ['print-error', 'standard-output']) {
        write(`dist/ui/${file}.js`, `export * from ${JSON.stringify(path.join(root, `src/ui/${file}.ts`))};`);
      }
      write('dist/commands/good.js', command('this.log("well");'));
      write('dist/commands/stop.js', command('throw new errors.StoppedError("stopped", { node: "cp1", remedy: "Run again." });'));
      write('dist/commands/drift.js', command('throw new errors.DriftFound("1 host differs");'));
      write('dist/commands/defect.js', command('undefined.x;'));
      write('dist/commands/leave.js', command('this.exit(7);'));
      write('dist/commands/unwell.js', command('process.exitCode = 5; this.log("unwell");'));
      write('dist/commands/hang.js', command('setInterval(() => undefined, 1000);'));
      write('dist/commands/much.js', command('this.log("x".repeat(2_000_000));'));
      write('dist/commands/many.js', command('for (let i = 0; i < 100000; i++) this.log("line");'));
    });

    test.each([
      ['good', 0, 'well\n', ''],
      ['stop', 5, '', 'Error: cp1: stopped\n  What to do: Run again.\n'],
      ['drift', 10, '', '1 host differs\n'],
      ['leave', 7, '', ''],
      ['unwell', 5, 'unwell\n', ''],
    ])('%s ends with %d', (name, status, stdout, stderr) => {
      expect(start(name)).toMatchObject({ status, stdout, stderr });
    });

    test('a defect ends with 1 and no stack', () => {
      const { status, stderr } = start('defect');
      expect(status).toBe(1);
      expect(stderr).toContain('this is a defect of kcluster: TypeError');
      expect(stderr).not.toContain('    at ');
    });

    test.each([[['good', '--lout']], [['nonsense']], [['good', 'too', 'many']]])('wrong usage %j ends with 2', (args) => {
      const { status, stdout, stderr } = start(...args);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/^Error: /u);
    });

    test('what a command leaves open does not keep the process', () => {
      expect(start('hang')).toMatchObject({ status: 0, signal: null });
    });

    test('nothing is lost on its way to a reader that is slower', () => {
      const line = `"${process.execPath}" "${path.join(place, 'bin/kcluster.js')}" much | wc -c`;
      expect(spawnSync('bash', ['-c', line], { encoding: 'utf8', timeout: 60_000 }).stdout.trim()).toBe('2000001');
    });

    test('a reader that goes away is no failure', () => {
      const line = `set -o pipefail; "${process.execPath}" "${path.join(place, 'bin/kcluster.js')}" many | head -n 1`;
      expect(spawnSync('bash', ['-c', line], { encoding: 'utf8', timeout: 30_000 })).toMatchObject({
        status: 0,
        stdout: 'line\n',
        stderr: '',
      });
    });
  });
});
