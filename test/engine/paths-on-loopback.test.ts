import { spawnSync } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeConnectScript } from '../../src/engine/connect-script.ts';
import { type Listening, listenOn } from '../../src/engine/listen-on.ts';
import { answerScript } from '../../src/engine/listen-script.ts';
import { type PathAnswers, readPathAnswers } from '../../src/engine/read-path-answers.ts';
import { Sandbox } from './support/sandbox.ts';
import { ShellHost } from './support/shell-host.ts';

const here = '127.0.0.1';
const isThere = ['systemd-socket-activate', 'ss', 'curl', 'ip'].every((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0);

let sandbox: Sandbox;
let host: ShellHost;
const servers: Server[] = [];
beforeEach(() => {
  sandbox = new Sandbox();
  host = new ShellHost('a', sandbox);
  // Loopback carries more than an echo request holds, and this machine may have no ping.
  sandbox.fake('ping', 'exit 0');
});
afterEach(async () => {
  await host.close();
  for (const server of servers.splice(0)) server.close();
  sandbox[Symbol.dispose]();
});

/** A server that never says a word, as one that waits for TLS. */
async function serveSilence(): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined).on('data', () => socket.destroy()));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, here, resolve));
  return (server.address() as AddressInfo).port;
}

/** Free a moment ago. */
async function freePorts(count: number): Promise<readonly number[]> {
  const ports = await Promise.all(Array.from({ length: count }, serveSilence));
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

const listen = (ports: readonly number[], address = here): Promise<Listening> =>
  listenOn(host, address, ports, new AbortController().signal);

async function connect(ports: readonly number[]): Promise<PathAnswers> {
  const { code, stdout, stderr } = await host.run(writeConnectScript([{ address: here, ports }]));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return readPathAnswers(stdout);
}
const resultsOf = ({ ports }: PathAnswers): object => Object.fromEntries([...ports].map(([key, { result }]) => [key, result]));

describe.skipIf(!isThere && process.env.CI === undefined)('on this machine', () => {
  test('what listens is reached, from the address of this machine, with full packets both ways', async () => {
    const [one = 0, two = 0] = await freePorts(2);
    const listening = await listen([one, two]);
    expect(listening.failed).toBeUndefined();
    const answers = await connect([one, two]);
    expect(resultsOf(answers)).toEqual({ [`${here} ${one}`]: 'reached', [`${here} ${two}`]: 'reached' });
    expect(answers.ports.get(`${here} ${one}`)).toMatchObject({ own: here, seen: here, connectMs: expect.any(Number) });
    expect(answers.widths.get(here)).toEqual({ interfaceMTU: 65535, passes: 65535 });
    expect(answers.addresses).toContain(here);
    await listening.stop();
  });

  test('stopped, the ports are free at once', async () => {
    const ports = await freePorts(2);
    const listening = await listen(ports);
    await listening.stop();
    expect(Object.values(resultsOf(await connect(ports)))).toEqual(['refused', 'refused']);
  });

  test('when nobody reads any more, the listener goes by itself', async () => {
    const [port = 0] = await freePorts(1);
    await listen([port]);
    await host.stopReading();
    const again = await listen([port]);
    expect(resultsOf(await connect([port]))).toEqual({ [`${here} ${port}`]: 'reached' });
    await again.stop();
  });

  test('a port that somebody has is left to him, and is reached all the same', async () => {
    const [free = 0] = await freePorts(1);
    const held = await serveSilence();
    const listening = await listen([held, free]);
    expect(listening.failed).toBeUndefined();
    const answers = await connect([held, free]);
    expect(answers.ports.get(`${here} ${held}`)).toMatchObject({ result: 'reached', own: here });
    expect(answers.ports.get(`${here} ${held}`)?.seen).toBeUndefined();
    expect(answers.ports.get(`${here} ${free}`)).toMatchObject({ result: 'reached', seen: here });
    await listening.stop();
  });

  test('nothing to open is no failure', async () => {
    const held = await serveSilence();
    const listening = await listen([held]);
    expect(listening.failed).toBeUndefined();
    await listening.stop();
    expect(resultsOf(await connect([held]))).toEqual({ [`${here} ${held}`]: 'reached' });
  });

  test('an address that the host does not have is said', async () => {
    const [port = 0] = await freePorts(1);
    const listening = await listen([port], '192.0.2.77');
    expect(listening.failed).toBe('cannot listen on 192.0.2.77');
    await listening.stop();
  });

  test('without the program that listens nothing is made up', async () => {
    for (const name of ['sh', 'ss', 'awk', 'cat', 'timeout', 'sleep'])
      sandbox.fake(name, `exec "$(PATH=/usr/bin:/bin command -v ${name})" "$@"`);
    const follow = host.follow.bind(host);
    host.follow = (script, ...rest) => follow(`PATH=${sandbox.bin}\n${script.replace('PATH=$PATH:/usr/sbin:/sbin', '')}`, ...rest);
    const listening = await listen([1]);
    expect(listening.failed).toBe('systemd-socket-activate is missing');
    await listening.stop();
  });

  test('targets are many; each answers for itself', async () => {
    const [one = 0] = await freePorts(1);
    const listening = await listen([one]);
    const targets = ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((address) => ({ address, ports: [one] }));
    const { stdout } = await host.run(writeConnectScript(targets));
    expect(resultsOf(readPathAnswers(stdout))).toEqual({
      [`127.0.0.1 ${one}`]: 'reached',
      [`127.0.0.2 ${one}`]: 'refused',
      [`127.0.0.3 ${one}`]: 'refused',
    });
    await listening.stop();
  });

  test('no target: the addresses of the host, and no complaint', async () => {
    const { code, stdout } = await host.run(writeConnectScript([]));
    expect(code).toBe(0);
    expect(readPathAnswers(stdout)).toMatchObject({ ports: new Map(), widths: new Map() });
    expect(readPathAnswers(stdout).addresses).toContain(here);
  });

  test('nothing is left behind', async () => {
    const [port = 0] = await freePorts(1);
    const listening = await listen([port]);
    await connect([port]);
    await listening.stop();
    expect(sandbox.list('tmp')).toEqual([]);
  });
});

describe('echo requests', () => {
  /** Answers requests up to that size. */
  const pingUpTo = (bytes: number, complaint: string): void =>
    sandbox.fake(
      'ping',
      `for a; do [ "$last" = -s ] && size=$a; last=$a; done; [ "$size" -le ${bytes - 28} ] && exit 0; echo '${complaint}'; exit 1`,
    );

  test.skipIf(!isThere)('the largest that comes through is found, silently or told', async () => {
    pingUpTo(1420, '0 received');
    expect((await connect([1])).widths.get(here)).toEqual({ interfaceMTU: 65535, passes: 1420, lost: 'silently' });
    pingUpTo(1420, 'From 10.0.0.1 icmp_seq=1 Frag needed and DF set (mtu = 1420)');
    expect((await connect([1])).widths.get(here)).toEqual({ interfaceMTU: 65535, passes: 1420, lost: 'told' });
  });

  test.skipIf(!isThere)('that nobody answers tell nothing', async () => {
    pingUpTo(0, '0 received');
    expect((await connect([1])).widths.get(here)).toEqual({ interfaceMTU: 65535 });
  });
});

test('an answer tells where a request came from and gives back as much as came, and nothing of the host', async () => {
  sandbox.fake('ss', 'echo nothing');
  const { stdout } = await sandbox.run(answerScript, { stdin: `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello` });
  expect(stdout).toBe('HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nkcluster saw \n\0\0\0\0\0');
});

test.each(['', 'x', '-1', '99999999999', '1e9', '$(id)'])('an answer to content of length %j is short', async (length) => {
  const { stdout, stderr } = await sandbox.run(answerScript, { stdin: `GET / HTTP/1.1\r\nContent-Length: ${length}\r\n\r\n` });
  expect(stdout).toBe('HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nkcluster saw \n');
  expect(stderr).toBe('');
});
