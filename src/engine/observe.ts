import { type KclusterError, UnreachableError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { asKclusterError } from './failures.ts';
import type { Observations } from './observation.ts';
import type { Probe } from './probe.ts';
import { endOfLook } from './probe-script.ts';
import { createQuestions, type Questions } from './questions.ts';
import { readObservations } from './read-observations.ts';
import { createSharing } from './share-observations.ts';

export interface ObserveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Credentials that a probe needs; they travel beside the script, so that no log has them. */
  readonly input?: string | undefined;
}

/** Asks all probes of one host in one round trip. @throws UnreachableError when the host's shell cannot answer */
export function observeHost(host: Host, probes: readonly Probe[], options: ObserveOptions = {}): Promise<Observations> {
  return ask(host, createQuestions()(probes), options);
}

async function ask(host: Host, { probes, asked, script }: Questions, { signal, input }: ObserveOptions): Promise<Observations> {
  const options = {
    title: `observe (${probes.length} probes)`,
    timeoutMs: 60_000,
    ...(signal === undefined ? {} : { signal }),
    ...(input === undefined ? {} : { stdin: input }),
  };
  const result = await host.run(script, options);
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
  return readObservations(probes, result.stdout, asked);
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
  const questionsOf = createQuestions();
  const share = createSharing();
  const look = async (host: Host, count: number, questions: Questions): Promise<void> => {
    try {
      observations.set(host.node, share(await ask(host, questions, withoutStrayInput(questions.probes, options))));
      onObserved(host.node, count);
    } catch (error) {
      failures.push(asKclusterError(error, host.node));
    }
  };
  const looks = [...hosts.values()].map((host) => {
    const probes = probesOf(host.node);
    return look(host, probes.length, questionsOf(probes));
  });
  await Promise.all(looks);
  return { observations, failures };
}
