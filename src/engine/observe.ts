import { type KclusterError, UnreachableError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { asKclusterError } from './failures.ts';
import type { Observations } from './observation.ts';
import { type Probe, probeKey } from './probe.ts';
import { endOfLook, writeProbeScript } from './probe-script.ts';
import { readObservations } from './read-observations.ts';

function unique(probes: readonly Probe[]): readonly Probe[] {
  return [...new Map(probes.map((probe) => [probeKey(probe), probe])).values()];
}

export interface ObserveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Credentials that a probe needs; they travel beside the script, so that no log has them. */
  readonly input?: string | undefined;
}

/** Asks all probes of one host in one round trip. @throws UnreachableError when the host's shell cannot answer */
export async function observeHost(host: Host, probes: readonly Probe[], { signal, input }: ObserveOptions = {}): Promise<Observations> {
  const questions = unique(probes);
  const options = {
    title: `observe (${questions.length} probes)`,
    timeoutMs: 60_000,
    ...(signal === undefined ? {} : { signal }),
    ...(input === undefined ? {} : { stdin: input }),
  };
  const result = await host.run(writeProbeScript(questions), options);
  if (result.code !== 0) {
    throw new UnreachableError(`the look at the host ended with status ${result.code}`, {
      node: host.node,
      output: result.stderr,
      remedy: 'check that the login gives a root shell with coreutils and systemd',
    });
  }
  if (!result.stdout.endsWith(`${endOfLook}\n`)) {
    throw new UnreachableError('the look at the host was cut off before its end', {
      node: host.node,
      output: result.stderr,
      remedy: 'run again; nothing was changed',
    });
  }
  return readObservations(questions, result.stdout);
}

/** Credentials go only to hosts that are asked to use them. */
function withoutStrayInput(probes: readonly Probe[], { signal, input }: ObserveOptions): ObserveOptions {
  return probes.some(({ kind }) => kind === 'given-etcd') ? { signal, input } : { signal };
}

export interface Observed {
  readonly observations: ReadonlyMap<string, Observations>;
  readonly failures: readonly KclusterError[];
}

/** Looks at all hosts side by side; a host that cannot answer is a failure of its own and stops no other. */
export async function observeAll(
  hosts: ReadonlyMap<string, Host>,
  probesOf: (node: string) => readonly Probe[],
  onObserved: (node: string, probes: number) => void,
  options: ObserveOptions = {},
): Promise<Observed> {
  const observations = new Map<string, Observations>();
  const failures: KclusterError[] = [];
  const look = async (host: Host): Promise<void> => {
    const probes = probesOf(host.node);
    try {
      observations.set(host.node, await observeHost(host, probes, withoutStrayInput(probes, options)));
      onObserved(host.node, probes.length);
    } catch (error) {
      failures.push(asKclusterError(error, host.node));
    }
  };
  await Promise.all([...hosts.values()].map(look));
  return { observations, failures };
}
