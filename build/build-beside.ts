import process from 'node:process';
import { buildMirror } from './mirror.ts';

/**
 * `build-beside.ts DIRECTORY RELEASE…`, started by `beside.ts` as the head of a process group: it ends with whoever started it, because
 * its standard input is closed then, however that one ended.
 */
const [directory = '', ...releases] = process.argv.slice(2);
process.stdin.on('end', () => process.kill(-process.pid, 'SIGTERM')).resume();

try {
  for (const wanted of releases) {
    const began = performance.now();
    const [kubernetes = '', ...only] = wanted.split('+');
    const { built } = await buildMirror({ kubernetes, directory, ...(only.length === 0 ? {} : { only }) });
    const seconds = Math.round((performance.now() - began) / 1000);
    if (built.length > 0)
      process.stdout.write(`  Kubernetes ${wanted}: ${built.length} things were built beside the tests in ${seconds} s\n`);
  }
  process.exit();
} catch (error) {
  process.stdout.write(`  the build beside the tests failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
