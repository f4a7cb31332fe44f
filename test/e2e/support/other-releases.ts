import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { inject } from 'vitest';
import { otherKubernetes } from '../../../build/beside.ts';
import { buildMirror } from '../../../build/mirror.ts';

/** Whoever builds for us now has been waited for long enough to get his share of the machine. */
async function hurry(directory: string): Promise<void> {
  const builder = await readFile(path.join(directory, '.lock'), 'utf8').catch(() => '');
  if (/^\d+$/.test(builder)) await writeFile(`/proc/${builder}/autogroup`, '0').catch(() => undefined);
}

/**
 * Resolves with the mirror once it holds the other Kubernetes releases too. They are built beside the tests: what is not ready by now
 * is awaited, what that build left undone is built here, so that a failure is told by the test that needs them. May take minutes.
 */
export async function otherReleases(releases = otherKubernetes): Promise<string> {
  const directory = inject('mirror');
  const report = (line: string): boolean => process.stdout.write(`  ${line}\n`);
  await hurry(directory);
  for (const kubernetes of releases) await buildMirror({ kubernetes, directory, report });
  return directory;
}
