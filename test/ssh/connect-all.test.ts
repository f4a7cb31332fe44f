import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectAll } from '../../src/host/ssh/connect-all.ts';
import { Harness, hostKey } from './harness.ts';
import { makeKey } from './test-server.ts';

test('ten nodes: eight connected, two failures, each with its node and reason', async () => {
  await using harness = await Harness.create();
  const [good, closed, changed] = [await harness.server(), await harness.server(), await harness.server({ hostKeys: [makeKey()] })];
  await closed.close();
  const nodes = Array.from({ length: 10 }, (_, index) =>
    harness.node(index === 3 ? closed : index === 7 ? changed : good, {}, `n${index}`),
  );
  const { hosts, failures } = await connectAll(nodes, await harness.options());
  expect([...hosts.keys()]).toEqual(['n0', 'n1', 'n2', 'n4', 'n5', 'n6', 'n8', 'n9']);
  expect(failures.map((failure) => failure.message)).toEqual([
    expect.stringMatching(/^n3: .*refused/),
    expect.stringMatching(/^n7: .*host key .* changed/),
  ]);
  expect(failures.every((failure) => failure.exitCode === 4)).toBe(true);
  const answers = await Promise.all([...hosts].map(async ([name, host]) => [name, host.node, (await host.run('echo a')).stdout]));
  expect(answers).toEqual([...hosts.keys()].map((name) => [name, name, 'a\n']));
  await Promise.all([...hosts.values()].map((host) => host.close()));
});

test('behind one jump host at most eight handshakes are under way', async () => {
  await using harness = await Harness.create();
  const state = { open: 0, most: 0 };
  const target = await harness.server();
  const jump = await harness.server({
    onConnection: (connection) => {
      state.open++;
      state.most = Math.max(state.most, state.open);
      // Until its forwarding stands, a connection counts as a handshake.
      connection.once('tcpip', () => {
        state.open--;
      });
    },
  });
  const known = join(harness.directory, 'user_known_hosts');
  await writeFile(known, `[127.0.0.1]:${jump.port} ${hostKey.public}\n`);
  const nodes = Array.from({ length: 30 }, (_, index) => harness.node(target, { jump: [`127.0.0.1:${jump.port}`] }, `n${index}`));
  const { hosts, failures } = await connectAll(nodes, await harness.options({ trust: { knownHostsFiles: [known] } }));
  expect([hosts.size, failures]).toEqual([30, []]);
  expect(state.most).toBeGreaterThan(1);
  expect(state.most).toBeLessThanOrEqual(8);
  await Promise.all([...hosts.values()].map((host) => host.close()));
});

test('one unknown jump host is one question for all nodes behind it', async () => {
  await using harness = await Harness.create();
  const [jump, target] = [await harness.server(), await harness.server()];
  const asked: string[] = [];
  const onUnknownHost = (host: { readonly host: string }) => {
    asked.push(host.host);
    return 'accept' as const;
  };
  const nodes = Array.from({ length: 5 }, (_, index) => harness.node(target, { jump: [`127.0.0.1:${jump.port}`] }, `n${index}`));
  const { hosts, failures } = await connectAll(nodes, await harness.options({ trust: { onUnknownHost } }));
  expect([hosts.size, failures, asked]).toEqual([5, [], [`[127.0.0.1]:${jump.port}`]]);
  await Promise.all([...hosts.values()].map((host) => host.close()));
});

test('a wrong jump list is one failure among the others', async () => {
  await using harness = await Harness.create();
  const server = await harness.server();
  const nodes = [harness.node(server, { jump: ['a b'] }, 'bad'), harness.node(server, {}, 'good')];
  const { hosts, failures } = await connectAll(nodes, await harness.options());
  expect([...hosts.keys()]).toEqual(['good']);
  expect(failures).toMatchObject([
    { name: 'ConfigurationError', exitCode: 2, message: expect.stringContaining('bad: the jump host "a b"') },
  ]);
  await Promise.all([...hosts.values()].map((host) => host.close()));
});
