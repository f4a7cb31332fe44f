#!/usr/bin/env node
// Everything that must hold before a change is offered, but the tests: one line a check, the whole output only of what failed.
import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';

const root = path.resolve(import.meta.dirname, '..');
const tools = path.join(root, 'node_modules', '.bin');

const checks = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'lint and format', command: ['biome', 'check', '--max-diagnostics=200', '.'] },
  { name: 'imports and house rules', command: ['node', 'scripts/imports.mjs'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'contract', command: ['vitest', 'run', '--project', 'unit', 'test/contract'] },
];

const env = { ...process.env, PATH: `${tools}${path.delimiter}${process.env.PATH}`, UPDATE_CONTRACT: '', NO_COLOR: '1' };

function run({ name, command: [program, ...args] }) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const end = (ok) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      process.stdout.write(`${ok ? 'ok  ' : 'FAIL'}  ${name} (${seconds}s)\n`);
      resolve({ name, ok, output });
    };
    child.on('error', (error) => {
      output += `${program} cannot be started: ${error.message}\n`;
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });
}

const results = await Promise.all(checks.map(run));
const failed = results.filter(({ ok }) => !ok);
for (const { name, output } of failed) process.stdout.write(`\n${name}\n${'-'.repeat(name.length)}\n${output.trimEnd()}\n`);
process.stdout.write(failed.length === 0 ? '\nall checks passed\n' : `\n${failed.length} of ${results.length} checks failed\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
