import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { ConfigurationError } from '../errors.ts';
import { shellQuote } from '../render/shell-quote.ts';
import { labPaths } from './paths.ts';
import { type LabMachine, type LabState, listLabsAndStates, requireLabState, requireMachine } from './state.ts';

export interface LabSshOptions {
  /** Host name; with `lab` also its short form, `cp1`. */
  readonly host: string;
  /** Absent: the lab is found by the host's name. */
  readonly lab?: string;
  readonly user: string;
  /** Words of the command; none: a login shell. */
  readonly command: readonly string[];
}

/** Arguments for the system's ssh client: the lab's key, the pinned host keys, nothing of the user's own configuration. */
export function sshArguments(lab: string, host: LabMachine, options: Pick<LabSshOptions, 'user' | 'command'>): readonly string[] {
  const paths = labPaths(lab);
  const settings = [
    `IdentityFile=${paths.identity}`,
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${paths.knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
    'LogLevel=ERROR',
  ];
  const command = options.command.length <= 1 ? options.command : [options.command.map(shellQuote).join(' ')];
  return ['-F', 'none', ...settings.flatMap((setting) => ['-o', setting]), `${options.user}@${host.address}`, ...command];
}

/** Runs ssh on this terminal; resolves with its exit status. @throws ConfigurationError when there is no such host */
export async function labSsh(options: LabSshOptions): Promise<number> {
  const { state, machine } = await findHost(options);
  const child = spawn('ssh', sshArguments(state.name, machine, options), { stdio: 'inherit' });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code !== null) return code;
  return signal === null ? 1 : 128 + constants.signals[signal];
}

async function findHost({ host, lab }: LabSshOptions): Promise<{ state: LabState; machine: LabMachine }> {
  if (lab !== undefined) {
    const state = await requireLabState(lab);
    const short = state.machines.find((machine) => machine.name === `${lab}-${host}`);
    return { state, machine: short ?? requireMachine(state, host) };
  }
  for (const state of await listLabsAndStates()) {
    const machine = state.machines.find((candidate) => candidate.name === host);
    if (machine !== undefined) return { state, machine };
  }
  throw new ConfigurationError(`no lab has a host named ${host}`, { remedy: 'See the hosts with: kcluster lab status' });
}
