import { readMachineFacts } from '../src/lab/machine-facts.ts';
import type { LabMachine } from '../src/lab/state.ts';
import { awaitReady } from './await-ready.ts';
import { haShape, pollMs } from './ha-shape.ts';
import { balancerConfig, type KubeadmCluster, type KubeadmNode, kubeadmHaConfig, operatorScript, stamp } from './kubeadm-ha-files.ts';
import { type BenchContext, type FreshLab, fileOfHost, readHostsCpuSeconds, sshCommand, withFreshLab } from './lab-host.ts';
import { type KubeadmHostPlan, prepareKubeadmHosts } from './prepare-kubeadm.ts';
import { runTimed } from './run-timed.ts';
import { whileWaiting } from './while-waiting.ts';

export interface KubeadmPart {
  readonly part: string;
  readonly seconds: number;
}

export interface HaKubeadmSample {
  /** From the start of `kubeadm init` on its host until all nodes were Ready, seen from outside. */
  readonly readySeconds: number;
  readonly scriptSeconds: number;
  readonly scriptCpuSeconds: number;
  /** Of all hosts together. */
  readonly hostCpuSeconds: number;
  readonly parts: readonly KubeadmPart[];
}

function roleOf(machine: LabMachine, index: number): KubeadmNode['role'] {
  if (index === 0) return 'first';
  return machine.roles.includes('control-plane') ? 'control-plane' : 'worker';
}

/** The balancer has the first worker as its host: ports of control planes are taken. */
export async function describeCluster(lab: FreshLab, { kubernetes }: BenchContext): Promise<KubeadmCluster> {
  const nodes = lab.machines.map((machine, index) => ({ name: machine.name, address: machine.address, role: roleOf(machine, index) }));
  const worker = nodes.find(({ role }) => role === 'worker');
  if (worker === undefined) throw new RangeError(`lab ${lab.name} has no worker`);
  return { kubernetes, nodes, endpoint: `${worker.address}:6443`, facts: await readMachineFacts() };
}

const controlPlaneImages = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'];
const network = {
  shared: ['etc/kcluster/network.sh', 'etc/kcluster/routes', 'etc/systemd/system/kcluster-network.service'],
  units: ['kcluster-network'],
};

export function hostPlans(lab: FreshLab, cluster: KubeadmCluster): readonly KubeadmHostPlan[] {
  return lab.machines.flatMap((machine): readonly KubeadmHostPlan[] => {
    const node = cluster.nodes.find(({ name }) => name === machine.name);
    if (node === undefined) return [];
    const plan = { machine, config: kubeadmHaConfig(cluster, node), ...network };
    if (node.role !== 'worker') return [plan];
    const worker = { ...plan, without: controlPlaneImages };
    if (cluster.endpoint !== `${node.address}:6443`) return [worker];
    return [{ ...worker, files: { '/etc/haproxy/haproxy.cfg': balancerConfig(cluster) }, units: [...network.units, 'haproxy'] }];
  });
}

interface Stamp {
  readonly atMs: number;
  readonly part: string;
}

/** `bench-clock 1790000000000 join cp2` lines among others; each part lasts until the next one begins. */
export function readStamps(lines: readonly string[]): readonly Stamp[] {
  return lines
    .filter((line) => line.startsWith(`${stamp} `))
    .map((line) => line.split(' '))
    .map(([, atMs, ...part]) => ({ atMs: Number(atMs), part: part.join(' ') }));
}

export function partsOf(stamps: readonly Stamp[]): readonly KubeadmPart[] {
  return stamps.slice(0, -1).map(({ part, atMs }, index) => ({ part, seconds: ((stamps[index + 1]?.atMs ?? Number.NaN) - atMs) / 1000 }));
}

type Ssh = (node: KubeadmNode) => readonly string[];

/** Runs an operator's script on this machine. @param write makes it, from the command line that runs a word on a node */
export async function runScript(lab: FreshLab, write: (ssh: Ssh) => string, signal: AbortSignal) {
  const lines: string[] = [];
  const ssh: Ssh = ({ name }) => {
    const machine = lab.machines.find((candidate) => candidate.name === name);
    if (machine === undefined) throw new RangeError(`lab ${lab.name} has no host ${name}`);
    return sshCommand(lab.name, machine, '').slice(0, -1);
  };
  const run = await runTimed(['sh', '-c', write(ssh)], signal, (line) => lines.push(line)).catch((error: Error) => {
    throw new Error(`${error.message}\n${lines.slice(-40).join('\n')}`);
  });
  return { ...run, lines, stamps: readStamps(lines) };
}

async function measure(lab: FreshLab, context: BenchContext): Promise<HaKubeadmSample> {
  const cluster = await describeCluster(lab, context);
  await prepareKubeadmHosts(lab, hostPlans(lab, cluster), context);
  const [first] = cluster.nodes;
  if (first === undefined) throw new RangeError(`lab ${lab.name} has no host`);
  const kubeconfig = fileOfHost(lab.name, first.name, '/etc/kubernetes/admin.conf');
  const ask = (signal: AbortSignal): Promise<readonly number[]> =>
    Promise.all(
      cluster.nodes.map(({ name }) => awaitReady({ node: name, kubeconfig, address: first.address, intervalMs: pollMs, signal })),
    );
  const cpuBefore = await readHostsCpuSeconds(lab);
  const [{ run, hostCpuSeconds }, readyAtMs] = await whileWaiting(context.signal, ask, async () => ({
    run: await runScript(lab, (ssh) => operatorScript(cluster, ssh), context.signal),
    hostCpuSeconds: (await readHostsCpuSeconds(lab)) - cpuBefore,
  }));
  const [began = Number.NaN, ended = Number.NaN] = [run.stamps[0]?.atMs, run.stamps.at(-1)?.atMs];
  return {
    readySeconds: (Math.max(...readyAtMs) - began) / 1000,
    scriptSeconds: (ended - began) / 1000,
    scriptCpuSeconds: run.cpuSeconds,
    hostCpuSeconds,
    parts: partsOf(run.stamps),
  };
}

/** kubeadm's highly available bring-up on fresh hosts with everything preloaded. */
export function measureHaKubeadm(name: string, context: BenchContext): Promise<HaKubeadmSample> {
  return withFreshLab(name, haShape, context, (lab) => measure(lab, context));
}
