import process from 'node:process';
import { buildMirror } from './mirror.ts';

/**
 * `build-beside.ts DIRECTORY RELEASE…` builds Kubernetes releases into a mirror, one after the other, and ends with whoever started
 * it: its standard input closes then, however that one ended. It must lead a process group of its own.
 */
const [directory = '', ...releases] = process.argv.slice(2);
process.stdin.on('end', () => process.kill(-process.pid, 'SIGTERM')).resume();

try {
  for (const kubernetes of releases) {
    const began = performance.now();
    const { built } = await buildMirror({ kubernetes, directory });
    if (built.length === 0) continue;
    process.stdout.write(`  Kubernetes ${kubernetes} was built beside the tests in ${Math.round((performance.now() - began) / 1000)} s\n`);
  }
  process.exit();
} catch (error) {
  process.stdout.write(`  the build beside the tests failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
