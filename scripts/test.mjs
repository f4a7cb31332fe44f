// Everything that must hold, in one command: the check script, then each tier of tests. Ends with `N passed, N failed`.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildBeside, olderKubernetes, otherKubernetes } from '../build/beside.ts';
import { catalogue } from '../src/artifacts/catalogue.ts';
import { provideTestPrograms } from './test-programs.mjs';

provideTestPrograms();

const tiers = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['unit', 'golden', 'ssh', 'e2e'];

/** Vitest projects of a tier, run side by side; a tier that is not here is one of the same name. */
const lanes = { e2e: ['e2e', 'e2e-waiting'] };

function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', resolve);
  });
}

async function runProject(project) {
  const report = path.join(directory, `${project}.json`);
  const code = await run('vitest', ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(await readFile(report, 'utf8').catch(() => '{}'));
  sums.passed += numPassedTests ?? 0;
  sums.failed += numFailedTests ?? 0;
  sums.skipped += numPendingTests ?? 0;
  // A project that ends badly without a failed test, in its set-up for instance, has failed all the same.
  if (code !== 0 && (numFailedTests ?? 0) === 0) sums.failed += 1;
}

/** What hosts are made of takes minutes to build: it begins while other tiers run. */
const canBuild = (tiers.includes('e2e') || tiers.includes('upgrade')) && process.platform === 'linux' && process.getuid?.() === 0;
const release = catalogue.defaultKubernetes;
const endBuild = canBuild
  ? buildBeside([release, `${release}+kube-bench`, ...otherKubernetes, ...(tiers.includes('upgrade') ? olderKubernetes : [])])
  : async () => undefined;
const directory = await mkdtemp(path.join(tmpdir(), 'kcluster-test-'));
const sums = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const step of [
    ['build', ['npm', 'run', '--silent', 'build']],
    ['check', [process.execPath, 'scripts/check.mjs']],
  ]) {
    const [name, [program, ...args]] = step;
    const code = await run(program, args);
    console.log(`${name}: ${code === 0 ? 'good' : 'FAILED'}`);
    sums[code === 0 ? 'passed' : 'failed'] += 1;
  }
  for (const tier of tiers) await Promise.all((lanes[tier] ?? [tier]).map(runProject));
} finally {
  await endBuild();
  await rm(directory, { recursive: true, force: true });
}
console.log(`${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`);
process.exitCode = sums.failed === 0 ? 0 : 1;
