import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnLab, kcluster, onHost, shared } from './support/shared-cluster.ts';

describeOnLab('a saved plan', () => {
  let directory = '';
  const worker = (): string => shared.nodes[1] ?? '';

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'kcluster-plan-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('is carried out as it was reviewed', async () => {
    const file = path.join(directory, 'plan.json');
    await onHost(worker(), 'systemctl stop kube-proxy.service');
    expect((await kcluster('plan', '-o', file)).code).toBe(0);
    expect((await kcluster('apply', file, '--yes')).code).toBe(0);
    expect(await onHost(worker(), 'systemctl is-active kube-proxy.service')).toBe('active\n');
  });

  test('is refused with 8 when a host moved since', async () => {
    const file = path.join(directory, 'moved.json');
    await onHost(worker(), 'systemctl stop kube-proxy.service');
    await kcluster('plan', '-o', file);
    await onHost(worker(), 'chmod 0644 /etc/systemd/system/kube-proxy.service');
    const { code, stderr } = await kcluster('apply', file, '--yes');
    expect(code).toBe(8);
    expect(stderr).toContain('make a new plan');
    expect((await kcluster('init', '--yes')).code).toBe(0);
  });

  test('is refused with 8 when one character of it was changed', async () => {
    const file = path.join(directory, 'edited.json');
    await onHost(worker(), 'rm /etc/crictl.yaml');
    await kcluster('plan', '-o', file);
    await writeFile(file, (await readFile(file, 'utf8')).replace('/etc/crictl.yaml', '/etc/crictl.yamk'));
    expect((await kcluster('apply', file, '--yes')).code).toBe(8);
    expect((await kcluster('init', '--yes')).code).toBe(0);
  });

  test('holds no secret', async () => {
    const file = path.join(directory, 'secrets.json');
    await onHost(worker(), 'rm /etc/kubernetes/kubelet.conf');
    await kcluster('plan', '-o', file);
    expect(await readFile(file, 'utf8')).not.toMatch(/PRIVATE KEY|client-key-data/);
    expect((await kcluster('init', '--yes')).code).toBe(0);
  });
});
