import process from 'node:process';
import type { Plan } from '../../engine/plan.ts';
import { confirm } from '../../ui/confirm.ts';
import { describePlan } from '../../ui/describe-plan.ts';
import { createPaint } from '../../ui/paint.ts';
import type { Reporter } from '../../ui/reporter.ts';
import { standardOutput } from '../../ui/standard-output.ts';

/** Prints a plan for people. */
export function showPlan(plan: Plan, preface = ''): void {
  const out = standardOutput(process.stdout);
  if (preface !== '') out.write(`${preface}\n`);
  out.write(describePlan(plan, createPaint(out.colors)));
}

/** Shows the plan and asks, unless it was said beforehand that it is wanted. */
export async function confirmPlan(
  plan: Plan,
  reporter: Reporter,
  choices: { readonly yes: boolean; readonly json: boolean },
  question = 'Do this?',
  /** Shown before the plan. */
  preface = '',
): Promise<void> {
  if (choices.yes) return;
  if (!choices.json) {
    await reporter.end();
    showPlan(plan, preface);
  }
  await confirm(question);
}
