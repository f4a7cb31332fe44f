import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const directory = join(import.meta.dirname, '../../../templates/backup');
const scripts = readdirSync(directory).filter((name) => name.endsWith('.sh'));
const hasShellcheck = spawnSync('shellcheck', ['--version']).error === undefined;

test('there are scripts to look at', () => {
  expect(scripts).toContain('make-backup.sh');
});

// In CI a missing shellcheck is a failure, elsewhere it is said.
test.skipIf(!hasShellcheck && process.env.CI === undefined).each(scripts)('shellcheck finds nothing in %s', (name) => {
  expect(execFileSync('shellcheck', ['-s', 'sh', '-x', join(directory, name)], { encoding: 'utf8' })).toBe('');
});

test.each(scripts)('%s is a program for any POSIX shell', (name) => {
  execFileSync('/bin/sh', ['-n', join(directory, name)]);
});
