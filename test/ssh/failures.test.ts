import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Harness } from './harness.ts';

interface RawServer extends AsyncDisposable {
  readonly port: number;
}

/** Anything that listens, but no SSH server. */
async function listen(onSocket: (socket: Socket) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Endless output that respects neither reader nor memory. */
function flood(socket: Socket, text: string): void {
  const write = () => {
    while (!socket.destroyed && socket.write(text));
  };
  socket.on('drain', write);
  write();
}

describe('a host that cannot be reached is an error with its reason and remedy:', () => {
  test('nothing listens', async () => {
    await using harness = await Harness.create();
    const server = await harness.server();
    await server.close();
    await expect(harness.connect(harness.node(server))).rejects.toMatchObject({
      name: 'UnreachableError',
      exitCode: 4,
      message: `cp1: cannot reach [127.0.0.1]:${server.port}: the connection was refused`,
      details: { node: 'cp1', remedy: 'Start sshd on the host, or correct address and port.' },
    });
  });

  test('the name does not resolve', async () => {
    await using harness = await Harness.create();
    const node = { ...harness.node({ port: 22 }), address: 'no-such-host.invalid' };
    await expect(harness.connect(node)).rejects.toMatchObject({
      name: 'UnreachableError',
      message: /^cp1: cannot reach no-such-host\.invalid: (the name does not resolve|the name service gives no answer)$/,
    });
  });

  test.each([
    ['the banner never comes', () => undefined, /no SSH session within 200 ms/],
    ['it stops after the banner', (socket: Socket) => socket.write('SSH-2.0-Slow\r\n'), /no SSH session within 200 ms/],
    ['it hangs up at once', (socket: Socket) => socket.end(), /closed|lost/i],
    ['it resets the connection', (socket: Socket) => socket.resetAndDestroy(), /reset|closed|lost/i],
    ['it speaks HTTP', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /cannot reach/],
    ['it talks without end', (socket: Socket) => flood(socket, 'x'.repeat(65_536)), /cannot reach/],
    ['it greets without end', (socket: Socket) => flood(socket, 'hello\r\n'.repeat(1000)), /cannot reach/],
    ['it sends terminal commands', (socket: Socket) => socket.end('SSH-2.0-\u001b[2J\u001b]0;owned\u0007\r\n'), /cannot reach/],
  ])('%s', async (_title, onSocket, message) => {
    await using harness = await Harness.create();
    await using server = await listen(onSocket);
    const error = await harness.connect(harness.node(server), { connectTimeoutMs: 200 }).catch((failure: unknown) => failure);
    expect(error).toMatchObject({
      name: 'UnreachableError',
      exitCode: 4,
      message,
      details: { node: 'cp1', remedy: expect.stringMatching(/\w/) },
    });
    expect(String(error)).not.toMatch(/\p{Cc}/u);
  });

  test('authentication stalls', async () => {
    await using harness = await Harness.create();
    const server = await harness.server({ stallsAuthentication: true });
    await expect(harness.connect(harness.node(server), { connectTimeoutMs: 300 })).rejects.toMatchObject({
      name: 'UnreachableError',
      message: /within 300 ms/,
    });
  });

  test.each([
    ['SHA-1 key exchange', { kex: ['diffie-hellman-group14-sha1'] }],
    ['SHA-1 signatures', { serverHostKey: ['ssh-rsa'] }],
    ['CBC ciphers', { cipher: ['aes128-cbc'] }],
    ['SHA-1 message codes', { cipher: ['aes128-ctr'], hmac: ['hmac-sha1'] }],
  ] as const)('it offers only %s', async (_title, algorithms) => {
    await using harness = await Harness.create();
    const { makeKey } = await import('./test-server.ts');
    const hostKeys = [makeKey('rsa')];
    const mutable = Object.fromEntries(Object.entries(algorithms).map(([name, list]) => [name, [...list]]));
    const server = await harness.server({ hostKeys, algorithms: mutable });
    await expect(harness.connect(harness.node(server, { hostKey: hostKeys[0]?.public ?? '' }))).rejects.toMatchObject({
      name: 'UnreachableError',
      message: /no common way to talk/,
    });
    expect(server.authAttempts).toEqual([]);
  });
});

test('a signal that is aborted stops connecting', async () => {
  await using harness = await Harness.create();
  await using server = await listen(() => undefined);
  const stop = new AbortController();
  const connecting = harness.connect(harness.node(server), { signal: stop.signal });
  setTimeout(() => stop.abort(), 50);
  await expect(connecting).rejects.toMatchObject({ name: 'InterruptedError', exitCode: 130 });
  await expect(harness.connect(harness.node(server), { signal: stop.signal })).rejects.toMatchObject({ name: 'InterruptedError' });
});
