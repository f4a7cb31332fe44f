import { RefusedError, StoppedError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { Action } from './action.ts';
import { forgetScript } from './actions/keep.ts';
import type { Material } from './actions/material.ts';
import { movedStatus } from './actions/shell-library.ts';
import { doneMark, writeStepScript } from './actions/step-script.ts';
import { awaitCondition } from './await-condition.ts';
import type { Emit } from './events.ts';
import { imageArchivePath } from './kinds/artifact.ts';
import type { Step } from './plan.ts';
import { takeBack } from './take-back.ts';

/** Local files behind the artifacts of a plan. */
export interface ArtifactFiles {
  /** @throws ArtifactError when the cache no longer holds it */
  fileOf(sha256: string): string;
}

export interface StepTools {
  readonly host: Host;
  /** Hosts on which questions about the cluster are asked, one after the other: those that run API servers, the likeliest first. */
  readonly controlPlaneHosts: readonly Host[];
  readonly artifacts: ArtifactFiles;
  /** Issues what the step needs and gathers its secrets. */
  prepare(step: Step): Promise<Material>;
  readonly runId: string;
  readonly emit: Emit;
  readonly elapsedMs: () => number;
  readonly signal: AbortSignal;
}

type Sendable = Extract<Action, { kind: 'binary' | 'image' | 'image-archive' | 'snapshot' }>;

function isSendable(action: Action): action is Sendable {
  if (action.kind === 'image') return action.isStaged !== true;
  return action.kind === 'binary' || action.kind === 'image-archive' || action.kind === 'snapshot';
}

/** Told no oftener than that: a bring-up sends gigabytes in small pieces. */
const progressBytes = 4 * 1024 * 1024;

async function send(step: Step, index: number, action: Sendable, tools: StepTools): Promise<void> {
  const { sha256, sizeBytes } = action;
  const path = 'path' in action ? action.path : imageArchivePath(sha256);
  const mode = action.kind === 'binary' ? 0o755 : 0o600;
  tools.emit({ type: 'action-started', step, index, atMs: tools.elapsedMs() });
  let toldBytes = 0;
  const progress = (sentBytes: number): void => {
    if (sentBytes < Math.min(toldBytes + progressBytes, sizeBytes)) return;
    toldBytes = sentBytes;
    tools.emit({ type: 'upload-progress', step, index, sentBytes, totalBytes: sizeBytes, atMs: tools.elapsedMs() });
  };
  await tools.host.upload({ source: tools.artifacts.fileOf(sha256), path, sha256, sizeBytes, mode }, progress, tools.signal);
}

/** All at once: the host takes them in this order, and no other step's files come between. Nothing is under way when this ends. */
async function sendAll(step: Step, tools: StepTools): Promise<void> {
  const sent = await Promise.allSettled(
    step.actions.map(async (action, index) => {
      if (isSendable(action)) await send(step, index, action, tools);
    }),
  );
  const failed = sent.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** In etcd's words, as API servers pass them on. */
const noSpace = 'mvcc: database space exceeded';

function explainFailure(step: Step, done: number, code: number, output: string): Error {
  const action = step.actions[done];
  const what = action === undefined ? 'its end' : describeBriefly(action);
  if (code === movedStatus) {
    return new RefusedError(`the host moved since it was observed: ${output.trim()}`, {
      node: step.node,
      remedy: 'somebody else changed it: make a new plan and look at it',
    });
  }
  return new StoppedError(`${step.title}: ${what} ended with status ${code}`, {
    node: step.node,
    output,
    remedy: output.includes(noSpace)
      ? 'etcd has no space left within its quota: kcluster etcd reclaim makes room, then run again'
      : 'mend the cause on that host, and run again: it goes on from here',
  });
}

function describeBriefly(action: Action): string {
  if ('path' in action) return `${action.kind} ${action.path}`;
  if ('unit' in action) return `${'op' in action ? action.op : action.kind} ${action.unit}`;
  if ('node' in action) return `${action.kind} ${action.node}`;
  return 'name' in action ? `${action.kind} ${action.name}` : action.kind;
}

/** What rewrites much data says itself how long that may take. */
function timeoutOf({ actions }: Step): number {
  const long = actions.map((action) => (action.kind === 'etcd-defrag' || action.kind === 'etcd-compact' ? action.timeoutSeconds : 0));
  return 600_000 + long.reduce((sum, seconds) => sum + seconds * 1000, 0);
}

/** All actions of a step in one script, after its files were sent. */
async function act(step: Step, tools: StepTools): Promise<void> {
  await sendAll(step, tools);
  if (step.actions.length === 0) return;
  const material = await tools.prepare(step);
  const script = writeStepScript(step, [...step.actions.entries()], material, tools.runId);
  tools.signal.throwIfAborted();
  // Not given the signal: an interrupt lets a script that writes come to its end.
  const result = await tools.host.run(script, { title: step.id, timeoutMs: timeoutOf(step) });
  if (result.code === 0) return;
  const done = result.stdout.split('\n').filter((line) => line.startsWith(doneMark)).length;
  throw explainFailure(step, done, result.code, result.stderr);
}

const askedOnControlPlane: ReadonlySet<string> = new Set(['nodes-ready', 'deployment-available', 'node-drained']);

async function awaitGate(step: Step, tools: StepTools): Promise<void> {
  for (const condition of step.gate) {
    const hosts = askedOnControlPlane.has(condition.test.kind) ? tools.controlPlaneHosts : [tools.host];
    const onWaiting = ({ attempt, lastError }: { attempt: number; lastError: string }): void =>
      tools.emit({ type: 'waiting', step, condition: condition.title, attempt, lastError, atMs: tools.elapsedMs() });
    await awaitCondition(hosts, condition, onWaiting, tools.signal);
  }
}

/** Carries out one step: sends, acts, then awaits its gate; a step that kept what it replaces is taken back when it fails. */
export async function runStep(step: Step, tools: StepTools): Promise<void> {
  const kept = step.actions.find((action) => action.kind === 'keep');
  try {
    await act(step, tools);
    await awaitGate(step, tools);
  } catch (error) {
    if (kept === undefined || tools.signal.aborted) throw error;
    throw await takeBack(kept, error, { emit: tools.emit, host: tools.host, awaitGate: () => awaitGate(step, tools) });
  }
  if (kept !== undefined) await tools.host.run(forgetScript(kept), { title: `${step.id}: forget what was kept` });
}
