import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { loadInventory } from '../../../src/inventory/load-inventory.ts';
import { shared } from './shared-cluster.ts';

/** Options and destination for the system's ssh client: the host's pinned key, and nobody is asked anything. */
export async function sshWords(node: string): Promise<readonly string[]> {
  const { nodes } = await loadInventory(shared.inventory);
  const found = nodes.find((candidate) => candidate.name === node);
  if (found?.ssh.identityFile === undefined) throw new RangeError(`no node ${node} with a key in the inventory`);
  const known = path.join(path.dirname(shared.inventory), 'known_hosts');
  const options = ['BatchMode=yes', 'ExitOnForwardFailure=yes', 'LogLevel=ERROR', `UserKnownHostsFile=${known}`];
  return [...options.flatMap((option) => ['-o', option]), '-i', found.ssh.identityFile, `root@${found.address}`];
}

/** Feeds a file of this machine to a command on a host. */
export async function feedToHost(node: string, file: string, command: string): Promise<void> {
  const client = spawn('ssh', [...(await sshWords(node)), command], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    client.on('close', resolve);
    client.on('error', reject);
  });
  await pipeline(createReadStream(file), client.stdin);
  const code = await ended;
  if (code !== 0) throw new Error(`${node}: ${command} ended with ${code}`);
}
