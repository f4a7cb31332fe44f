import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readTemplate } from '../../src/engine/template-source.ts';
import { render } from '../components/sample.ts';

const root = path.resolve(import.meta.dirname, '../..');
const scripts = readdirSync(path.join(root, 'templates/backup')).filter((name) => name.endsWith('.sh'));
const isInstalled = spawnSync('shellcheck', ['--version']).error === undefined;

// On a machine without shellcheck this tier still runs; in CI it must be there.
test.skipIf(!isInstalled && process.env.CI === undefined).each(scripts)('shellcheck finds nothing: %s', (name) => {
  const { stdout, error } = spawnSync('shellcheck', ['--shell=dash', '--external-sources', '--format=gcc', `templates/backup/${name}`], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(error).toBeUndefined();
  expect(stdout).toBe('');
});

test.each(scripts)('the shells can read it: %s', (name) => {
  for (const [command, ...args] of [
    ['/bin/sh', '-n'],
    ['bash', '--posix', '-n'],
  ] as const) {
    expect(spawnSync(command, [...args, path.join(root, 'templates/backup', name)], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  }
});

// They pass through the templates' engine, and must come out as they went in.
test.each([...scripts, 'retention.awk', 'slot.awk'])('hosts get it as it is: %s', (name) => {
  expect(render(`backup/${name}`, {})).toBe(readTemplate(`backup/${name}`));
});
