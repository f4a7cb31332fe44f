import { Args } from '@oclif/core';
import type { RunChoices, RunResult } from '../../app/run-workflow.ts';
import type { Session } from '../../app/session.ts';
import { ClusterCommand, type ConnectionFlags } from './cluster-command.ts';
import { runFlags } from './run-flags.ts';
import { confirmPlan, showPlan } from './show-plan.ts';

/** What verbs over nodes share: how they run, and that hosts that are away hold nothing up. */
export abstract class NodeCommand extends ClusterCommand {
  protected override readonly tolerant = true;

  /** Runs the verb; shows the plan of a dry run, and says in one line what was done. */
  protected async runVerb(
    verb: string,
    flags: ConnectionFlags & { readonly 'dry-run': boolean; readonly yes: boolean; readonly json: boolean },
    done: string,
    run: (session: Session, choices: Pick<RunChoices, 'dryRun' | 'confirm'>) => Promise<RunResult>,
  ): Promise<void> {
    await this.withSession(verb, flags, flags.json, async (session, reporter) => {
      const { plan, applied } = await run(session, {
        dryRun: flags['dry-run'],
        confirm: (shown) => confirmPlan(shown, reporter, flags),
      });
      await reporter.end();
      if (flags.json) return;
      if (flags['dry-run']) showPlan(plan);
      else this.log(applied ? done : 'nothing to do');
    });
  }
}

/** One or more names. */
export const nodeArgs = { node: Args.string({ description: 'names of nodes', required: true, multiple: true }) };

/** Flags of verbs over nodes. */
export const nodeFlags = { 'dry-run': runFlags['dry-run'], yes: runFlags.yes, json: runFlags.json };
