import type { Action } from '../../../src/engine/action.ts';
import type { Material } from '../../../src/engine/actions/material.ts';
import { doneMark, writeStepScript } from '../../../src/engine/actions/step-script.ts';
import type { Step } from '../../../src/engine/plan.ts';

export function stepOf(actions: readonly Action[], more: Partial<Step> = {}): Step {
  return { id: 'toy/run@n1', phase: 'toy/run', node: 'n1', title: 'Run toy', after: [], actions, gate: [], ...more };
}

export const material: Material = {
  secret: (name) => `secret of ${name}\n`,
  issued: (id) => ({ certificate: `certificate of ${id}\n`, key: `key of ${id}\n`, kubeconfig: `kubeconfig of ${id}\n` }),
  kubeconfig: () => 'token: top-secret\n',
};

export function scriptOf(...actions: readonly Action[]): string {
  return writeStepScript(stepOf(actions), [...actions.entries()], material, 'run-1');
}

/** Indices of the actions that the script says are done. */
export function doneOf(stdout: string): number[] {
  return stdout.split('\n').flatMap((line) => (line.startsWith(`${doneMark} `) ? [Number(line.slice(doneMark.length + 1))] : []));
}
