import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { labDown } from '../../src/lab/lab-down.ts';
import { sshArguments } from '../../src/lab/lab-ssh.ts';
import { labUp } from '../../src/lab/lab-up.ts';
import { requireLabState, requireMachine } from '../../src/lab/state.ts';
import { eventually } from './support/eventually.ts';
import { hostPicture } from './support/host-picture.ts';
import { root, runKcluster, runProgram } from './support/run-kcluster.ts';
import { describeOnLab } from './support/shared-cluster.ts';

const lab = 'e2e-reset';
const node = `${lab}-cp1`;
const report = (): void => undefined;
const kubectl = '/opt/kcluster/bin/kubectl --cache-dir /tmp/kubectl --kubeconfig /etc/kubernetes/admin.conf';

/** Left by somebody else, some of it in the middle of what is taken away. */
const foreign = `mkdir -p /etc/cni/net.d && echo theirs >/etc/cni/net.d/99-theirs.conf
iptables -A INPUT -p tcp --dport 9999 -m comment --comment 'KUBE- is only a word here' -j ACCEPT
nft add table inet theirs
useradd --system theirs`;

const pod = `apiVersion: v1
kind: Namespace
metadata: { name: busy, labels: { pod-security.kubernetes.io/enforce: privileged } }
---
apiVersion: v1
kind: Pod
metadata: { name: busy, namespace: busy }
spec:
  volumes: [{ name: scratch, emptyDir: { medium: Memory } }]
  containers:
    - name: shell
      image: kcluster.dev/busybox:1
      imagePullPolicy: Never
      command: [sleep, '86400']
      ports: [{ containerPort: 80, hostPort: 8080 }]
      volumeMounts: [{ name: scratch, mountPath: /scratch }]
`;

async function onHost(script: string): Promise<string> {
  const machine = requireMachine(await requireLabState(lab), node);
  const { code, stdout, stderr } = await runProgram('ssh', sshArguments(lab, machine, { user: 'root', command: ['sh', '-s'] }), script);
  if (code !== 0) throw new Error(`${script} ended with ${code}\n${stderr}`);
  return stdout;
}

/** Lines that only one of two pictures has; equal pictures give none. */
function compare(before: string, after: string): readonly string[] {
  const [was, is] = [before, after].map((text) => text.split('\n'));
  const gone = was?.filter((line) => is?.includes(line) === false).map((line) => `- ${line}`) ?? [];
  const added = is?.filter((line) => was?.includes(line) === false).map((line) => `+ ${line}`) ?? [];
  return [...gone, ...added];
}

async function runBusyPod(): Promise<void> {
  const archive = path.join(inject('mirror'), 'images/kcluster.dev/busybox_1_amd64.tar');
  const machine = requireMachine(await requireLabState(lab), node);
  const words = sshArguments(lab, machine, { user: 'root', command: ['/opt/kcluster/bin/ctr -n k8s.io images import - >/dev/null 2>&1'] });
  const client = spawn('ssh', words, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(client, 'close');
  await pipeline(createReadStream(archive), client.stdin);
  const [code] = await ended;
  if (code !== 0) throw new Error(`the import of ${archive} ended with ${code}`);
  // The namespace gets its service account in a moment.
  await eventually(
    'the pod is made',
    () => onHost(`${kubectl} apply -f - <<'POD'\n${pod}POD`),
    () => true,
  );
  await onHost(`${kubectl} -n busy wait --for=condition=Ready pod/busy --timeout=120s`);
}

/** Resolves when the process is gone, killed once a step of that phase has started. */
function killDuring(phase: string, inventory: string): Promise<NodeJS.Signals | null> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals | null>();
  const child = spawn(process.execPath, [path.join(root, 'bin/kcluster.js'), 'reset', '--yes', '--json', '-i', inventory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{"type":"step-started"') && line.includes(`${phase}@`)) child.kill('SIGKILL');
  });
  child.on('close', (_, signal) => resolve(signal));
  return promise;
}

describeOnLab('reset', () => {
  let inventory = '';
  let before = '';

  beforeAll(async () => {
    await labDown(lab, report);
    ({ inventory } = await labUp({ name: lab, controlPlanes: 1, workers: 0, etcd: 0, mirror: inject('mirror'), install: true, report }));
    await onHost(foreign);
    // A host answers before it has booted to the end.
    await onHost('systemctl is-system-running --wait || true');
    before = await onHost(hostPicture);
    const { code, stderr } = await runKcluster(['init', '--yes', '-i', inventory]);
    if (code !== 0) throw new Error(stderr);
    await runBusyPod();
  });
  afterAll(() => labDown(lab, report));

  test('is refused with the inventory of another cluster', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'kcluster-other-'));
    try {
      const other = path.join(folder, 'inventory.yaml');
      await writeFile(other, (await readFile(inventory, 'utf8')).replace(`name: ${lab}\n`, 'name: other\n'));
      const { code, stderr } = await runKcluster(['reset', '--yes', '-i', other]);
      expect([code, stderr]).toEqual([8, expect.stringContaining(`the host belongs to cluster ${lab}, not to other`)]);
    } finally {
      await rm(folder, { recursive: true });
    }
    expect(await onHost('systemctl is-active etcd kubelet containerd')).toBe('active\nactive\nactive\n');
  });

  test('is refused when another cluster has the same name', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'kcluster-twin-'));
    try {
      const twin = path.join(folder, 'inventory.yaml');
      await writeFile(twin, await readFile(inventory, 'utf8'));
      const pki = path.join(path.dirname(inventory), '.kcluster', lab, 'pki');
      await runProgram('sh', [
        '-c',
        `mkdir -p '${folder}/.kcluster/${lab}/pki' && cp '${pki}'/* '${folder}/.kcluster/${lab}/pki/' && cp '${pki}/front-proxy-ca.crt' '${folder}/.kcluster/${lab}/pki/ca.crt'`,
      ]);
      const { code, stderr } = await runKcluster(['reset', '--yes', '-i', twin]);
      expect([code, stderr]).toEqual([8, expect.stringContaining('another one has the same name')]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each(['reset/pods', 'reset/files', 'reset/accounts'])('killed during %s, it is finished by running it again', async (phase) => {
    expect(await killDuring(phase, inventory)).toBe('SIGKILL');
    // What was sent goes on to its end on the host, or ends with the connection: either way it is done again.
    expect(await onHost('ls /var/lib/kcluster/manifest.json')).toBe('/var/lib/kcluster/manifest.json\n');
  });

  test('puts the host back to what it was, path by path and rule by rule', async () => {
    const { code, stdout, stderr } = await runKcluster(['reset', '--yes', '-i', inventory]);
    expect([code, stdout]).toEqual([0, `reset: ${node}\n`]);
    expect(stderr).not.toContain('left in place');
    expect(compare(before, await onHost(hostPicture))).toEqual([]);
  });

  test('a second time there is nothing to do, and nothing is left by saying so', async () => {
    const { code, stdout } = await runKcluster(['reset', '-i', inventory]);
    expect([code, stdout]).toEqual([0, 'nothing to do: nothing of kcluster is on these hosts\n']);
    expect(compare(before, await onHost(hostPicture))).toEqual([]);
  });

  test('afterwards init works on the same host, and reset once more with etcd’s data kept', async () => {
    expect((await runKcluster(['init', '--yes', '-i', inventory])).code).toBe(0);
    expect((await runKcluster(['plan', '-i', inventory])).stdout).toContain('Nothing to do');
    expect((await runKcluster(['reset', '--yes', '--keep-etcd-data', '-i', inventory])).code).toBe(0);
    const kept = compare(before, await onHost(hostPicture));
    expect(kept.filter((line) => !line.includes('/var/lib/etcd/kcluster-kept-'))).toEqual([]);
    expect(kept.some((line) => line.endsWith('/member/wal'))).toBe(true);
  });
});
