import type { RunEvent } from '../engine/events.ts';
import type { Step } from '../engine/plan.ts';
import type { KclusterError } from '../errors.ts';
import { cleanLine } from './clean-text.ts';
import { describeAction } from './describe-action.ts';
import { formatBytes, formatCount, formatDuration, formatOffset } from './format.ts';
import type { Output } from './output.ts';
import type { Reporter } from './reporter.ts';
import { summarizePlan } from './summarize-plan.ts';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** One line a fact: time since the start, node, what happened. For logs, CI and pipes. */
export class LinesReporter implements Reporter {
  private readonly out: Output;
  private nodeWidth = 1;
  private atMs = 0;
  /** What was last said about a step that waits. */
  private readonly waits = new Map<string, string>();
  private readonly artifacts = new Set<string>();
  private underWay = '';

  constructor(out: Output) {
    this.out = out;
  }

  emit(event: RunEvent): void {
    if ('atMs' in event) this.atMs = event.atMs;
    if (event.type === 'run-started') this.nodeWidth = Math.max(1, ...event.nodes.map((node) => node.length));
    const line = this.describe(event);
    if (line === undefined) return;
    const [node, text] = line;
    this.out.write(`${formatOffset(this.atMs).padStart(8)}  ${node.padEnd(this.nodeWidth)}  ${text}\n`);
  }

  async end(): Promise<void> {
    // Every line is written at once.
  }

  private describe(event: RunEvent): readonly [node: string, text: string] | undefined {
    switch (event.type) {
      case 'run-started':
        return [
          '-',
          `${event.workflow} of cluster ${event.cluster} begins on ${formatCount(event.nodes.length, 'host')} (run ${event.runId})`,
        ];
      case 'host-connected':
        return [event.node, 'connected'];
      case 'host-failed':
        return [event.node, failed('host', event.node, event.error)];
      case 'artifact-progress':
        return this.describeArtifact(event);
      case 'observed':
        return [event.node, `looked at: ${formatCount(event.probes, 'probe')}`];
      case 'planned':
        return ['-', summarizePlan(event.plan)];
      case 'step-started':
        return ofStep(event.step, `${cleanLine(event.step.title)}: ${formatCount(event.step.actions.length, 'change')} to make`);
      case 'action-started':
        return ofStep(event.step, actionText(event));
      case 'upload-progress':
        return event.sentBytes < event.totalBytes ? undefined : ofStep(event.step, `${formatBytes(event.totalBytes)} sent`);
      case 'waiting':
        return this.describeWait(event);
      case 'step-finished':
        return ofStep(event.step, `done in ${formatDuration(event.tookMs)}`);
      case 'step-failed':
        return [event.step.node, failed(event.step.phase, event.step.node, event.error)];
      case 'step-skipped':
        return ofStep(event.step, `not run: ${cleanLine(event.because)}`);
      case 'progress':
        return this.describeProgress(event);
      case 'backup-made':
        return ['-', `${event.name}: revision ${event.revision}, ${formatCount(event.keys, 'key')}, ${formatBytes(event.sizeBytes)}`];
      case 'notice':
        return [event.node ?? '-', `${event.level === 'warning' ? 'warning: ' : ''}${cleanLine(event.text)}`];
      case 'run-finished':
        return ['-', describeEnd(event)];
    }
  }

  private describeArtifact({ artifact, doneBytes, totalBytes }: EventOf<'artifact-progress'>): readonly [string, string] | undefined {
    if (doneBytes >= totalBytes) return ['-', `${artifact} is here (${formatBytes(totalBytes)})`];
    if (this.artifacts.has(artifact)) return undefined;
    this.artifacts.add(artifact);
    return ['-', `fetching ${artifact} (${formatBytes(totalBytes)})`];
  }

  /** Once when it begins, once when it is over. */
  private describeProgress({ what, node = '-', doneBytes, totalBytes }: EventOf<'progress'>): readonly [string, string] | undefined {
    const ended = doneBytes >= totalBytes;
    if (!ended && this.underWay === what) return undefined;
    this.underWay = ended ? '' : what;
    return [node, ended ? `${what}: done (${formatBytes(totalBytes)})` : `${what} (${formatBytes(totalBytes)})`];
  }

  private describeWait({ step, condition, lastError }: EventOf<'waiting'>): readonly [string, string] | undefined {
    const error = cleanLine(lastError);
    const text = `waiting until ${cleanLine(condition)}${error === '' ? '' : `: ${error}`}`;
    if (this.waits.get(step.id) === text) return undefined;
    this.waits.set(step.id, text);
    return ofStep(step, text);
  }
}

function ofStep(step: Step, text: string): readonly [string, string] {
  return [step.node, `${step.phase}: ${text}`];
}

function actionText({ step, index }: EventOf<'action-started'>): string {
  const action = step.actions[index];
  return action === undefined ? `action ${index + 1}` : describeAction(action);
}

/** Error messages begin with the node, which the line has already said. */
function failed(what: string, node: string, error: KclusterError): string {
  const message = cleanLine(error.message);
  return `${what}: FAILED: ${message.startsWith(`${node}: `) ? message.slice(node.length + 2) : message}`;
}

const outcomes = {
  'nothing-to-do': 'nothing to do',
  planned: 'planned; nothing was changed',
  done: 'done',
  failed: 'FAILED',
} as const satisfies Record<EventOf<'run-finished'>['outcome'], string>;

function describeEnd({ outcome, changed, atMs }: EventOf<'run-finished'>): string {
  const changes = outcome === 'done' || outcome === 'failed' ? `: ${formatCount(changed, 'change')} made` : '';
  return `${outcomes[outcome]}${changes} in ${formatDuration(atMs)}`;
}
