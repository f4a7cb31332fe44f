// kcluster init beside kubeadm init on fresh lab hosts, one lab at a time: how long until the node is Ready, and where the time goes;
// or, with `scale`, how long plans of many simulated hosts take.
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { copyProduct } from '../bench/copy-product.ts';
import type { BenchContext } from '../bench/lab-host.ts';
import { describeMachine, readLoad } from '../bench/machine.ts';
import { measureKcluster } from '../bench/measure-kcluster.ts';
import { measureKubeadm } from '../bench/measure-kubeadm.ts';
import { measureScale } from '../bench/measure-scale.ts';
import { benchDirectory, root } from '../bench/paths.ts';
import { type BenchResult, type BenchRound, describeResult } from '../bench/report.ts';
import { describeScale, type ScaleReport } from '../bench/scale-report.ts';
import { writeDocs } from '../bench/write-docs.ts';
import { buildMirror } from '../build/mirror.ts';
import { defaultKubernetesVersion } from '../src/cluster/default-version.ts';
import { abortOnSignals } from '../src/lab/abort-on-signals.ts';
import { canRunLab } from '../src/lab/prerequisites.ts';

const usage = `npm run bench -- [scale] [--rounds N] [--json FILE] [--write-docs]
  scale          plans of 10, 100 and 1,000 simulated hosts, in place of lab hosts
  --rounds N     how often each is measured, in turns; 3 unless said otherwise
  --json FILE    write every figure there
  --write-docs   put the tables into docs/benchmarks.md
`;

const sizes = [10, 100, 1_000];
const docs = path.join(root, 'docs/benchmarks.md');

interface Choices {
  readonly scale: boolean;
  readonly rounds: number;
  readonly json: string | undefined;
  readonly writeDocs: boolean;
}

function readChoices(): Choices {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      json: { type: 'string' },
      'write-docs': { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new RangeError(`--rounds is a number from 1 to 100, not ${values.rounds}`);
  if (positionals.some((word) => word !== 'scale')) throw new RangeError(`there is no ${positionals.join(' ')} to measure`);
  return { scale: positionals.includes('scale'), rounds, json: values.json, writeDocs: values['write-docs'] };
}

const say = (text: string): void => console.log(text);

async function measureRound(number: number, context: BenchContext): Promise<BenchRound> {
  const load = readLoad();
  say(`\nround ${number}, load average ${load}`);
  const kcluster = await measureKcluster('bencha', 0, context);
  say(
    `  kcluster init: node Ready after ${kcluster.readySeconds.toFixed(1)} s, command ended after ${kcluster.commandSeconds.toFixed(1)} s`,
  );
  say(`  kcluster init again: ${kcluster.second.seconds.toFixed(1)} s`);
  const kubeadm = await measureKubeadm('benchk', context);
  say(`  kubeadm init:  node Ready after ${kubeadm.readySeconds.toFixed(1)} s, command ended after ${kubeadm.commandSeconds.toFixed(1)} s`);
  const threeHosts = await measureKcluster('benchg', 2, context);
  say(
    `  kcluster init, 3 hosts: Ready after ${threeHosts.readySeconds.toFixed(1)} s, ended after ${threeHosts.commandSeconds.toFixed(1)} s`,
  );
  return { kcluster, kubeadm, threeHosts, load };
}

function build(): void {
  if (spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' }).status !== 0) throw new Error('the build failed');
}

async function benchScale(choices: Choices, signal: AbortSignal): Promise<void> {
  build();
  const startedAt = new Date().toISOString();
  const results = await measureScale({ sizes, rounds: choices.rounds, signal, report: say });
  const result: ScaleReport = { startedAt, machine: describeMachine(), results };
  const figures = describeScale(result);
  say(`\n${figures}`);
  if (choices.json !== undefined) await writeFile(choices.json, `${JSON.stringify(result, undefined, 2)}\n`);
  if (choices.writeDocs) await writeDocs(docs, figures, 'scale');
}

async function bench(choices: Choices, signal: AbortSignal): Promise<void> {
  build();
  const product = path.join(benchDirectory(), 'product');
  await copyProduct(product);
  const { directory: mirror } = await buildMirror({ kubernetes: defaultKubernetesVersion, kubeadm: true, report: say });
  const context = { kubernetes: defaultKubernetesVersion, mirror, product, report: (line: string) => say(`  ${line}`), signal };
  const startedAt = new Date().toISOString();
  const loadAtStart = readLoad();
  const rounds: BenchRound[] = [];
  for (let number = 1; number <= choices.rounds; number++) rounds.push(await measureRound(number, context));
  const result: BenchResult = {
    startedAt,
    kubernetes: defaultKubernetesVersion,
    machine: describeMachine(),
    loadAtStart,
    loadAtEnd: readLoad(),
    rounds,
  };
  const figures = describeResult(result);
  say(`\n${figures}`);
  if (choices.json !== undefined) await writeFile(choices.json, `${JSON.stringify(result, undefined, 2)}\n`);
  if (choices.writeDocs) await writeDocs(docs, figures);
}

function fail(error: unknown, help = ''): void {
  console.error(error instanceof Error ? error.message : String(error));
  if (help !== '') console.error(help);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  let choices: Choices;
  try {
    choices = readChoices();
  } catch (error) {
    return fail(error, usage);
  }
  if (choices.scale) return abortOnSignals((signal) => benchScale(choices, signal)).catch(fail);
  const capability = canRunLab();
  if (!capability.ok) return fail(new Error(`this machine cannot run lab hosts: ${capability.reason}`));
  await abortOnSignals((signal) => bench(choices, signal)).catch(fail);
}

await main();
