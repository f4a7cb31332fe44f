import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, KeyboardInteractiveAuthMethod, ParsedKey } from 'ssh2';
import { ConfigurationError } from '../../errors.ts';
import { readAgentKeys, type SingleKeyAgent } from './agent-keys.ts';
import type { Credentials } from './credentials.ts';
import { fingerprintOf } from './known-hosts.ts';
import { readPrivateKey, readPublicHalf } from './private-key.ts';
import type { Hop } from './route.ts';

/** sshd closes the connection after six failed attempts (MaxAuthTries); one is left for a password. */
const maxKeys = 5;
const maxFurtherAgentKeys = 3;

export interface AuthAttempt {
  /** As the host names it. */
  readonly method: 'publickey' | 'password' | 'keyboard-interactive';
  readonly label: string;
  /** Asked for only when the host takes the method; undefined: there is nothing to send. */
  prepare(): Promise<AnyAuthMethod | undefined>;
}

/** What was offered to one hop and what was passed over, for the message of a refusal. */
export type Tried = string[];

/**
 * Every attempt in order: the keys that were named (through the agent when it holds them), up to three more of the agent,
 * the default key files when none was named, a password. Files are read and questions asked only when their turn comes.
 * @throws ConfigurationError for a key file of the inventory that cannot be used
 */
export async function* authAttempts(node: string, hop: Hop, credentials: Credentials, tried: Tried): AsyncGenerator<AuthAttempt> {
  const agentKeys = await readAgentKeys(credentials.agentSocket);
  const offered = new Set<string>();
  const named = [...hop.requiredIdentities, ...hop.optionalIdentities];
  for (const file of named) {
    const attempt = await keyFileAttempt({ node, hop, file, agentKeys, credentials, offered, tried });
    if (attempt !== undefined && offered.size <= maxKeys) yield attempt;
  }
  if (!hop.identitiesOnly) yield* furtherAgentKeys(hop, agentKeys, offered);
  for (const file of named.length === 0 ? credentials.defaultKeyFiles : []) {
    if (offered.size >= maxKeys) break;
    const attempt = await keyFileAttempt({ node, hop, file, agentKeys, credentials, offered, tried });
    if (attempt !== undefined) yield attempt;
  }
  yield* passwordAttempts(hop, credentials);
}

interface KeyFileChoice {
  readonly node: string;
  readonly hop: Hop;
  readonly file: string;
  readonly agentKeys: readonly SingleKeyAgent[];
  readonly credentials: Credentials;
  readonly offered: Set<string>;
  readonly tried: Tried;
}

async function keyFileAttempt(choice: KeyFileChoice): Promise<AuthAttempt | undefined> {
  const { hop, file, offered } = choice;
  const publicHalf = await readPublicHalf(file);
  const held = publicHalf && choice.agentKeys.find((agent) => sameKey(agent.key, publicHalf));
  if (held !== undefined) return take(offered, held.key) ? agentAttempt(hop, held, `key ${file} from the agent`) : undefined;
  if (publicHalf !== undefined && offered.has(fingerprint(publicHalf))) return undefined;
  const read = await readPrivateKey(file, choice.credentials);
  if (read.kind === 'key') {
    if (!take(offered, read.key)) return undefined;
    const { key } = read;
    return { method: 'publickey', label: `key ${file}`, prepare: async () => ({ type: 'publickey', username: hop.user, key }) };
  }
  const why = read.kind === 'missing' ? 'there is no such file' : read.why;
  if (hop.requiredIdentities.includes(file)) {
    throw new ConfigurationError(`cannot use the key file ${file} (ssh.identityFile): ${why}`, {
      node: choice.node,
      remedy: 'Correct ssh.identityFile in the inventory, or load the key into ssh-agent with its .pub file beside it.',
    });
  }
  if (read.kind === 'unusable') choice.tried.push(`not key ${file}: ${why}`);
  return undefined;
}

function* furtherAgentKeys(hop: Hop, agentKeys: readonly SingleKeyAgent[], offered: Set<string>): Generator<AuthAttempt> {
  const further = agentKeys
    .filter((agent) => !offered.has(fingerprint(agent.key)))
    .slice(0, Math.min(maxFurtherAgentKeys, maxKeys - offered.size));
  for (const agent of further) {
    if (take(offered, agent.key)) yield agentAttempt(hop, agent, `key ${agent.key.comment || fingerprint(agent.key)} from the agent`);
  }
}

function* passwordAttempts(hop: Hop, credentials: Credentials): Generator<AuthAttempt> {
  const username = hop.user;
  yield {
    method: 'password',
    label: 'the password',
    async prepare() {
      const password = await credentials.password(hop);
      return password === undefined ? undefined : { type: 'password', username, password };
    },
  };
  yield {
    method: 'keyboard-interactive',
    label: 'the password at the prompt',
    async prepare() {
      const password = await credentials.password(hop);
      return password === undefined ? undefined : { type: 'keyboard-interactive', username, prompt: answerWith(password) };
    },
  };
}

/** Answers the plain question for a password only; a second factor is not ours to guess. */
function answerWith(password: string): KeyboardInteractiveAuthMethod['prompt'] {
  return (_name, _instructions, _language, prompts, finish) => finish(prompts.length === 1 && prompts[0]?.echo !== true ? [password] : []);
}

/**
 * Feeds the attempts to ssh2, passing over methods the host does not offer; `onEnd` hears what stopped them early.
 * A password is sent by one of its two methods only.
 */
export function authHandler(attempts: AsyncGenerator<AuthAttempt>, tried: Tried, onEnd: (error: unknown) => void): AuthHandlerMiddleware {
  const state = { passwordUsed: false };
  const isOpen = ({ method }: AuthAttempt, offered: readonly AuthenticationType[] | null) =>
    (offered === null || offered.includes(method)) && (method === 'publickey' || !state.passwordUsed);
  const advance = async (offered: readonly AuthenticationType[] | null) => {
    for (let next = await attempts.next(); next.done !== true; next = await attempts.next()) {
      const prepared = isOpen(next.value, offered) ? await next.value.prepare() : undefined;
      if (prepared === undefined) continue;
      state.passwordUsed ||= next.value.method !== 'publickey';
      tried.push(next.value.label);
      return prepared;
    }
    return undefined;
  };
  return (offered, _partial, next) => {
    advance(offered).then((method) => {
      // The types know no `false`, which is how ssh2 is told that nothing is left.
      next(method ?? (false as unknown as AnyAuthMethod));
    }, onEnd);
  };
}

function agentAttempt(hop: Hop, agent: SingleKeyAgent, label: string): AuthAttempt {
  return { method: 'publickey', label, prepare: async () => ({ type: 'agent', username: hop.user, agent }) };
}

function take(offered: Set<string>, key: ParsedKey): boolean {
  const isNew = !offered.has(fingerprint(key));
  offered.add(fingerprint(key));
  return isNew;
}

function sameKey(a: ParsedKey, b: ParsedKey): boolean {
  return a.getPublicSSH().equals(b.getPublicSSH());
}

function fingerprint(key: ParsedKey): string {
  return fingerprintOf(key.getPublicSSH());
}
