import path from 'node:path';
import type { BenchContext } from './lab-host.ts';

/** kcluster as it is measured: a program and its arguments. */
export function commandLine(context: BenchContext, words: readonly string[]): readonly string[] {
  return [process.execPath, path.join(context.product, 'bin/kcluster.js'), ...words];
}
