// kcluster init beside kubeadm on fresh lab hosts, one lab at a time: how long until all nodes are Ready, and where the time goes.
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { copyProduct } from '../bench/copy-product.ts';
import { type BenchMode, modes } from '../bench/modes.ts';
import { benchDirectory, root } from '../bench/paths.ts';
import { writeDocs } from '../bench/write-docs.ts';
import { buildMirror } from '../build/mirror.ts';
import { defaultKubernetesVersion } from '../src/cluster/default-version.ts';
import { abortOnSignals } from '../src/lab/abort-on-signals.ts';
import { canRunLab } from '../src/lab/prerequisites.ts';

const usage = `npm run bench -- [one | ha] [--rounds N] [--json FILE] [--write-docs]
  one            one node, and three hosts; unless said otherwise
  ha             three control planes and two workers
  --rounds N     how often each is measured, in turns; 3 unless said otherwise
  --json FILE    write every figure there
  --write-docs   put the tables into docs/benchmarks.md
`;

interface Choices {
  readonly mode: BenchMode;
  readonly rounds: number;
  readonly json: string | undefined;
  readonly writeDocs: boolean;
}

function chooseMode(words: readonly string[]): BenchMode {
  const [name = 'one', ...rest] = words;
  const mode = Object.hasOwn(modes, name) ? modes[name as keyof typeof modes] : undefined;
  if (mode === undefined || rest.length > 0) throw new RangeError(`nothing is measured under the name of "${words.join(' ')}"`);
  return mode;
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
  return { mode: chooseMode(positionals), rounds, json: values.json, writeDocs: values['write-docs'] };
}

const say = (text: string): void => console.log(text);

async function bench(choices: Choices, signal: AbortSignal): Promise<void> {
  if (spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' }).status !== 0) throw new Error('the build failed');
  const product = path.join(benchDirectory(), 'product');
  await copyProduct(product);
  const { directory: mirror } = await buildMirror({ kubernetes: defaultKubernetesVersion, kubeadm: true, report: say });
  const context = { kubernetes: defaultKubernetesVersion, mirror, product, report: (line: string) => say(`  ${line}`), signal };
  const { section, measure } = choices.mode;
  const { result, figures } = await measure(choices.rounds, context, say);
  say(`\n${figures}`);
  if (choices.json !== undefined) await writeFile(choices.json, `${JSON.stringify(result, undefined, 2)}\n`);
  if (choices.writeDocs) await writeDocs(path.join(root, 'docs/benchmarks.md'), section, figures);
}

function fail(error: unknown, help = ''): void {
  console.error(error instanceof Error ? error.message : String(error));
  if (help !== '') console.error(help);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const capability = canRunLab();
  if (!capability.ok) return fail(new Error(`this machine cannot run lab hosts: ${capability.reason}`));
  let choices: Choices;
  try {
    choices = readChoices();
  } catch (error) {
    return fail(error, usage);
  }
  await abortOnSignals((signal) => bench(choices, signal)).catch(fail);
}

await main();
