import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { imageMirrorPath } from '../src/artifacts/mirror-path.ts';
import { writeImage } from './image-file.ts';
import { publish } from './pack-product.ts';
import { run } from './run.ts';
import type { TarEntry } from './tar-file.ts';

/** A shell image for tests and the demo, made of Debian's static busybox. */
export const busyboxReference = 'kcluster.dev/busybox:1';

export function busyboxOutputs(arch: string): readonly string[] {
  const path = imageMirrorPath(busyboxReference, arch);
  return [path, `${path}.sha256`];
}

async function unpackPackage(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  await run('apt-get', ['download', '-q', 'busybox-static'], { cwd: directory }).catch(async () => {
    await run('apt-get', ['update', '-q'], { cwd: directory });
    await run('apt-get', ['download', '-q', 'busybox-static'], { cwd: directory });
  });
  const file = (await readdir(directory)).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new Error('apt-get downloaded no busybox-static package');
  await run('dpkg-deb', ['-x', file, 'root'], { cwd: directory });
  return join(directory, 'root/bin/busybox');
}

function imageEntries(source: string, applets: readonly string[]): readonly TarEntry[] {
  const links = applets
    .filter((name) => name !== 'busybox')
    .map((name) => ({ type: 'SymbolicLink', path: `bin/${name}`, linkpath: 'busybox' }) as const);
  return [
    { type: 'Directory', path: 'bin/', mode: 0o755 },
    { type: 'File', path: 'bin/busybox', mode: 0o755, source },
    ...links,
    { type: 'Directory', path: 'etc/', mode: 0o755 },
    {
      type: 'File',
      path: 'etc/passwd',
      mode: 0o644,
      content: Buffer.from('root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'),
    },
    { type: 'Directory', path: 'root/', mode: 0o700 },
    { type: 'Directory', path: 'tmp/', mode: 0o1777 },
  ];
}

export async function buildBusyboxImage(directory: string, arch: string): Promise<void> {
  const work = join(directory, '.work', `busybox-${process.pid}`);
  try {
    const busybox = await unpackPackage(work);
    const applets = (await run(busybox, ['--list'], { cwd: work })).trim().split('\n').toSorted();
    const image = { reference: busyboxReference, arch, entries: imageEntries(busybox, applets), entrypoint: [] };
    await publish(directory, imageMirrorPath(busyboxReference, arch), { style: 'bare' }, (temporary) => writeImage(temporary, image));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
