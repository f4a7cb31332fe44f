import { beforeEach, describe, expect, test } from 'vitest';
import { memoryState } from './support/memory-state.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { runInit } from './support/run-init.ts';

const load = useMirror();
let model: ModelCluster;
let state: ReturnType<typeof memoryState>;
beforeEach(async () => {
  model = new ModelCluster(await load('one-control-plane-two-workers.yaml'));
  state = memoryState();
  await runInit(model, state);
}, 60_000);

/** `node op<nodes before` of each step that runs a balancer, in line with a `!`. */
async function rollout(maxUnavailable: string): Promise<readonly string[]> {
  const { plan } = await runInit(model, state, { dryRun: true, maxUnavailable });
  return plan.steps
    .filter(({ phase }) => phase === 'balancer/run')
    .map(({ node, actions, after, line }) => {
      const ops = actions.flatMap((action) => (action.kind === 'unit' ? [action.op] : []));
      const before = after.flatMap((id) => (id.startsWith('balancer/run@') ? [id.slice('balancer/run@'.length)] : []));
      return `${node} ${ops.join()}${line === undefined ? '' : '!'}${before.length === 0 ? '' : `<${before.join()}`}`;
    });
}

const editEverywhere = (path: string): void => {
  for (const { machine } of model.hosts.values()) machine.edit(path, '# as an older release wrote it\n');
};

describe('balancers of a cluster that runs', { timeout: 60_000 }, () => {
  test.each([
    ['1', ['cp-1 restart!', 'worker-1 restart!<cp-1', 'worker-2 restart!<worker-1']],
    ['2', ['cp-1 restart!', 'worker-1 restart!', 'worker-2 restart!<cp-1']],
  ])('restart in batches of %s when their unit changed', async (width, expected) => {
    editEverywhere('/etc/systemd/system/kcluster-balancer.service');
    expect(await rollout(width)).toEqual(expected);
  });

  test('reload all at once when only their list of servers changed', async () => {
    editEverywhere('/etc/kcluster/haproxy.cfg');
    expect(await rollout('1')).toEqual(['cp-1 reload', 'worker-1 reload', 'worker-2 reload']);
  });

  test('start all at once where they are down: nothing is cut', async () => {
    for (const { machine } of model.hosts.values()) {
      const seen = machine.units.get('kcluster-balancer.service');
      if (seen !== undefined) machine.units.set('kcluster-balancer.service', { ...seen, active: 'failed' });
    }
    expect(await rollout('1')).toEqual(['cp-1 start', 'worker-1 start', 'worker-2 start']);
  });
});
