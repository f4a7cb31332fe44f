import { performance } from 'node:perf_hooks';
import type { Notice, RunEvent } from '../engine/events.ts';
import { cleanLine } from './clean-text.ts';
import {
  describeArtifacts,
  describeCurrent,
  describeFetch,
  describeHosts,
  describeLook,
  describePhases,
  type RowOptions,
} from './describe-rows.ts';
import type { Output } from './output.ts';
import { createPaint, type Paint } from './paint.ts';
import type { Reporter } from './reporter.ts';
import type { Row } from './row.ts';
import { RunProgress } from './run-progress.ts';
import { TaskList } from './task-list.ts';

const refreshMs = 250;
/** Lines of the screen kept for what is under way below the rows. */
const spareLines = 10;
const shownNotices = 3;

/** A part of the run drawn as one list; between two of them the screen stands still. */
interface Scene {
  readonly name: 'look' | 'fetch' | 'apply' | 'progress';
  readonly list: TaskList;
  readonly timer: NodeJS.Timeout;
  readonly describe: (options: RowOptions) => readonly Row[];
  /** What was said while it was drawn; stays on the screen below it. */
  readonly notices: Notice[];
}

/** Rows that move, for a person at a terminal. Hosts are rows; when they are more than fit, phases are. */
export class TreeReporter implements Reporter {
  private readonly out: Output;
  private readonly paint: Paint;
  private readonly clock: () => number;
  private readonly progress = new RunProgress();
  /** Clock when the newest event came: the time of the run goes on between events. */
  private eventAt = 0;
  private scene: Scene | undefined;
  /** Scenes are drawn one after the other. */
  private drawn: Promise<void> = Promise.resolve();

  constructor(out: Output, clock: () => number = () => performance.now()) {
    this.out = out;
    this.paint = createPaint(out.colors);
    this.clock = clock;
  }

  emit(event: RunEvent): void {
    // Each of these is a list of its own, which stands when the next one begins.
    if (event.type === 'progress' && this.progress.current?.what !== event.what) this.close();
    this.progress.apply(event);
    if ('atMs' in event) this.eventAt = this.clock();
    switch (event.type) {
      case 'run-started':
        this.open('look', (options) => [describeLook(this.progress, options)]);
        return;
      case 'artifact-progress':
        if (this.scene === undefined) this.open('fetch', (options) => [describeFetch(this.progress, options)]);
        return;
      case 'progress':
        if (this.scene?.name !== 'progress') this.open('progress', (options) => [describeCurrent(this.progress, options)]);
        return;
      case 'step-started':
      case 'step-skipped':
        this.openApply();
        return;
      case 'planned':
      case 'backup-made':
      case 'run-finished':
        this.close();
        return;
      case 'notice':
        if (this.scene === undefined) this.enqueue(async () => this.write(event));
        else this.scene.notices.push(event);
    }
  }

  async end(): Promise<void> {
    this.close();
    await this.drawn;
  }

  private openApply(): void {
    if (this.scene?.name === 'apply') return;
    const nodes = new Set([...this.progress.steps.values()].map(({ step }) => step.node));
    const describe = nodes.size > Math.max(1, this.out.rows - spareLines) ? describePhases : describeHosts;
    this.open('apply', (options) => [...describe(this.progress, options), this.describeFooter(options)]);
  }

  private open(name: Scene['name'], describe: Scene['describe']): void {
    this.close();
    const list = new TaskList(this.out, describe(this.rowOptions(false)));
    const timer = setInterval(() => list.update(describe(this.rowOptions(false))), refreshMs);
    const notices: Notice[] = [];
    this.scene = { name, list, timer, describe, notices };
    this.enqueue(async () => {
      await list.run();
      for (const notice of notices) this.write(notice);
    });
  }

  private close(): void {
    if (this.scene === undefined) return;
    const { list, timer, describe } = this.scene;
    clearInterval(timer);
    list.update(describe(this.rowOptions(true)));
    this.scene = undefined;
  }

  /** Drawing must never be what breaks a run. */
  private enqueue(draw: () => Promise<void>): void {
    this.drawn = this.drawn.then(draw).catch((error: unknown) => this.out.write(`progress cannot be shown: ${cleanLine(String(error))}\n`));
  }

  private rowOptions(ended: boolean): RowOptions {
    return { ended, nowMs: this.progress.atMs + this.clock() - this.eventAt };
  }

  private describeFooter({ ended }: RowOptions): Row {
    const notices = (this.scene?.notices ?? []).slice(-shownNotices).map(describeNotice);
    return { id: '', title: '', lines: ended ? [] : [...describeArtifacts(this.progress), ...notices], state: ended ? 'done' : 'running' };
  }

  private write(notice: Notice): void {
    this.out.write(`${this.paint(notice.level === 'warning' ? 'yellow' : 'dim', describeNotice(notice))}\n`);
  }
}

function describeNotice({ level, node, text }: Notice): string {
  return `${level === 'warning' ? 'warning: ' : ''}${node === undefined ? '' : `${node}: `}${cleanLine(text)}`;
}
