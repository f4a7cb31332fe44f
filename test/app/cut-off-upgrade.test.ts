import { beforeAll, describe, expect, test } from 'vitest';
import { runUpgrade } from '../../src/app/run-upgrade.ts';
import { hopelessStatus } from '../../src/engine/condition-script.ts';
import type { StepId } from '../../src/engine/plan.ts';
import { StoppedError } from '../../src/errors.ts';
import { intercepted } from './support/intercepted.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import type { ModelCluster } from './support/model-cluster.ts';
import { asked, bringUpOld } from './support/old-cluster.ts';

const linkOf = (model: ModelCluster, node: string, program: string): string =>
  model.hosts.get(node)?.machine.files.get(`/opt/kcluster/bin/${program}`)?.target?.split('/').at(-2) ?? '';

describe('an upgrade that was killed between the restart of a unit and its gate', { timeout: 60_000 }, () => {
  const load = useMirror();
  let old: Awaited<ReturnType<typeof bringUpOld>>;
  beforeAll(async () => {
    old = await bringUpOld(load);
  }, 60_000);

  /** Killed once the script of that step is through. */
  async function killedAt(step: StepId): Promise<ModelCluster> {
    const model = old.model.copy();
    const session = await old.session(model);
    const emit = session.emit;
    const dying: typeof session = {
      ...session,
      emit: (event) => {
        if (event.type === 'step-started' && event.step.id === step) model.stepsLeft = 1;
        emit(event);
      },
    };
    await expect(runUpgrade(dying, asked)).rejects.toMatchObject({ exitCode: 4 });
    model.stepsLeft = Number.POSITIVE_INFINITY;
    return model;
  }

  /** Run again; a program of a release does not get well on a node. */
  async function runAgain(model: ModelCluster, sick: { program: string; release: string; gate: string; node: string }) {
    const session = await old.session(model);
    const hosts = intercepted(model.hosts, (title, node) => {
      const isSick = node === sick.node && linkOf(model, node, sick.program) === sick.release;
      return isSick && title === `wait: ${sick.gate}` ? { code: hopelessStatus, stdout: 'the unit has failed' } : undefined;
    });
    const error = await runUpgrade({ ...session, hosts }, asked).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const plans = session.events.flatMap((event) => (event.type === 'planned' ? [event.plan] : []));
    return { error, plan: plans[0], steps: session.events.flatMap((event) => (event.type === 'step-started' ? [event.step.id] : [])) };
  }

  test('gives the node its old kubelet back when the new one does not get well, and goes on once that is mended', async () => {
    const model = await killedAt('kubelet/run-cp-1@cp-1');
    expect(linkOf(model, 'cp-1', 'kubelet')).toBe('1.37.1');
    expect(model.hosts.get('cp-1')?.machine.keeps).toEqual(['kubelet-run-cp-1-1.37.1']);
    const { error, steps } = await runAgain(model, {
      program: 'kubelet',
      release: '1.37.1',
      gate: 'kubelet answers /healthz',
      node: 'cp-1',
    });
    expect(error).toBeInstanceOf(StoppedError);
    expect(error).toMatchObject({ message: expect.stringContaining('kubelet.service runs again with what it had before') });
    expect(linkOf(model, 'cp-1', 'kubelet')).toBe('1.36.5');
    expect(model.hosts.get('cp-1')?.machine.keeps).toEqual([]);
    expect(steps.filter((id) => id.startsWith('kubelet/run-cp-2'))).toEqual([]);
    const mended = await runAgain(model, { program: 'kubelet', release: 'none', gate: '', node: '' });
    expect(mended.error).toBeUndefined();
    expect([...model.hosts.keys()].map((node) => linkOf(model, node, 'kubelet'))).toEqual(Array(5).fill('1.37.1'));
  });

  test('is not refused for the member of etcd that this has left failed: it is started, awaited, and put back', async () => {
    const model = await killedAt('etcd/run-cp-2@cp-2');
    const units = model.hosts.get('cp-2')?.machine.units;
    const unit = units?.get('etcd.service');
    if (unit === undefined) throw new Error('no etcd');
    units?.set('etcd.service', { ...unit, active: 'failed', sub: 'failed' });
    const { error, plan, steps } = await runAgain(model, { program: 'etcd', release: '3.7.3', gate: 'etcd answers /readyz', node: 'cp-2' });
    expect(plan?.findings.filter(({ id }) => id === 'EtcdMember')).toMatchObject([{ severity: 'warning', node: 'cp-2' }]);
    expect(plan?.steps.find(({ id }) => id === 'etcd/run-cp-2@cp-2')?.actions.map(({ kind }) => kind)).toEqual(['keep', 'unit']);
    expect(error).toMatchObject({ exitCode: 5, message: expect.stringContaining('etcd.service runs again with what it had before') });
    expect(['cp-1', 'cp-2', 'cp-3'].map((node) => linkOf(model, node, 'etcd'))).toEqual(['3.6.16', '3.6.16', '3.6.16']);
    expect(steps.filter((id) => id.startsWith('etcd/run-cp-3'))).toEqual([]);
    expect(model.etcd.broken).toEqual([]);
  });

  test('forgets what was kept for a unit that is well, and goes on', async () => {
    const model = await killedAt('kube-apiserver/run@cp-1');
    const { error, steps } = await runAgain(model, { program: 'etcd', release: 'none', gate: '', node: '' });
    expect(error).toBeUndefined();
    expect(steps).toContain('kube-apiserver/run@cp-1');
    expect([...model.hosts.values()].flatMap(({ machine }) => machine.keeps)).toEqual([]);
  });
});
