import { expect } from 'vitest';
import type { Observations } from '../../../src/engine/observation.ts';
import type { Probe } from '../../../src/engine/probe.ts';
import { writeProbeScript } from '../../../src/engine/probe-script.ts';
import { readObservations } from '../../../src/engine/read-observations.ts';
import type { Shell } from './run-sh.ts';
import type { Sandbox } from './sandbox.ts';

/** Asks the sandbox the probes by really running their script; expects it to leave nothing behind. */
export async function look(sandbox: Sandbox, shell: Shell, probes: readonly Probe[]): Promise<Observations> {
  const result = await sandbox.run(writeProbeScript(probes), { shell });
  expect(result.code).toBe(0);
  expect(sandbox.list('tmp')).toEqual([]);
  return readObservations(probes, result.stdout);
}

export function lookAtFiles(sandbox: Sandbox, shell: Shell, paths: readonly string[]): Promise<Observations> {
  return look(
    sandbox,
    shell,
    paths.map((path) => ({ kind: 'file', path })),
  );
}
