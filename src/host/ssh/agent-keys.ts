import ssh2, {
  BaseAgent,
  createAgent,
  type IdentityCallback,
  type ParsedKey,
  type PublicKeyEntry,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';

/** An agent that shows one key only, so that no server counts the others as failed attempts. */
export class SingleKeyAgent extends BaseAgent<ParsedKey> {
  readonly #agent: BaseAgent;
  readonly key: ParsedKey;

  constructor(agent: BaseAgent, key: ParsedKey) {
    super();
    this.#agent = agent;
    this.key = key;
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    callback(undefined, [this.key]);
  }

  override sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, callback?: SignCallback): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, callback);
  }
}

/** The agent's keys, each behind its own agent; none when it does not answer. */
export function readAgentKeys(socket: string | undefined): Promise<readonly SingleKeyAgent[]> {
  if (socket === undefined || socket === '') return Promise.resolve([]);
  const agent = createAgent(socket);
  const { promise, resolve } = Promise.withResolvers<readonly SingleKeyAgent[]>();
  agent.getIdentities((error, keys) => {
    // An agent that is gone is as good as none: ssh goes on with its key files too.
    if (error || keys === undefined) return resolve([]);
    resolve(keys.flatMap((key) => asParsed(key)).map((key) => new SingleKeyAgent(agent, key)));
  });
  return promise;
}

function asParsed(key: ParsedKey | Buffer | string | PublicKeyEntry): readonly ParsedKey[] {
  const parsed = ssh2.utils.parseKey(typeof key === 'object' && 'pubKey' in key ? asBlob(key.pubKey) : key);
  return parsed instanceof Error ? [] : [parsed];
}

function asBlob(key: PublicKeyEntry['pubKey']): ParsedKey | Buffer | string {
  return typeof key === 'object' && 'pubKey' in key ? key.pubKey : key;
}
