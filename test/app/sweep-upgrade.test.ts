import { runUpgrade } from '../../src/app/run-upgrade.ts';
import { parseVersion, type Version } from '../../src/cluster/version.ts';
import { everybody, sweepVerb, type Verb } from './support/sweep-verb.ts';
import { choices } from './support/upgrade-choices.ts';

const release = parseVersion('1.36.5') as Version;
const to = parseVersion('1.37.1') as Version;

const run: Verb['run'] = async (session) => {
  const { results } = await runUpgrade(session, choices({ to }));
  const last = results.at(-1);
  if (last === undefined) throw new Error('no hop was gone');
  return last;
};

sweepVerb({
  what: 'an upgrade by one minor',
  before: everybody,
  release,
  run,
  startsOver: true,
  inventory: (cluster) => ({ ...cluster, kubernetesVersion: to }),
});
