import { describe, expect, test } from 'vitest';
import type { Finding, Plan } from '../../src/engine/plan.ts';
import { ConnectionLostError, InterruptedError, LockedError, PreflightError, RefusedError, UnconfirmedError } from '../../src/errors.ts';
import { formatError } from '../../src/ui/print-error.ts';
import { goodFacts } from './support/good-facts.ts';
import { memoryState } from './support/memory-state.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import type { ModelHost } from './support/model-host.ts';
import { openModelSession } from './support/model-session.ts';
import { runInit } from './support/run-init.ts';

const load = useMirror();
const workers = 'one-control-plane-two-workers.yaml';

async function modelOf(name = 'single.yaml'): Promise<ModelCluster> {
  return new ModelCluster(await load(name));
}

function hostOf(model: ModelCluster, name: string): ModelHost {
  const host = model.hosts.get(name);
  if (host === undefined) throw new Error(`no ${name}`);
  return host;
}

/** What was sent besides looks. */
const sent = (model: ModelCluster): readonly string[] =>
  [...model.hosts.values()].flatMap(({ ran, machine }) => [
    ...ran.filter((title) => !title.startsWith('observe ')),
    ...machine.uploads.keys(),
  ]);

function swapOn(model: ModelCluster, ...names: readonly string[]): void {
  for (const name of names) hostOf(model, name).override = { facts: { ...goodFacts(name), swapBytes: 1024 ** 3 } };
}

describe('findings', { timeout: 30_000 }, () => {
  test('an error stops the run with exit code 3, and nothing is changed', async () => {
    const model = await modelOf();
    swapOn(model, 'node-1');
    const state = memoryState();
    const refused = runInit(model, state);
    await expect(refused).rejects.toThrow(PreflightError);
    await expect(refused).rejects.toMatchObject({
      exitCode: 3,
      message: 'node-1: swap is on [Swap]',
      details: { remedy: expect.stringContaining('failSwapOn') },
    });
    expect(sent(model)).toEqual([]);
    expect(state.files.size).toBe(0);
  });

  test('several are one error that lists them all', async () => {
    const model = await modelOf(workers);
    swapOn(model, 'worker-1', 'worker-2');
    await expect(runInit(model)).rejects.toMatchObject({
      exitCode: 3,
      message: '2 preflight checks failed; nothing was changed',
      details: {
        failures: [{ message: 'worker-1: swap is on [Swap]' }, { message: 'worker-2: swap is on [Swap]' }],
        remedy: expect.stringContaining('--ignore-preflight'),
      },
    });
  });

  test.each(['a flag', 'the inventory'])('that %s waives are warnings of the plan', async (by) => {
    const model = await modelOf();
    swapOn(model, 'node-1');
    const cluster = { ...model.desired.cluster, ignorePreflight: by === 'the inventory' ? ['Swap'] : [] };
    const ignorePreflight = by === 'a flag' ? ['Swap'] : [];
    const { plan } = await runInit(model, undefined, { dryRun: true, ignorePreflight }, { cluster });
    expect(plan.findings).toMatchObject([{ id: 'Swap', node: 'node-1', severity: 'warning' }]);
  });

  test('the run says that it failed and changed nothing', async () => {
    const model = await modelOf();
    swapOn(model, 'node-1');
    const events: string[] = [];
    await runInit(
      model,
      undefined,
      {},
      { emit: (event) => void events.push('outcome' in event ? `${event.outcome} ${event.changed}` : event.type) },
    ).catch(() => undefined);
    expect(events.at(-1)).toBe('failed 0');
  });
});

describe('a plan only', { timeout: 30_000 }, () => {
  test('costs one look and leaves nothing behind', async () => {
    const model = await modelOf();
    const state = memoryState();
    const { plan, applied, session } = await runInit(model, state, { dryRun: true, confirm: () => Promise.reject(new Error('asked')) });
    expect(plan.steps.length).toBeGreaterThan(10);
    expect(applied).toBe(false);
    expect(session.events.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'planned', changed: 0, roundTrips: { 'node-1': 1 } });
    expect([sent(model), state.files.size]).toEqual([[], 0]);
  });

  test('is the same each time, survives JSON, and holds no secret', async () => {
    const model = await modelOf(workers);
    const first = await runInit(model);
    hostOf(model, 'cp-1').machine.remove('/etc/kubernetes/admin.conf');
    hostOf(model, 'cp-1').machine.remove('/etc/kubernetes/pki/ca.key');
    const plans = await Promise.all([1, 2].map(async () => (await runInit(model, first.session.state, { dryRun: true })).plan));
    expect(plans[0]?.steps.length).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(plans[0]))).toEqual(plans[1]);
    expect(JSON.stringify(plans[0])).not.toContain('PRIVATE KEY');
  });

  test('names what it was made from', async () => {
    const model = await modelOf(workers);
    const { plan } = await runInit(model, undefined, { dryRun: true });
    expect(plan).toMatchObject({
      apiVersion: 'kcluster/v1alpha1',
      kind: 'Plan',
      workflow: 'init',
      cluster: 'dev',
      kclusterVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
      inventorySha256: 'f'.repeat(64),
      nodes: ['cp-1', 'worker-1', 'worker-2'],
      findings: [],
    });
  });
});

describe('a confirmation', { timeout: 30_000 }, () => {
  test('that is not given leaves everything as it is', async () => {
    const model = await modelOf();
    const refused = runInit(model, undefined, { confirm: () => Promise.reject(new UnconfirmedError('not confirmed')) });
    await expect(refused).rejects.toMatchObject({ exitCode: 9 });
    expect(sent(model)).toEqual([]);
  });

  test('is asked for with the plan that is then carried out; not when there is nothing to do', async () => {
    const model = await modelOf();
    const shown: Plan[] = [];
    const confirm = async (plan: Plan): Promise<void> => void shown.push(plan);
    const { plan, session } = await runInit(model, undefined, { confirm });
    await runInit(model, session.state, { confirm });
    expect(shown).toEqual([plan]);
  });
});

describe('a plan that was reviewed', { timeout: 30_000 }, () => {
  const review = async (model: ModelCluster): Promise<Plan> => {
    const { plan } = await runInit(model, undefined, { dryRun: true });
    return JSON.parse(JSON.stringify(plan)) as Plan;
  };

  test('is carried out when nothing moved', async () => {
    const model = await modelOf();
    const reviewed = await review(model);
    expect((await runInit(model, undefined, { reviewed })).applied).toBe(true);
  });

  test('is carried out when what was found then is not found now', async () => {
    const model = await modelOf();
    const plan = await review(model);
    const gone: Finding = { id: 'BackupAge', severity: 'warning', message: 'no backup', remedy: 'make one' };
    expect((await runInit(model, undefined, { reviewed: { ...plan, findings: [gone, ...plan.findings] } })).applied).toBe(true);
  });

  const moves: Readonly<Record<string, (model: ModelCluster, plan: Plan) => Plan>> = {
    'a host': (model, plan) => {
      hostOf(model, 'node-1').machine.users.add('etcd');
      return plan;
    },
    'a finding': (model, plan) => {
      swapOn(model, 'node-1');
      return plan;
    },
    'a step of the plan': (_, plan) => ({ ...plan, steps: plan.steps.slice(1) }),
    'the inventory': (_, plan) => ({ ...plan, inventorySha256: '0'.repeat(64) }),
    'the cluster': (_, plan) => ({ ...plan, cluster: 'other' }),
    kcluster: (_, plan) => ({ ...plan, kclusterVersion: '0.0.1' }),
  };

  test.each(Object.entries(moves))('is refused with exit code 8 when %s changed', async (_, move) => {
    const model = await modelOf();
    const reviewed = move(model, await review(model));
    const refused = runInit(model, undefined, { reviewed });
    await expect(refused).rejects.toThrow(RefusedError);
    await expect(refused).rejects.toMatchObject({ exitCode: 8, details: { remedy: expect.stringContaining('kcluster plan -o') } });
    expect(sent(model)).toEqual([]);
  });
});

describe('carrying out', { timeout: 30_000 }, () => {
  test('a host that moved since the look is left alone, with exit code 8', async () => {
    const model = await modelOf();
    const { session } = await runInit(model);
    const { machine } = hostOf(model, 'node-1');
    const file = '/etc/crictl.yaml';
    machine.edit(file, 'drifted\n');
    const confirm = async (): Promise<void> => machine.edit(file, 'and drifted again\n');
    await expect(runInit(model, session.state, { confirm })).rejects.toMatchObject({
      exitCode: 8,
      message: expect.stringContaining('the host moved since it was observed: /etc/crictl.yaml is'),
    });
    expect(machine.texts.get(file)).toBe('and drifted again\n');
  });

  test('an unknown secret on a host is never overwritten', async () => {
    const model = await modelOf();
    const { session } = await runInit(model);
    const { machine } = hostOf(model, 'node-1');
    machine.edit('/etc/kubernetes/pki/ca.key', 'another cluster\n');
    await expect(runInit(model, session.state)).rejects.toMatchObject({ exitCode: 8, message: expect.stringContaining('ca.key') });
    expect(machine.texts.get('/etc/kubernetes/pki/ca.key')).toBe('another cluster\n');
  });

  test('secrets are kept by the operator before any host sees one', async () => {
    const model = await modelOf();
    const state = memoryState();
    model.actionsLeft = 0;
    await expect(runInit(model, state)).rejects.toThrow(ConnectionLostError);
    expect(model.done).toEqual([]);
    expect(state.files.has('pki/ca.key')).toBe(true);
  });

  test('a failed host takes no further step, the others do what does not need it', async () => {
    const model = await modelOf(workers);
    const broken = hostOf(model, 'worker-1');
    broken.upload = () => Promise.reject(new ConnectionLostError('the connection broke', { node: 'worker-1' }));
    const error: unknown = await runInit(model).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(formatError(error)).toContain('worker-1: the connection broke');
    expect(formatError(error)).not.toMatch(/cp-1:|worker-2:/);
    expect(model.done.filter((line) => line.includes('kubelet/run@')).length).toBeGreaterThan(0);
    expect(model.done.filter((line) => line.startsWith('kubelet/run@worker-1'))).toEqual([]);
    expect(model.done.filter((line) => line.startsWith('coredns/apply'))).toEqual([]);
  });

  test('the run tells how much of it was done', async () => {
    const model = await modelOf();
    model.actionsLeft = 20;
    const session = await openModelSession(model);
    const { events } = session;
    await runInit(model, undefined, {}, { emit: session.emit }).catch(() => undefined);
    const last = events.at(-1);
    expect(last).toMatchObject({ type: 'run-finished', outcome: 'failed' });
    const changed = last?.type === 'run-finished' ? last.changed : Number.NaN;
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThanOrEqual(20);
  });

  test('an interrupt lets what runs come to its end and starts nothing new', async () => {
    const model = await modelOf();
    const interrupt = new AbortController();
    const { emit, events } = await openModelSession(model);
    const more = {
      signal: interrupt.signal,
      emit: (event: Parameters<typeof emit>[0]) => {
        emit(event);
        if (event.type === 'step-finished') interrupt.abort();
      },
    };
    await expect(runInit(model, undefined, {}, more)).rejects.toThrow(InterruptedError);
    expect(events.filter(({ type }) => type === 'step-finished')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'step-skipped').length).toBeGreaterThan(5);
  });
});

describe('the run lock', { timeout: 30_000 }, () => {
  test('is held on every control plane, and let go whatever happens', async () => {
    const model = await modelOf('three-control-planes.yaml');
    const held = new Set<string>();
    for (const [name, host] of model.hosts) {
      const follow = host.follow.bind(host);
      host.follow = async (script, onLine, signal) => {
        held.add(name);
        signal?.addEventListener('abort', () => held.delete(name));
        return follow(script, onLine, signal);
      };
    }
    const seen: string[][] = [];
    const { emit } = await openModelSession(model);
    const more = {
      emit: (event: Parameters<typeof emit>[0]) => {
        emit(event);
        if (event.type === 'step-started') seen.push([...held].sort());
      },
    };
    model.actionsLeft = 30;
    await expect(runInit(model, undefined, {}, more)).rejects.toThrow();
    expect(new Set(seen.map((names) => names.join(' ')))).toEqual(new Set(['cp-1 cp-2 cp-3']));
    expect([...held]).toEqual([]);
  });

  test('that another run holds stops this one with exit code 6 before anything is changed', async () => {
    const model = await modelOf();
    hostOf(model, 'node-1').follow = async (_script, onLine) => {
      onLine('jane@laptop pid 7, kcluster init since noon');
      return 75;
    };
    const state = memoryState();
    const refused = runInit(model, state);
    await expect(refused).rejects.toThrow(LockedError);
    await expect(refused).rejects.toThrow('jane@laptop pid 7');
    expect([sent(model), state.files.size]).toEqual([[], 0]);
  });
});
