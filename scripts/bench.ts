// How long until nodes are Ready beside kubeadm, and where the time goes, on fresh lab hosts, one lab at a time;
// or, with `scale`, how long plans of many simulated hosts take.
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { copyProduct } from '../bench/copy-product.ts';
import type { BenchContext } from '../bench/lab-host.ts';
import { type BenchMode, modes } from '../bench/modes.ts';
import { benchDirectory, root } from '../bench/paths.ts';
import { writeDocs } from '../bench/write-docs.ts';
import { buildMirror } from '../build/mirror.ts';
import { abortOnSignals } from '../src/lab/abort-on-signals.ts';
import { canRunLab } from '../src/lab/prerequisites.ts';

const usage = `npm run bench -- [one | ha | upgrade | backup | scale] [--rounds N] [--json FILE] [--write-docs]
  one            one node, and three hosts; unless said otherwise
  ha             three control planes and two workers
  upgrade        the same, from one minor of Kubernetes to the next
  backup         a store of 1 GiB, saved and restored by etcd's own tools and by kcluster
  scale          plans of 10, 100 and 1,000 simulated hosts, in place of lab hosts
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

/** What lab hosts are measured with. @throws Error where there can be none */
async function prepareLab([kubernetes = '', ...others]: readonly string[], signal: AbortSignal): Promise<BenchContext> {
  const capability = canRunLab();
  if (!capability.ok) throw new Error(`this machine cannot run lab hosts: ${capability.reason}`);
  const product = path.join(benchDirectory(), 'product');
  await copyProduct(product);
  const { directory: mirror } = await buildMirror({ kubernetes, kubeadm: true, report: say });
  for (const other of others) await buildMirror({ kubernetes: other, kubeadm: true, report: say });
  return { kubernetes, mirror, product, report: (line: string) => say(`  ${line}`), signal };
}

async function bench({ mode, rounds, json, writeDocs: isWritten }: Choices, signal: AbortSignal): Promise<void> {
  if (spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' }).status !== 0) throw new Error('the build failed');
  const { result, figures } = await mode.measure({ rounds, say, signal, lab: (releases) => prepareLab(releases, signal) });
  say(`\n${figures}`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(result, undefined, 2)}\n`);
  if (isWritten) await writeDocs(path.join(root, 'docs/benchmarks.md'), mode.section, figures);
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
  await abortOnSignals((signal) => bench(choices, signal)).catch(fail);
}

await main();
