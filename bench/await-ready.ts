import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: { readonly 'certificate-authority-data': string } }[];
  readonly users: readonly { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } }[];
}

interface NodeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly nodeInfo?: { readonly kubeletVersion: string };
  };
}

interface Question {
  /** Of the API server. */
  readonly address: string;
  /** 50 unless said otherwise: answers cost processor time of the cluster that is measured. */
  readonly intervalMs?: number;
  readonly signal: AbortSignal;
}

export interface ReadyQuestion extends Question {
  readonly node: string;
  /** One that may ask for the node, as this machine sees the file; waited for. A node's own may before any role exists. */
  readonly kubeconfig: string;
  /** `1.37.1`: not before its kubelet is of this release. */
  readonly release?: string;
}

export interface ServesQuestion extends Question {
  /** Of the cluster, as this machine sees the file; waited for. */
  readonly caFile: string;
}

const decode = (base64: string): Buffer => Buffer.from(base64, 'base64');

/** Whether a Node object is Ready, and told of by a kubelet of a release where one is named. */
export function isReady(object: string, release?: string): boolean {
  const { status } = JSON.parse(object) as NodeObject;
  if (release !== undefined && status?.nodeInfo?.kubeletVersion !== `v${release}`) return false;
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

const newAgent = (identity: { readonly ca: Buffer; readonly cert?: Buffer; readonly key?: Buffer }): Agent =>
  new Agent({ keepAlive: true, maxSockets: 1, ...identity });

function agentOf(kubeconfig: string): Agent | undefined {
  const { clusters, users } = parse(kubeconfig) as Kubeconfig;
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
  if (cluster === undefined || user === undefined) return undefined;
  return newAgent({
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  });
}

async function openAgent(file: string, read: (text: string) => Agent | undefined): Promise<Agent | undefined> {
  try {
    return read(await readFile(file, 'utf8'));
  } catch (error) {
    // Not written yet, or written this moment.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** The body of an answer with status 200; undefined as long as there is none. */
function ask(agent: Agent, address: string, path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ agent, host: address, port: 6443, path, timeout: 2_000 }, (answer) => {
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

interface Asking {
  open(): Promise<Agent | undefined>;
  readonly path: string;
  accepts(answer: string): boolean;
}

async function awaitAnswer({ address, intervalMs = 50, signal }: Question, { open, path, accepts }: Asking): Promise<number> {
  let agent: Agent | undefined;
  try {
    for (;;) {
      agent ??= await open();
      const answer = agent === undefined ? undefined : await ask(agent, address, path);
      if (answer !== undefined && accepts(answer)) return Date.now();
      await delay(intervalMs, undefined, { signal });
    }
  } finally {
    agent?.destroy();
  }
}

/** Asks the API from this machine until the node is Ready; resolves with the time of that answer, in ms since 1970. */
export function awaitReady(question: ReadyQuestion): Promise<number> {
  const { node, kubeconfig, release } = question;
  const accepts = (answer: string): boolean => isReady(answer, release);
  return awaitAnswer(question, { open: () => openAgent(kubeconfig, agentOf), path: `/api/v1/nodes/${node}`, accepts });
}

/** Asks an API server from this machine, as nobody in particular, until it says that it is ready; resolves as `awaitReady` does. */
export function awaitServes(question: ServesQuestion): Promise<number> {
  const open = () => openAgent(question.caFile, (text) => newAgent({ ca: Buffer.from(text) }));
  return awaitAnswer(question, { open, path: '/readyz', accepts: () => true });
}
