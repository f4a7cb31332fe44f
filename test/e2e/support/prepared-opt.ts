import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, realpath, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { baseSystemsDirectory, machinePaths } from '../../../src/lab/paths.ts';
import { listLabsAndStates } from '../../../src/lab/state.ts';

/*
 * Sending all programs to every host of every file would take a third of the processor time of the end-to-end tests. Hosts of test files
 * begin with what the shared cluster's first control plane was sent and verified, as machines from a prepared image do; what does not
 * fit, by its digest, is sent all the same. What a host brought along stays there after a reset, as everything does that was there before.
 */

const programs = 'kcluster';
const prefix = 'opt-';
const links = 'bin';

const directoriesOf = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);

/** Of paths and digests: a record begins with the digest, and the time of the file follows. */
async function fingerprint(opt: string): Promise<string> {
  const names = await readdir(opt, { recursive: true });
  const records = names.filter((name) => name.endsWith('.verified')).sort();
  const texts = await Promise.all(records.map(async (name) => `${name} ${(await readFile(join(opt, name), 'utf8')).split(' ')[0]}\n`));
  return createHash('sha256').update(texts.join('')).digest('hex').slice(0, 12);
}

/** Keeps what a host of a lab holds below /opt/kcluster, without the links that say what is in use. */
export async function keepOpt(lab: string, host: string): Promise<void> {
  const from = join(machinePaths(lab, host).disk, 'opt', programs);
  const partial = join(baseSystemsDirectory(), `.${prefix}partial-${process.pid}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(partial, programs), { recursive: true });
  for (const name of (await directoriesOf(from)).filter((entry) => entry !== links))
    await cp(join(from, name), join(partial, programs, name), { recursive: true, preserveTimestamps: true });
  const kept = `${prefix}${await fingerprint(partial)}`;
  // The same may be there, under hosts that run.
  await rename(partial, join(baseSystemsDirectory(), kept)).catch(() => rm(partial, { recursive: true }));
  await symlink(kept, partial);
  await rename(partial, newest());
  await removeOthers(kept);
}

const newest = (): string => join(baseSystemsDirectory(), 'opt');

async function removeOthers(kept: string): Promise<void> {
  const inUse = new Set((await listLabsAndStates()).map(({ opt }) => opt));
  for (const name of await directoriesOf(baseSystemsDirectory())) {
    const directory = join(baseSystemsDirectory(), name);
    if (name.startsWith(prefix) && name !== kept && !inUse.has(directory)) await rm(directory, { recursive: true, force: true });
  }
}

/** What was kept last, if anything was. */
export function preparedOpt(): Promise<string | undefined> {
  return realpath(newest()).catch(() => undefined);
}
