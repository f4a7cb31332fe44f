import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from './eventually.ts';
import { sshWords } from './ssh-client.ts';

export interface Tunnel {
  /** Unix socket on this machine behind which a target of the host answers. */
  socket(target: string): string;
  close(): Promise<void>;
}

/** Forwards unix sockets of this machine to `address:port` as seen from a host, so that its loopback can be asked too. */
export async function openTunnel(node: string, targets: readonly string[]): Promise<Tunnel> {
  const directory = await mkdtemp(path.join(tmpdir(), 'kcluster-tunnel-'));
  const socket = (target: string): string => path.join(directory, target.replaceAll(/[^0-9a-z]/g, '-'));
  const forwards = targets.flatMap((target) => ['-L', `${socket(target)}:${target}`]);
  const client = spawn('ssh', ['-N', ...forwards, ...(await sshWords(node))], { stdio: ['ignore', 'ignore', 'inherit'] });
  const close = async (): Promise<void> => {
    client.kill();
    await rm(directory, { recursive: true, force: true });
  };
  const missing = async () => targets.filter((target) => !existsSync(socket(target)));
  await eventually(`tunnel to ${node}`, missing, (left) => left.length === 0, 60_000).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { socket, close };
}
