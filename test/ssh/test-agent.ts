import { createServer, type Server } from 'node:net';
import ssh2, { type ParsedKey } from 'ssh2';

export interface TestAgent extends AsyncDisposable {
  readonly socket: string;
  /** Signatures made so far. */
  readonly signatures: () => number;
}

/** An ssh-agent that holds the keys. */
export async function startAgent(socket: string, privateKeys: readonly string[], passphrase?: string): Promise<TestAgent> {
  const state = { signatures: 0 };
  const keys = privateKeys.map((text) => ssh2.utils.parseKey(text, passphrase)).filter((key): key is ParsedKey => !(key instanceof Error));
  const server: Server = createServer((stream) => {
    const protocol = new ssh2.AgentProtocol(false);
    protocol.on('identities', (request) => protocol.getIdentitiesReply(request, keys));
    protocol.on('sign', (request, publicKey, data, { hash }) => {
      const key = keys.find((each) => each.getPublicSSH().equals((publicKey as ParsedKey).getPublicSSH()));
      if (key === undefined) return protocol.failureReply(request);
      state.signatures++;
      protocol.signReply(request, key.sign(data, hash));
    });
    protocol.on('error', () => stream.destroy());
    stream.on('error', () => undefined);
    stream.pipe(protocol).pipe(stream);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    signatures: () => state.signatures,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
