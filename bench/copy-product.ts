import { cp, mkdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { root } from './paths.ts';

const parts = ['bin', 'dist', 'templates', 'package.json'];

/** Copies the compiled command line, so that what is measured stays the same while somebody works on the checkout. */
export async function copyProduct(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  for (const part of parts) await cp(path.join(root, part), path.join(directory, part), { recursive: true });
  await symlink(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
}
