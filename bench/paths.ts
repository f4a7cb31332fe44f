import { homedir } from 'node:os';
import path from 'node:path';

/** The checkout. */
export const root = path.resolve(import.meta.dirname, '..');

/** What the benchmark keeps between runs: `$XDG_CACHE_HOME/kcluster/bench`. */
export function benchDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return path.join(environment.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'kcluster', 'bench');
}

/** Where the mirror holds a binary of a Kubernetes release. */
export function kubernetesBinary(mirror: string, version: string, arch: string, name: string): string {
  return path.join(mirror, `dl.k8s.io/release/v${version}/bin/linux/${arch}/${name}`);
}
