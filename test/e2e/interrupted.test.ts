import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { labDown } from '../../src/lab/lab-down.ts';
import { labUp } from '../../src/lab/lab-up.ts';
import { eventually } from './support/eventually.ts';
import { root, runKcluster } from './support/run-kcluster.ts';
import { describeOnLab, kcluster, onHost, shared } from './support/shared-cluster.ts';

const lab = 'e2e-kill';

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Runs init and sends the signal when so many steps have finished; resolves when the process is gone. */
function interruptInit(inventory: string, signal: NodeJS.Signals, afterSteps: number): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const child = spawn(process.execPath, [path.join(root, 'bin/kcluster.js'), 'init', '--yes', '--json', '-i', inventory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let finished = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{"type":"step-finished"')) return;
    finished += 1;
    if (finished === afterSteps) child.kill(signal);
  });
  child.on('close', (code, by) => resolve({ code, signal: by }));
  return promise;
}

describeOnLab('a run that is stopped', () => {
  let inventory = '';
  const report = (): void => undefined;

  beforeAll(async () => {
    await labDown(lab, report);
    ({ inventory } = await labUp({ name: lab, controlPlanes: 1, workers: 0, etcd: 0, mirror: inject('mirror'), install: true, report }));
  });
  afterAll(() => labDown(lab, report));

  test('by SIGKILL, wherever, is finished by running it again', async () => {
    // Counted from what is left to do each time, so the later ones fall ever later in the bring-up.
    for (const steps of [1, 3, 6, 6]) {
      expect(await interruptInit(inventory, 'SIGKILL', steps)).toEqual({ code: null, signal: 'SIGKILL' });
    }
    expect((await interruptInit(inventory, 'SIGINT', 2)).code).toBe(130);
    const last = await runKcluster(['init', '--yes', '-i', inventory]);
    expect(last.stderr).toContain('done:');
    expect(last.code).toBe(0);
    // Controllers hold their leases, and all that was started has told so, a moment later.
    const verdict = async (): Promise<readonly unknown[]> => {
      const [plan, status] = [await runKcluster(['plan', '-i', inventory]), await runKcluster(['status', '-i', inventory])];
      return [plan.stdout.includes('Nothing to do'), status.code];
    };
    await eventually('nothing is to be done, and all is well', verdict, ([isDone, code]) => isDone === true && code === 0, 120_000);
  });
});

describeOnLab('two operators', () => {
  test('the second is told who holds the lock, and changes nothing', async () => {
    const worker = shared.nodes[1] ?? '';
    await onHost(worker, 'systemctl stop kube-proxy.service');
    await onHost(
      shared.controlPlane,
      "echo 'jane@laptop since noon' >/var/lib/kcluster/lock.holder; systemd-run -q --unit=lock-holder flock /var/lib/kcluster/lock sleep 600; until ! flock -n /var/lib/kcluster/lock true; do :; done",
    );
    try {
      const { code, stderr } = await kcluster('init', '--yes');
      expect(code).toBe(6);
      expect(stderr).toContain('jane@laptop');
      expect(await onHost(worker, 'systemctl is-active kube-proxy.service || true')).toBe('inactive\n');
    } finally {
      await onHost(shared.controlPlane, 'systemctl stop lock-holder.service');
    }
    expect((await kcluster('init', '--yes')).code).toBe(0);
    expect(await onHost(worker, 'systemctl is-active kube-proxy.service')).toBe('active\n');
  });
});
