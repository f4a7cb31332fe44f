import { beforeAll, describe, expect, test } from 'vitest';
import { runOnNodes } from '../../src/app/run-on-nodes.ts';
import { runUpgrade } from '../../src/app/run-upgrade.ts';
import { isCordoned } from '../../src/cluster/live-nodes.ts';
import { hopelessStatus } from '../../src/engine/condition-script.ts';
import { StoppedError, UnreachableError } from '../../src/errors.ts';
import type { RunResult } from '../../src/host/host.ts';
import { isCordonedByUpgrade } from '../../src/phases/upgrade-phases.ts';
import { cordonWorkflow } from '../../src/workflows/nodes.ts';
import { intercepted } from './support/intercepted.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { asked, bringUpOld } from './support/old-cluster.ts';

describe('an upgrade that stops at a kubelet', { timeout: 60_000 }, () => {
  const load = useMirror();
  let old: Awaited<ReturnType<typeof bringUpOld>>;
  beforeAll(async () => {
    old = await bringUpOld(load);
  }, 60_000);

  /** The kubelet of cp-1 is not healthy again; from then on other answers may be wrong, too. */
  async function stopAtKubelet(then: (title: string) => Partial<RunResult> | undefined = () => undefined, model = old.model.copy()) {
    const session = await old.session(model);
    let failed = false;
    const hosts = intercepted(model.hosts, (title) => {
      if (title === 'wait: kubelet answers /healthz') {
        failed = true;
        return { code: hopelessStatus, stdout: 'the unit has failed' };
      }
      return failed ? then(title) : undefined;
    });
    const error = await runUpgrade({ ...session, hosts }, asked).catch((thrown: unknown) => thrown);
    const warnings = session.events.flatMap((event) =>
      event.type === 'notice' && event.level === 'warning' && event.text.includes('cordoned') ? [`${event.node}: ${event.text}`] : [],
    );
    return { error, warnings, model, cordoned: [...model.nodes].flatMap(([name, node]) => (isCordoned(node) ? [name] : [])) };
  }
  const isReason = expect.objectContaining({ message: expect.stringContaining('kubelet answers /healthz: the unit has failed') });

  test('lets its node take pods again, and says nothing of it', async () => {
    const { error, warnings, cordoned } = await stopAtKubelet();
    expect(error).toBeInstanceOf(StoppedError);
    expect(error).toEqual(isReason);
    expect([warnings, cordoned]).toEqual([[], []]);
  });

  test('and cannot uncordon tells node, reason and command, behind why it stopped', async () => {
    const { error, warnings, cordoned } = await stopAtKubelet((title) =>
      title.startsWith('nodes/uncordon-cp-1@') ? { code: 1, stderr: 'etcdserver: no leader' } : undefined,
    );
    expect(error).toEqual(isReason);
    expect(cordoned).toEqual(['cp-1']);
    expect(warnings).toEqual([
      expect.stringMatching(/^cp-1: stays cordoned: .*Uncordon cp-1: .* ended with status 1; kcluster nodes uncordon cp-1 gives it back/),
    ]);
  });

  test('and finds no API server says so of the node that it has cordoned', async () => {
    const { error, warnings } = await stopAtKubelet((title) => {
      if (title.startsWith('observe ')) throw new UnreachableError('the look failed', { node: 'cp-1' });
      return undefined;
    });
    expect(error).toEqual(isReason);
    expect(warnings).toEqual([
      expect.stringMatching(/^cp-1: stays cordoned: .*the look failed; kcluster nodes uncordon cp-1 gives it back/),
    ]);
  });

  test('knows nodes that a run before has left cordoned', async () => {
    const model = old.model.copy();
    model.stepsLeft = Number.POSITIVE_INFINITY;
    const killed = await old.session(model);
    const emit = killed.emit;
    const dying: typeof killed = {
      ...killed,
      emit: (event) => {
        if (event.type === 'step-finished' && event.step.phase === 'nodes/drain-cp-1') model.stepsLeft = 0;
        emit(event);
      },
    };
    await expect(runUpgrade(dying, asked)).rejects.toMatchObject({ exitCode: 4 });
    model.stepsLeft = Number.POSITIVE_INFINITY;
    expect(isCordonedByUpgrade(model.nodes.get('cp-1'))).toBe(true);
    const { warnings } = await stopAtKubelet((title) => {
      if (title.startsWith('observe ')) throw new UnreachableError('the look failed');
      return undefined;
    }, model);
    expect(warnings).toEqual([expect.stringMatching(/^cp-1: stays cordoned/)]);
  });

  test('a node that is given back by hand is nobody’s that an upgrade would give back', async () => {
    const { model } = await stopAtKubelet((title) => (title.startsWith('nodes/uncordon-') ? { code: 1 } : undefined));
    expect(isCordonedByUpgrade(model.nodes.get('cp-1'))).toBe(true);
    const verb = { workflow: cordonWorkflow(['cp-1'], false), nodes: ['cp-1'] };
    await runOnNodes(await old.session(model), verb, { dryRun: false, confirm: async () => undefined });
    expect(isCordoned(model.nodes.get('cp-1'))).toBe(false);
    expect(isCordonedByUpgrade(model.nodes.get('cp-1'))).toBe(false);
  });
});
