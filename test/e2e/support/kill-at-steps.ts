import { type Ended, type JsonEvent, runUntil } from './run-until.ts';

export interface Swept extends Ended {
  /** Whether it came to the step at which the killing ends. */
  readonly struck: boolean;
  /** What it said last of a step. */
  readonly last: string;
}

interface Run {
  killed: boolean;
  last: string;
  readonly running: Set<string>;
  struck?: Promise<unknown>;
}

const stepsOf = ({ steps }: JsonEvent): readonly string[] => (steps as readonly { readonly step: string }[]).map(({ step }) => step);

/** Runs a verb again and again by `--json` and kills it at each of its steps once: in the middle of it, or right behind it, in turns. */
export class KillAtSteps {
  /** Every step of every plan that was begun. */
  readonly planned = new Set<string>();
  /** Steps that came to their end. */
  readonly finished = new Set<string>();
  kills = 0;
  private readonly wishes = new Map<string, 'step-started' | 'step-finished'>();
  private readonly had = new Set<string>();

  /** Steps at which it was neither killed nor struck. */
  get spared(): readonly string[] {
    return [...this.planned].filter((step) => !this.had.has(step));
  }

  /** One run, killed at the first step that has had no kill yet. At one that is `until` it is not: `strike` is done then, and the run ends by itself. */
  async run(args: readonly string[], until: (step: string) => boolean, strike: (step: string) => Promise<unknown>): Promise<Swept> {
    const run: Run = { killed: false, last: '', running: new Set() };
    const ended = await runUntil(args, (event, kill) => {
      const { type, step = '' } = event;
      if (type === 'planned') for (const id of stepsOf(event)) this.planned.add(id);
      if (type !== 'step-started' && type !== 'step-finished') return;
      this.follow(run, event);
      if (until(step) && !run.killed) {
        run.struck ??= strike(step);
        this.had.add(step);
      }
      if (run.struck === undefined && this.cuts(run, event)) kill('SIGKILL');
    });
    if (run.killed) this.kills += 1;
    await run.struck;
    return { ...ended, struck: run.struck !== undefined, last: run.last };
  }

  /** Whatever began or ended before it died was cut off there, too. */
  private cuts(run: Run, { type, step = '' }: JsonEvent): boolean {
    if (!this.wishes.has(step)) this.wishes.set(step, this.wishes.size % 2 === 0 ? 'step-started' : 'step-finished');
    run.killed ||= !this.had.has(step) && this.wishes.get(step) === type;
    if (run.killed) for (const id of [step, ...run.running]) this.had.add(id);
    return run.killed;
  }

  private follow(run: Run, { type, step = '' }: JsonEvent): void {
    run.last = `${type} ${step}`;
    if (type === 'step-started') run.running.add(step);
    else run.running.delete(step);
    if (type === 'step-finished') this.finished.add(step);
  }
}
