import { readMachineFacts } from '../src/lab/machine-facts.ts';
import { awaitReady } from './await-ready.ts';
import { kubeadmCommand, kubeadmConfig } from './kubeadm-files.ts';
import { type BenchContext, type FreshLab, fileOfHost, sshCommand, withFreshLab } from './lab-host.ts';
import { readCpuSeconds } from './machine.ts';
import { prepareKubeadmHosts } from './prepare-kubeadm.ts';
import { runTimed } from './run-timed.ts';

export interface KubeadmSample {
  /** From the start of `kubeadm init` on the host until its node was Ready, seen from outside. */
  readonly readySeconds: number;
  readonly commandSeconds: number;
  readonly hostCpuSeconds: number;
  /** What kubeadm says of its phases, with the second at which it said it. */
  readonly steps: readonly { readonly atSeconds: number; readonly text: string }[];
}

const stamp = 'bench-clock';

async function measureInit(lab: FreshLab, context: BenchContext): Promise<KubeadmSample> {
  const [machine] = lab.machines;
  if (machine === undefined) throw new RangeError(`lab ${lab.name} has no host`);
  const { kubernetes } = context;
  const config = kubeadmConfig({ kubernetes, name: machine.name, address: machine.address, facts: await readMachineFacts() });
  await prepareKubeadmHosts(lab, [{ machine, config }], context);
  const cpuBefore = await readCpuSeconds(machine.cgroups);
  const waiting = new AbortController();
  const ready = awaitReady({
    node: machine.name,
    kubeconfig: fileOfHost(lab.name, machine.name, '/etc/kubernetes/kubelet.conf'),
    address: machine.address,
    signal: AbortSignal.any([context.signal, waiting.signal]),
  });
  ready.catch(() => undefined);
  const lines: { readonly text: string; readonly atMs: number }[] = [];
  try {
    // The host's own clock is this machine's, so ssh is no part of what is timed.
    const script = `echo "${stamp} $(date +%s%3N)"; ${kubeadmCommand} 2>&1; status=$?; echo "${stamp} $(date +%s%3N)"; exit $status`;
    const keep = (text: string, atMs: number): void => {
      lines.push({ text, atMs });
    };
    await runTimed(sshCommand(lab.name, machine, script), context.signal, keep).catch((error: Error) => {
      throw new Error(`${error.message}\n${lines.map(({ text }) => text).join('\n')}`);
    });
    const hostCpuSeconds = (await readCpuSeconds(machine.cgroups)) - cpuBefore;
    const [began = Number.NaN, ended = Number.NaN] = lines
      .filter(({ text }) => text.startsWith(stamp))
      .map(({ text }) => Number(text.slice(stamp.length)));
    const readyAtMs = await ready;
    return {
      readySeconds: (readyAtMs - began) / 1000,
      commandSeconds: (ended - began) / 1000,
      hostCpuSeconds,
      steps: lines.filter(({ text }) => text.startsWith('[')).map(({ text, atMs }) => ({ atSeconds: (atMs - began) / 1000, text })),
    };
  } finally {
    waiting.abort();
  }
}

/** One `kubeadm init` on a fresh host with everything preloaded. */
export function measureKubeadm(name: string, context: BenchContext): Promise<KubeadmSample> {
  return withFreshLab(name, { controlPlanes: 1, workers: 0 }, context, (lab) => measureInit(lab, context));
}
