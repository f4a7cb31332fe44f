import { homedir } from 'node:os';
import { join } from 'node:path';
import { hostLabel } from './known-hosts.ts';
import type { Hop } from './route.ts';

/** A person's answers, asked for at most once each in a run; undefined means none was given. */
export interface Questions {
  /** Passphrase of a private key file; asked again (`attempt` 2, 3) while it is wrong. */
  passphrase?(keyFile: string, attempt: number): Promise<string | undefined>;
  /** Login password of `user@host` or `user@[host]:port`, when keys did not do. */
  password?(login: string): Promise<string | undefined>;
  /** Password for sudo on the nodes; one for all of them. */
  sudoPassword?(): Promise<string | undefined>;
}

export interface CredentialsOptions extends Questions {
  /** Default: `SSH_AUTH_SOCK` is not read here; the caller passes it. */
  readonly agentSocket?: string;
  /** Where default keys are looked for. */
  readonly home?: string;
  /** Told every secret that was typed in, before it is used. */
  onSecret?(secret: string): void;
}

export interface Credentials {
  readonly agentSocket: string | undefined;
  readonly defaultKeyFiles: readonly string[];
  passphrase(keyFile: string, attempt: number): Promise<string | undefined>;
  password(hop: Hop): Promise<string | undefined>;
  sudoPassword(): Promise<string | undefined>;
}

/** Remembers each answer, so that a hundred nodes ask one question. */
export function createCredentials(options: CredentialsOptions): Credentials {
  const answers = new Map<string, Promise<string | undefined>>();
  let queue: Promise<unknown> = Promise.resolve();
  const once = (question: string, ask: () => Promise<string | undefined> | undefined) => {
    const answer = answers.get(question) ?? queue.then(() => learn(ask));
    answers.set(question, answer);
    // A person is asked one question at a time.
    queue = answer.catch(() => undefined);
    return answer;
  };
  const learn = async (ask: () => Promise<string | undefined> | undefined) => {
    const secret = await ask();
    if (secret !== undefined && secret !== '') options.onSecret?.(secret);
    return secret;
  };
  return {
    agentSocket: options.agentSocket,
    defaultKeyFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(options.home ?? homedir(), '.ssh', name)),
    passphrase: (keyFile, attempt) => once(`passphrase ${attempt} ${keyFile}`, () => options.passphrase?.(keyFile, attempt)),
    password: (hop) => {
      const login = `${hop.user}@${hostLabel(hop.host, hop.port)}`;
      return once(`password ${login}`, () => options.password?.(login));
    },
    sudoPassword: () => once('sudo', () => options.sudoPassword?.()),
  };
}
