import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { Cluster } from '../cluster/cluster.ts';
import type { Emit } from '../engine/events.ts';
import { collectFailures } from '../engine/failures.ts';
import type { Secrets } from '../engine/secrets.ts';
import type { KclusterError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { createRedactor } from '../host/redaction.ts';
import { openRunLog } from '../host/run-log.ts';
import { connectAll } from '../host/ssh/connect-all.ts';
import { connectHost } from '../host/ssh/connect-host.ts';
import { createCredentials, type Questions } from '../host/ssh/credentials.ts';
import { createHostKeyTrust, type UnknownHost } from '../host/ssh/host-key-trust.ts';
import { defaultKnownHostsFiles } from '../host/ssh/known-hosts-files.ts';
import type { SshNode } from '../host/ssh/route.ts';
import { readUserSshConfig } from '../host/ssh/user-ssh-config.ts';
import { loadInventory } from '../inventory/load-inventory.ts';
import { readGivenBackup } from './given-backup.ts';
import { readGivenEtcd } from './given-etcd.ts';
import { createIssuer, type Issuer } from './issue-material.ts';
import { openSecretStore } from './secret-store.ts';
import { openStateDirectory, type StateDirectory } from './state-directory.ts';

/** A host that has not answered by then is reported as unreachable. */
const connectTimeoutMs = 15_000;

export interface SessionOptions {
  readonly inventoryFile: string;
  /** Verb, for the run log's name. */
  readonly verb: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Nodes that are treated as declared down, whatever the inventory says. */
  readonly down?: readonly string[];
  /** Go on with the hosts that can be reached; for commands that only read. */
  readonly tolerant?: boolean;
  readonly questions: Questions;
  decideAboutHost(host: UnknownHost): Promise<'accept' | 'refuse'>;
}

/** What a run holds: the inventory, the connections, the secrets. Closed once, whatever happened. */
export interface Session {
  readonly cluster: Cluster;
  readonly inventorySha256: string;
  readonly state: StateDirectory;
  readonly secrets: Secrets;
  readonly issuer: Issuer;
  readonly hosts: ReadonlyMap<string, Host>;
  /** Connects to a machine that is no node, as its own user; closed with the session. @throws UnreachableError, ConfigurationError */
  connectTo(target: SshNode): Promise<Host>;
  /** Hosts that could not be reached, of a tolerant session. */
  readonly unreachable: readonly KclusterError[];
  readonly runId: string;
  readonly verb: string;
  readonly emit: Emit;
  readonly elapsedMs: () => number;
  readonly signal: AbortSignal;
  readonly logFile: string;
  close(): Promise<void>;
}

function makeRunId(): string {
  const at = new Date().toISOString().replace(/[-:]/g, '').slice(0, 15);
  return `${at}-${randomBytes(3).toString('hex')}`;
}

function declareDown(cluster: Cluster, names: readonly string[]): Cluster {
  if (names.length === 0) return cluster;
  return { ...cluster, nodes: cluster.nodes.map((node) => (names.includes(node.name) ? { ...node, state: 'down' as const } : node)) };
}

/** Reads the inventory and connects to every node that is not declared down. @throws KclusterError listing every host that cannot be reached */
export async function openSession(options: SessionOptions): Promise<Session> {
  const began = performance.now();
  const elapsedMs = (): number => Math.round(performance.now() - began);
  const { inventoryFile, verb, emit, signal } = options;
  const cluster = declareDown(await loadInventory(inventoryFile), options.down ?? []);
  const inventory = await readFile(inventoryFile, 'utf8');
  const inventorySha256 = createHash('sha256').update(inventory).digest('hex');
  // A command that only reads asks no etcd, and works where these files are not.
  const isReading = options.tolerant === true;
  const given = isReading
    ? new Map()
    : new Map([...(await readGivenEtcd(cluster, new Date())), ...(await readGivenBackup(cluster, inventory))]);
  const state = await openStateDirectory(inventoryFile, cluster.name);
  const runId = makeRunId();
  const redactor = createRedactor();
  const onSecret = (value: string): void => redactor.add(value);
  const logFile = state.path(`runs/${runId}-${verb.replaceAll(' ', '-')}.jsonl`);
  const log = await openRunLog(logFile, redactor);
  const secrets = await openSecretStore(cluster, state, onSecret, given);
  const nodes = cluster.nodes.filter((node) => node.state === 'present');
  emit({ type: 'run-started', workflow: verb, cluster: cluster.name, runId, nodes: nodes.map((node) => node.name) });

  const home = homedir();
  const agentSocket = process.env.SSH_AUTH_SOCK;
  const credentials = createCredentials({ ...options.questions, home, onSecret, ...(agentSocket === undefined ? {} : { agentSocket }) });
  const trust = await createHostKeyTrust({
    storeFile: state.path('known_hosts'),
    knownHostsFiles: defaultKnownHostsFiles(home),
    onUnknownHost: (host) => options.decideAboutHost(host),
  });
  const ways = { trust, credentials, log, sshConfig: await readUserSshConfig(), connectTimeoutMs, signal };
  const { hosts, failures } = await connectAll(nodes, ways);
  const others: Host[] = [];
  const connectTo = async (target: SshNode): Promise<Host> => {
    const host = await connectHost(target, { ...ways, anyUser: true });
    others.push(host);
    return host;
  };
  for (const node of hosts.keys()) emit({ type: 'host-connected', node, atMs: elapsedMs() });
  for (const error of failures) emit({ type: 'host-failed', node: error.details.node ?? '', error, atMs: elapsedMs() });
  const close = async (): Promise<void> => {
    await Promise.all([...hosts.values(), ...others].map((host) => host.close()));
    await log.close();
  };
  if (failures.length > 0 && options.tolerant !== true) {
    await close();
    throw collectFailures(failures, 'no connection');
  }
  const issuer = createIssuer(cluster, secrets, onSecret);
  return {
    cluster,
    inventorySha256,
    state,
    secrets,
    issuer,
    hosts,
    connectTo,
    unreachable: failures,
    runId,
    verb,
    emit,
    elapsedMs,
    signal,
    logFile,
    close,
  };
}
