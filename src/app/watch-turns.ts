import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { UpgradeSettings } from '../cluster/cluster.ts';
import type { Plan, Step } from '../engine/plan.ts';
import { StoppedError } from '../errors.ts';
import { endsOfTurns } from '../upgrade/node-turns.ts';
import type { Session } from './session.ts';

/** Does what belongs around a step, and the step. */
export type Around = (step: Step, perform: (step: Step) => Promise<void>) => Promise<void>;

export interface TurnChoices extends UpgradeSettings {
  /** Asked before each node; rejects when it is not to be touched. */
  readonly confirmNode?: (node: string) => Promise<void>;
}

type Means = Pick<Session, 'cluster' | 'emit' | 'signal'>;

/** A command of the operator, on his machine. @throws StoppedError when it does not end with 0 */
async function runHook(command: string, when: 'before' | 'after', node: string, { cluster, emit, signal }: Means): Promise<void> {
  const env = { ...process.env, KCLUSTER_NODE: node, KCLUSTER_CLUSTER: cluster.name };
  const child = spawn('sh', ['-c', command], { env, stdio: ['ignore', 'pipe', 'pipe'], signal });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve);
    child.on('error', reject);
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  for (const line of stdout.split('\n').filter((said) => said !== '')) emit({ type: 'notice', level: 'info', node, text: line });
  if (code === 0) return;
  throw new StoppedError(`the hook ${when} the node ended with status ${code}`, {
    node,
    output: stderr,
    remedy: `see to what cluster.upgrade.${when}Node says, and run again: it goes on from here`,
  });
}

/** Questions, hooks and a time of watching around each node's turn. */
export function watchTurns(plan: Plan, choices: TurnChoices, means: Means): Around {
  const { first, last } = endsOfTurns(plan.steps);
  const { soakSeconds = 0, beforeNode, afterNode, confirmNode } = choices;
  return async (step, perform) => {
    const [begins, ends] = [first.get(step.id), last.get(step.id)];
    if (begins !== undefined) await confirmNode?.(begins);
    if (begins !== undefined && beforeNode !== undefined) await runHook(beforeNode, 'before', begins, means);
    await perform(step);
    if (ends === undefined) return;
    if (soakSeconds > 0) {
      await delay(soakSeconds * 1000, undefined, { signal: means.signal });
      means.emit({ type: 'notice', level: 'info', node: ends, text: `watched for ${soakSeconds} s` });
      // What held then must still hold.
      await perform({ ...step, actions: [] });
    }
    if (afterNode !== undefined) await runHook(afterNode, 'after', ends, means);
  };
}
