import { Args, Flags } from '@oclif/core';
import { joinSteps } from '../app/join-steps.ts';
import { runWorkflow } from '../app/run-workflow.ts';
import { ConfigurationError, DriftFound, UnconfirmedError } from '../errors.ts';
import { initWorkflow, joinWorkflow } from '../workflows/init.ts';
import { checkNodeNames } from './_shared/check-node-names.ts';
import { ClusterCommand } from './_shared/cluster-command.ts';
import { runFlags } from './_shared/run-flags.ts';
import { saveJson } from './_shared/save-json.ts';
import { showPlan } from './_shared/show-plan.ts';

export default class PlanCommand extends ClusterCommand {
  static override description = `Show what would be done, and save it for review.

Without a verb it is a plan of init; plan join is one of join, for the nodes that are named or for all that are no part of the cluster.
A saved plan holds no secrets. \`apply\` carries out exactly that plan, or refuses when a host moved since.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -o plan.json && <%= config.bin %> apply plan.json',
    '<%= config.bin %> <%= command.id %> join worker-4 -o plan.json',
    '<%= config.bin %> <%= command.id %> --detailed-exitcode',
  ];
  static override args = {
    workflow: Args.string({ description: 'what is planned', options: ['init', 'join'], default: 'init' }),
    nodes: Args.string({ description: 'nodes that shall join; default: all that are not part of the cluster' }),
  };
  static override strict = false;
  static override flags = {
    output: Flags.string({ char: 'o', description: 'also save the plan', helpValue: 'FILE' }),
    'detailed-exitcode': Flags.boolean({ description: 'exit 10 when something is to do' }),
    json: Flags.boolean({ description: 'print the plan as JSON' }),
    'max-unavailable': runFlags['max-unavailable'],
    'ignore-preflight': runFlags['ignore-preflight'],
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(PlanCommand);
    const names = argv.slice(1).map(String);
    const joins = args.workflow === 'join';
    if (!joins && names.length > 0) {
      throw new ConfigurationError('init is planned for all nodes', { remedy: 'name nodes after plan join, or leave them out' });
    }
    const { plan } = await this.withSession('plan', flags, false, (session) => {
      checkNodeNames(session.cluster, names);
      return runWorkflow(session, joins ? joinWorkflow : initWorkflow, {
        dryRun: true,
        ...(joins ? { makeSteps: joinSteps(names) } : {}),
        ignorePreflight: flags['ignore-preflight'],
        maxUnavailable: flags['max-unavailable'],
        confirm: () => Promise.reject(new UnconfirmedError('a plan changes nothing')),
      });
    });
    if (flags.output !== undefined) await saveJson(flags.output, plan);
    if (flags.json) this.log(JSON.stringify(plan, undefined, 2));
    else showPlan(plan);
    if (!flags['detailed-exitcode'] || plan.steps.length === 0) return;
    if (joins) throw new DriftFound('nodes of the inventory are no part of the cluster yet', { remedy: 'kcluster join lets them in' });
    throw new DriftFound('the hosts differ from the inventory', { remedy: 'kcluster init brings them back' });
  }
}
