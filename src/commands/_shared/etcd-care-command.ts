import type { CareResult } from '../../app/care-for-etcd.ts';
import type { RunChoices } from '../../app/run-workflow.ts';
import type { Session } from '../../app/session.ts';
import type { EtcdReport } from '../../cluster/etcd-report.ts';
import { ClusterCommand, type ConnectionFlags } from './cluster-command.ts';
import { confirmPlan, showPlan } from './show-plan.ts';

interface Care {
  run(session: Session, choices: Pick<RunChoices, 'dryRun' | 'confirm'>): Promise<CareResult>;
  /** Said when it was done. */
  readonly done: string;
  /** Why there is nothing to do. */
  idle(report: EtcdReport): string;
}

/** What verbs over etcd's room share: hosts without a member may be away. */
export abstract class EtcdCareCommand extends ClusterCommand {
  protected override readonly tolerant = true;

  protected async care(
    verb: string,
    flags: ConnectionFlags & { readonly 'dry-run': boolean; readonly yes: boolean; readonly json: boolean },
    { run, done, idle }: Care,
  ): Promise<void> {
    await this.withSession(verb, flags, flags.json, async (session, reporter) => {
      const { plan, applied, look } = await run(session, {
        dryRun: flags['dry-run'],
        confirm: (shown) => confirmPlan(shown, reporter, flags),
      });
      await reporter.end();
      if (flags.json) return;
      if (plan.steps.length === 0) this.log(idle(look.report));
      else if (flags['dry-run']) showPlan(plan);
      else if (applied) this.log(done);
    });
  }
}
