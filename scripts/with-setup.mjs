// Runs a script of the project under the project's own Node, after installing what is missing.
// Plain JavaScript for the machine's Node, which may be older than the project needs.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const modules = path.join(root, 'node_modules');
const lockFile = path.join(root, 'package-lock.json');
/** npm writes it at the end of every installation. */
const installedFile = path.join(modules, '.package-lock.json');
const ownNode = path.join(modules, '.bin/node');

function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (error !== undefined) {
    console.error(`${program} cannot be run: ${error.message}`);
    process.exit(1);
  }
  if (status !== 0) process.exit(status ?? 1);
}

const isInstalled = existsSync(installedFile) && existsSync(ownNode) && statSync(installedFile).mtimeMs >= statSync(lockFile).mtimeMs;
if (!isInstalled) {
  console.log('installing packages (npm ci) …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

process.env.PATH = `${path.join(modules, '.bin')}${path.delimiter}${process.env.PATH ?? ''}`;
const [script, ...args] = process.argv.slice(2);
run(ownNode, [path.join(root, script), ...args]);
