import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Product } from './products.ts';
import { run } from './run.ts';

const here = import.meta.dirname;

/** runc is C in part; its libraries come from the distribution, which root may install. */
async function ensureSeccomp(): Promise<void> {
  await run('gcc', ['--version'], { cwd: here });
  const found = await run('pkg-config', ['--exists', 'libseccomp'], { cwd: here }).then(
    () => true,
    () => false,
  );
  if (found) return;
  if (process.getuid?.() !== 0)
    throw new Error('libseccomp is missing: install it, for example: apt-get install libseccomp-dev pkg-config');
  const packages = ['gcc', 'libc6-dev', 'pkg-config', 'libseccomp-dev'];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-q'], { cwd: here, env });
  await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], { cwd: here, env });
}

async function ensureGcc(product: Product): Promise<void> {
  if (!product.go.cgo) return;
  await ensureSeccomp();
}

/** Go joins linker flags by spaces; none of ours contains one. */
function buildArguments(product: Product, output: string): readonly string[] {
  const tags = product.go.tags.length === 0 ? [] : ['-tags', product.go.tags.join(',')];
  const packages = product.programs.map((program) => program.package);
  return [
    'build',
    '-mod=readonly',
    '-trimpath',
    '-buildvcs=false',
    // The linker drops what debuggers want: not writing it first spares a tenth of the processor time.
    '-gcflags=all=-dwarf=false',
    ...tags,
    '-ldflags',
    product.go.ldflags.join(' '),
    '-o',
    output,
    ...packages,
  ];
}

/** Builds all programs of a product into `directory`; gives the path of each by name. One `go` command runs at a time. */
export async function buildPrograms(product: Product, directory: string): Promise<ReadonlyMap<string, string>> {
  await ensureGcc(product);
  await mkdir(directory, { recursive: true });
  const cwd = join(here, product.module);
  const env = { CGO_ENABLED: product.go.cgo ? '1' : '0' };
  const paths = new Map<string, string>();
  for (const program of product.programs) {
    const path = join(directory, program.name);
    await run('go', buildArguments({ ...product, programs: [program] }, path), { cwd, env });
    paths.set(program.name, path);
  }
  return paths;
}

/** Where Go unpacked a module of the product's wrapper. */
export async function moduleDirectory(product: Product, module: string): Promise<string> {
  const output = await run('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: join(here, product.module) });
  return output.trim();
}
