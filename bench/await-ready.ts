import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: { readonly 'certificate-authority-data': string } }[];
  readonly users: readonly { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } }[];
}

interface NodeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export interface ReadyQuestion {
  readonly node: string;
  /** The node's own kubeconfig, as this machine sees the file; waited for. It may ask for its own object before any role exists. */
  readonly kubeconfig: string;
  /** Of the API server. */
  readonly address: string;
  readonly signal: AbortSignal;
}

const intervalMs = 50;
const decode = (base64: string): Buffer => Buffer.from(base64, 'base64');

/** Whether a Node object is Ready. */
export function isReady(object: string): boolean {
  const { status } = JSON.parse(object) as NodeObject;
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

async function openAgent(kubeconfig: string): Promise<Agent | undefined> {
  try {
    const { clusters, users } = parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
    const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
    if (cluster === undefined || user === undefined) return undefined;
    return new Agent({
      keepAlive: true,
      maxSockets: 1,
      ca: decode(cluster['certificate-authority-data']),
      cert: decode(user['client-certificate-data']),
      key: decode(user['client-key-data']),
    });
  } catch (error) {
    // Not written yet, or written this moment.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** The body of an answer with status 200; undefined as long as there is none. */
function ask(agent: Agent, address: string, node: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ agent, host: address, port: 6443, path: `/api/v1/nodes/${node}`, timeout: 2_000 }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve(answer.statusCode === 200 ? Buffer.concat(chunks).toString() : undefined));
      answer.on('error', () => resolve(undefined));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}

/** Asks the API from this machine until the node is Ready; resolves with the time of that answer, in ms since 1970. */
export async function awaitReady({ node, kubeconfig, address, signal }: ReadyQuestion): Promise<number> {
  let agent: Agent | undefined;
  try {
    for (;;) {
      agent ??= await openAgent(kubeconfig);
      const answer = agent === undefined ? undefined : await ask(agent, address, node);
      if (answer !== undefined && isReady(answer)) return Date.now();
      await delay(intervalMs, undefined, { signal });
    }
  } finally {
    agent?.destroy();
  }
}
