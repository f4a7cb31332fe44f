import type { KclusterError } from '../errors.ts';
import type { Plan, Step } from './plan.ts';

export interface Notice {
  readonly type: 'notice';
  readonly level: 'info' | 'warning';
  readonly node?: string;
  readonly text: string;
}

/** Everything a run tells, in order; the terminal, the plain lines, `--json` and the tests are all made from these. Times in ms since the run began. */
export type RunEvent =
  | {
      readonly type: 'run-started';
      readonly workflow: string;
      readonly cluster: string;
      readonly runId: string;
      readonly nodes: readonly string[];
    }
  | { readonly type: 'host-connected'; readonly node: string; readonly atMs: number }
  | { readonly type: 'host-failed'; readonly node: string; readonly atMs: number; readonly error: KclusterError }
  | { readonly type: 'artifact-progress'; readonly artifact: string; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly type: 'observed'; readonly node: string; readonly atMs: number; readonly probes: number }
  | { readonly type: 'planned'; readonly plan: Plan; readonly atMs: number }
  | { readonly type: 'step-started'; readonly step: Step; readonly atMs: number }
  | { readonly type: 'action-started'; readonly step: Step; readonly index: number; readonly atMs: number }
  | {
      readonly type: 'upload-progress';
      readonly step: Step;
      readonly index: number;
      readonly sentBytes: number;
      readonly totalBytes: number;
      readonly atMs: number;
    }
  | {
      readonly type: 'waiting';
      readonly step: Step;
      readonly condition: string;
      readonly attempt: number;
      readonly lastError: string;
      readonly atMs: number;
    }
  | { readonly type: 'step-finished'; readonly step: Step; readonly atMs: number; readonly tookMs: number }
  | { readonly type: 'step-failed'; readonly step: Step; readonly atMs: number; readonly error: KclusterError }
  | { readonly type: 'step-skipped'; readonly step: Step; readonly atMs: number; readonly because: string }
  /** Something long that is no step: `what` names it, for as long as it goes on. */
  | {
      readonly type: 'progress';
      readonly what: string;
      readonly node?: string;
      readonly doneBytes: number;
      readonly totalBytes: number;
      readonly atMs: number;
    }
  | {
      readonly type: 'backup-made';
      readonly name: string;
      /** Path of the archive. */
      readonly archive: string;
      readonly sizeBytes: number;
      readonly revision: number;
      readonly keys: number;
      readonly encrypted: boolean;
      readonly atMs: number;
    }
  | Notice
  | {
      readonly type: 'run-finished';
      readonly outcome: 'nothing-to-do' | 'done' | 'planned' | 'failed';
      readonly changed: number;
      readonly atMs: number;
      readonly roundTrips: Readonly<Record<string, number>>;
    };

export type Emit = (event: RunEvent) => void;
