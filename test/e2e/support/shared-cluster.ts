import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, inject } from 'vitest';
import { parse } from 'yaml';
import { eventually } from './eventually.ts';
import { type Finished, runKcluster, runProgram } from './run-kcluster.ts';

const inventoryFile = inject('inventory');

/** `describe` where lab hosts run; elsewhere the tests are reported as skipped. */
export const describeOnLab = describe.skipIf(!inject('hasLab'));

interface InventoryText {
  readonly cluster: { readonly name: string; readonly ssh: { readonly identityFile: string } };
  readonly nodes: readonly { readonly name: string; readonly address: string }[];
}

const text = inventoryFile === '' ? undefined : (parse(readFileSync(inventoryFile, 'utf8')) as InventoryText);

/** The cluster that the tests share. A test that changes a host leaves it as the inventory says. */
export const shared = {
  inventory: inventoryFile,
  name: text?.cluster.name ?? '',
  nodes: text?.nodes.map((node) => node.name) ?? [],
  controlPlane: text?.nodes[0]?.name ?? '',
  stateDirectory: path.join(path.dirname(inventoryFile), '.kcluster', text?.cluster.name ?? ''),
};

/** `kcluster … -i <inventory of the shared cluster>` */
export function kcluster(...args: readonly string[]): Promise<Finished> {
  return runKcluster([...args, '-i', inventoryFile]);
}

/** Runs sh on a host as root, by the system's own ssh: what kcluster says is checked by something else. */
export async function onHost(node: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await tryOnHost(node, script);
  if (code !== 0) throw new Error(`${node}: ${script} ended with ${code}\n${stderr}`);
  return stdout;
}

export function tryOnHost(node: string, script: string): Promise<Finished> {
  const address = text?.nodes.find((candidate) => candidate.name === node)?.address ?? node;
  const key = text?.cluster.ssh.identityFile ?? '';
  const known = path.join(path.dirname(inventoryFile), 'known_hosts');
  const options = ['-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${known}`, '-o', 'LogLevel=ERROR', '-i', key];
  return runProgram('ssh', [...options, `root@${address}`, 'sh', '-s'], script);
}

/** kubectl on the control-plane host, with the operator's own kubeconfig. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  const words = args.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return onHost(shared.controlPlane, `/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf ${words}`);
}

/** Pods of a new namespace are refused until it has its service account. */
export async function apply(manifest: string): Promise<void> {
  const command = `/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - <<'MANIFEST'\n${manifest}\nMANIFEST`;
  const tried = (): Promise<Finished> => tryOnHost(shared.controlPlane, command);
  const { code, stderr } = await eventually(
    'objects are applied',
    tried,
    (run) => !run.stderr.includes('serviceaccount "default" not found'),
  );
  if (code !== 0) throw new Error(`kubectl apply ended with ${code}\n${stderr}`);
}
