import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { catalogue } from '../src/artifacts/catalogue.ts';
import { withBuildLock } from './build-lock.ts';
import { buildPrograms } from './build-programs.ts';
import { buildBusyboxImage, busyboxOutputs, busyboxReference } from './busybox-image.ts';
import { planMirror } from './mirror-plan.ts';
import { packProduct, productOutputs } from './pack-product.ts';
import type { Product } from './products.ts';

export interface MirrorOptions {
  /** A release that `build/kubernetes/` has a folder for. */
  readonly kubernetes: string;
  /** Default: `$XDG_CACHE_HOME/kcluster/mirror`. */
  readonly directory?: string;
  /** Names of products to build, extras included; absent: everything a cluster needs. */
  readonly only?: readonly string[];
  /** Adds kubeadm to the default set. */
  readonly kubeadm?: boolean;
  readonly report?: (line: string) => void;
}

export interface MirrorResult {
  readonly directory: string;
  readonly built: readonly string[];
  readonly present: readonly string[];
}

/** One thing to make: `fingerprint` says from what, so that a changed recipe is built again. */
interface Job {
  readonly name: string;
  readonly title: string;
  readonly outputs: readonly string[];
  readonly fingerprint: string;
  make(): Promise<void>;
}

export function defaultMirrorDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env.XDG_CACHE_HOME;
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'kcluster/mirror');
}

export function hostArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

/** Raised when packing changes, so that every mirror is made again. */
const recipeRevision = 1;

async function readInputs(product: Product): Promise<string> {
  const files = product.module.startsWith('images/') ? ['go.mod', 'main.go'] : ['go.mod', 'go.sum'];
  const texts = await Promise.all(files.map((name) => readFile(join(import.meta.dirname, product.module, name), 'utf8')));
  return texts.join('\n');
}

async function productJob(product: Product, directory: string, arch: string): Promise<Job> {
  const hash = createHash('sha256')
    .update(JSON.stringify([recipeRevision, arch, product]))
    .update(await readInputs(product));
  return {
    name: product.name,
    title: `${product.name} ${product.version}`,
    outputs: productOutputs(product, arch),
    fingerprint: hash.digest('hex'),
    async make() {
      const work = join(directory, '.work', `${product.name}-${process.pid}`);
      try {
        await packProduct(product, await buildPrograms(product, work), directory, arch);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
  };
}

function busyboxJob(directory: string, arch: string): Job {
  return {
    name: 'busybox',
    title: busyboxReference,
    outputs: busyboxOutputs(arch),
    fingerprint: `${recipeRevision}`,
    make: () => buildBusyboxImage(directory, arch),
  };
}

const recordPath = (directory: string, job: Job): string => join(directory, '.built', job.title.replaceAll(/[^\w.-]+/g, '_'));

async function isPresent(directory: string, job: Job): Promise<boolean> {
  try {
    const [record] = await Promise.all([
      readFile(recordPath(directory, job), 'utf8'),
      ...job.outputs.map((path) => stat(join(directory, path))),
    ]);
    return record === job.fingerprint;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function runJob(directory: string, job: Job, report: (line: string) => void): Promise<void> {
  const started = performance.now();
  const seconds = () => `${Math.round((performance.now() - started) / 1000)} s`;
  report(`building ${job.title}`);
  const pulse = setInterval(() => report(`building ${job.title}: ${seconds()}`), 30_000);
  try {
    await job.make();
  } finally {
    clearInterval(pulse);
  }
  await mkdir(join(directory, '.built'), { recursive: true });
  await writeFile(recordPath(directory, job), job.fingerprint);
  const { size } = await stat(join(directory, job.outputs[0] ?? ''));
  report(`built ${job.title}: ${(size / 2 ** 20).toFixed(1)} MiB in ${seconds()}`);
}

function chooseJobs(jobs: readonly Job[], extras: readonly Job[], options: MirrorOptions): readonly Job[] {
  const { only } = options;
  if (only === undefined) return [...jobs, ...extras.filter((job) => job.name === 'kubeadm' && options.kubeadm === true)];
  const all = [...jobs, ...extras];
  const unknown = only.filter((name) => !all.some((job) => job.name === name));
  if (unknown.length > 0) throw new RangeError(`no such product: ${unknown.join(', ')}; known: ${all.map((job) => job.name).join(', ')}`);
  return all.filter((job) => only.includes(job.name));
}

/** Builds what the mirror lacks, one thing at a time; a mirror that lacks nothing costs a few file reads. */
export async function buildMirror(options: MirrorOptions): Promise<MirrorResult> {
  const directory = resolve(options.directory ?? defaultMirrorDirectory());
  const report = options.report ?? (() => undefined);
  const arch = hostArchitecture();
  const plan = planMirror(options.kubernetes, arch);
  const toJob = (product: Product) => productJob(product, directory, arch);
  const jobs = [...(await Promise.all(plan.products.map(toJob))), busyboxJob(directory, arch)];
  const chosen = chooseJobs(jobs, await Promise.all(plan.extras.map(toJob)), options);

  const lacking = async () => {
    const presence = await Promise.all(chosen.map((job) => isPresent(directory, job)));
    return chosen.filter((_, index) => presence[index] === false);
  };
  let missing: readonly Job[] = [];
  const isDone = async (): Promise<boolean> => (await lacking()).length === 0;
  if (!(await isDone())) {
    const build = async (): Promise<void> => {
      await rm(join(directory, '.work'), { recursive: true, force: true });
      missing = await lacking();
      for (const job of missing) await runJob(directory, job, report);
    };
    await withBuildLock(directory, report, build, isDone);
  }
  const built = missing.map((job) => job.title);
  return { directory, built, present: chosen.map((job) => job.title).filter((title) => !built.includes(title)) };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kubernetes: { type: 'string', default: catalogue.defaultKubernetes },
      directory: { type: 'string' },
      only: { type: 'string', multiple: true },
      kubeadm: { type: 'boolean', default: false },
    },
  });
  const report = (line: string) => process.stdout.write(`${line}\n`);
  const only = values.only?.flatMap((names) => names.split(','));
  const result = await buildMirror({
    kubernetes: values.kubernetes,
    kubeadm: values.kubeadm,
    ...(values.directory === undefined ? {} : { directory: values.directory }),
    ...(only === undefined ? {} : { only }),
    report,
  });
  report(`${result.directory}: ${result.built.length} built, ${result.present.length} already there`);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
