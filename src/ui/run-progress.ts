import type { NodeName } from '../cluster/cluster.ts';
import type { RunEvent } from '../engine/events.ts';
import type { Step, StepId } from '../engine/plan.ts';
import type { KclusterError } from '../errors.ts';

export interface StepProgress {
  readonly step: Step;
  state: 'pending' | 'running' | 'done' | 'failed' | 'skipped';
  startedMs: number;
  endedMs: number;
  upload?: { readonly index: number; readonly sentBytes: number; readonly totalBytes: number } | undefined;
  wait?: { readonly condition: string; readonly attempt: number; readonly lastError: string } | undefined;
  error?: KclusterError;
}

export interface HostProgress {
  state: 'connecting' | 'looking' | 'seen' | 'failed';
}

/** Where a run stands, folded from its events; what the tree is drawn from. */
export class RunProgress {
  readonly hosts = new Map<NodeName, HostProgress>();
  readonly steps = new Map<StepId, StepProgress>();
  readonly artifacts = new Map<string, { readonly doneBytes: number; readonly totalBytes: number }>();
  /** The newest of what is no step. */
  current:
    | { readonly what: string; readonly node?: string | undefined; readonly doneBytes: number; readonly totalBytes: number }
    | undefined;
  /** Time of the newest event that has one. */
  atMs = 0;

  apply(event: RunEvent): void {
    if ('atMs' in event) this.atMs = event.atMs;
    switch (event.type) {
      case 'run-started':
        for (const node of event.nodes) this.hosts.set(node, { state: 'connecting' });
        return;
      case 'host-connected':
        this.setHost(event.node, 'looking');
        return;
      case 'host-failed':
        this.setHost(event.node, 'failed');
        return;
      case 'observed':
        this.setHost(event.node, 'seen');
        return;
      case 'artifact-progress':
        this.artifacts.set(event.artifact, { doneBytes: event.doneBytes, totalBytes: event.totalBytes });
        return;
      case 'progress':
        this.current = event;
        return;
      case 'planned':
        this.steps.clear();
        for (const step of event.plan.steps) this.stepOf(step);
        return;
      default:
        if ('step' in event) this.applyToStep(event);
    }
  }

  private setHost(node: NodeName, state: HostProgress['state']): void {
    this.hosts.set(node, { state });
  }

  private stepOf(step: Step): StepProgress {
    const known = this.steps.get(step.id);
    if (known !== undefined) return known;
    const added: StepProgress = { step, state: 'pending', startedMs: this.atMs, endedMs: this.atMs };
    this.steps.set(step.id, added);
    return added;
  }

  private applyToStep(event: Extract<RunEvent, { step: Step }>): void {
    const progress = this.stepOf(event.step);
    switch (event.type) {
      case 'step-started':
        progress.state = 'running';
        progress.startedMs = event.atMs;
        return;
      case 'action-started':
        progress.upload = undefined;
        return;
      case 'upload-progress':
        progress.upload = { index: event.index, sentBytes: event.sentBytes, totalBytes: event.totalBytes };
        return;
      case 'waiting':
        progress.upload = undefined;
        progress.wait = { condition: event.condition, attempt: event.attempt, lastError: event.lastError };
        return;
      case 'step-failed':
        progress.error = event.error;
        this.endStep(progress, 'failed', event.atMs);
        return;
      case 'step-finished':
        this.endStep(progress, 'done', event.atMs);
        return;
      case 'step-skipped':
        this.endStep(progress, 'skipped', event.atMs);
        return;
    }
  }

  private endStep(progress: StepProgress, state: 'done' | 'failed' | 'skipped', atMs: number): void {
    progress.state = state;
    progress.endedMs = atMs;
    progress.upload = undefined;
    progress.wait = undefined;
  }
}
