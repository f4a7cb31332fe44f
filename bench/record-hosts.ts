// Hosts of a size that no machine has room for: a model of them is brought up in memory, and what each would answer to the look of a plan is written down.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { lookAtHosts } from '../src/app/look.ts';
import { openStateDirectory, type StateDirectory } from '../src/app/state-directory.ts';
import type { Cluster } from '../src/cluster/cluster.ts';
import type { Host } from '../src/host/host.ts';
import { loadInventory } from '../src/inventory/load-inventory.ts';
import { preflightProbes } from '../src/preflight/preflight.ts';
import { initWorkflow } from '../src/workflows/init.ts';
import { ModelCluster } from '../test/app/support/model-cluster.ts';
import { openModelSession } from '../test/app/support/model-session.ts';
import { runInit } from '../test/app/support/run-init.ts';
import { fillMirror } from '../test/app/support/tiny-mirror.ts';
import { recordedAnswer } from './recorded-answer.ts';
import { scaleInventory } from './scale-inventory.ts';

interface Scene {
  readonly directory: string;
  readonly cluster: Cluster;
  readonly state: StateDirectory;
}

/** A folder with an inventory, as an operator has it. */
async function openScene(directory: string, nodes: number, mirror: string): Promise<Scene> {
  const inventory = path.join(directory, 'inventory.yaml');
  await mkdir(path.join(directory, 'hosts'), { recursive: true });
  await writeFile(inventory, scaleInventory({ nodes, mirror }));
  const cluster = await loadInventory(inventory);
  return { directory, cluster, state: await openStateDirectory(inventory, cluster.name) };
}

async function record({ directory, cluster, state }: Scene, model: ModelCluster, hosts: ReadonlyMap<string, Host>): Promise<void> {
  const session = await openModelSession(model, { cluster, state, hosts });
  const { observations } = await lookAtHosts(session, initWorkflow, (node) => preflightProbes(cluster, node));
  for (const [node, seen] of observations) await writeFile(path.join(directory, 'hosts', node), recordedAnswer(seen));
}

/** Three folders below `directory`: `bare`, `converged`, and `joining` with one bare host more. */
async function recordHosts(directory: string, nodes: number): Promise<void> {
  const mirror = path.join(directory, 'mirror');
  const bare = await openScene(path.join(directory, 'bare'), nodes, mirror);
  const converged = await openScene(path.join(directory, 'converged'), nodes, mirror);
  const joining = await openScene(path.join(directory, 'joining'), nodes + 1, mirror);
  await fillMirror(bare.cluster, mirror);
  const model = new ModelCluster(bare.cluster);
  await record(bare, model, model.hosts);
  await runInit(model, converged.state);
  await record(converged, model, model.hosts);
  const larger = new ModelCluster(joining.cluster);
  await record(joining, larger, new Map([...larger.hosts, ...model.hosts]));
}

const [directory = '', nodes = ''] = process.argv.slice(2);
await recordHosts(directory, Number(nodes));
