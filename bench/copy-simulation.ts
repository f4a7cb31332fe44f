import { readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { copyProduct } from './copy-product.ts';

/** A copy of the compiled command line that is whole but for its connections: its hosts are recorded answers. */
export async function copySimulation(directory: string): Promise<void> {
  await copyProduct(directory);
  const source = await readFile(path.join(import.meta.dirname, 'simulated-connections.ts'), 'utf8');
  await writeFile(path.join(directory, 'dist/host/ssh/connect-all.js'), stripTypeScriptTypes(source));
}
