import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Harness, hostKey, userKey } from './harness.ts';
import { makeKey, type TestServer } from './test-server.ts';

const hopKeys = [makeKey(), makeKey(), makeKey()];

/** Three jump hosts with keys of their own, and known_hosts that names those given. */
async function prepare(harness: Harness, known: readonly number[] = [0, 1, 2]) {
  const hops: TestServer[] = [];
  for (const key of hopKeys) hops.push(await harness.server({ hostKeys: [key] }));
  const target = await harness.server();
  const file = join(harness.directory, 'user_known_hosts');
  const lines = known.map((index) => `[127.0.0.1]:${hops[index]?.port} ${hopKeys[index]?.public}`);
  await writeFile(file, `${lines.join('\n')}\n`);
  const jump = hops.map((hop) => `jumper@127.0.0.1:${hop.port}`);
  return { hops, target, node: harness.node(target, { jump }), setup: { trust: { knownHostsFiles: [file] } } };
}

describe('a chain of three jump hosts', () => {
  test('leads to the node; each hop is logged in to as its user', async () => {
    await using harness = await Harness.create();
    const { hops, target, node, setup } = await prepare(harness);
    const host = await harness.connect(node, setup);
    expect(await host.run('echo through')).toMatchObject({ stdout: 'through\n' });
    expect([...hops.map((hop) => hop.authAttempts.at(-1)?.user), target.authAttempts.at(-1)?.user]).toEqual([
      'jumper',
      'jumper',
      'jumper',
      'root',
    ]);
    expect(hops.flatMap((hop) => hop.execs)).toEqual([]);
  });

  test('is verified at every hop: an unknown one gets no credential and nothing lies beyond it', async () => {
    await using harness = await Harness.create();
    const { hops, target, node, setup } = await prepare(harness, [0, 2]);
    await expect(harness.connect(node, setup)).rejects.toMatchObject({
      name: 'UnreachableError',
      message: expect.stringContaining(`host key of [127.0.0.1]:${hops[1]?.port} is unknown`),
    });
    expect(hops.map((hop) => hop.authAttempts.length > 0)).toEqual([true, false, false]);
    expect(target.authAttempts).toEqual([]);
  });

  test('is closed from end to end', async () => {
    await using harness = await Harness.create();
    const { hops, target, node, setup } = await prepare(harness);
    const host = await harness.connect(node, setup);
    const closed = Promise.all(
      [...hops, target].flatMap((server) =>
        [...server.connections].map((connection) => new Promise<void>((resolve) => connection.on('close', () => resolve()))),
      ),
    );
    await host.close();
    await closed;
  });

  test.each([0, 1, 2])('that breaks at hop %d is a lost connection', async (index) => {
    await using harness = await Harness.create();
    const { hops, node, setup } = await prepare(harness);
    const host = await harness.connect(node, setup);
    const running = host.run('sleep 1');
    hops[index]?.cut();
    await expect(running).rejects.toMatchObject({ name: 'ConnectionLostError', exitCode: 4 });
  });
});

test('a jump host that does not forward is named with the setting', async () => {
  await using harness = await Harness.create();
  const jump = await harness.server({ noForwarding: true });
  const target = await harness.server();
  const node = harness.node(target, { jump: [`127.0.0.1:${jump.port}`] });
  const known = join(harness.directory, 'user_known_hosts');
  await writeFile(known, `[127.0.0.1]:${jump.port} ${hostKey.public}\n`);
  await expect(harness.connect(node, { trust: { knownHostsFiles: [known] } })).rejects.toMatchObject({
    name: 'UnreachableError',
    message: expect.stringContaining('AllowTcpForwarding'),
  });
});

test('a jump host that cannot be reached is called a jump host', async () => {
  await using harness = await Harness.create();
  const gone = await harness.server();
  await gone.close();
  const node = harness.node(await harness.server(), { jump: [`127.0.0.1:${gone.port}`] });
  await expect(harness.connect(node)).rejects.toMatchObject({
    message: `cp1: cannot reach jump host [127.0.0.1]:${gone.port}: the connection was refused`,
  });
});

describe('~/.ssh/config', () => {
  test('gives address, port, key and jump host of an alias', async () => {
    await using harness = await Harness.create();
    const [jump, target] = [await harness.server(), await harness.server()];
    const sshConfig = join(harness.directory, 'config');
    const key = join(harness.directory, 'config-key');
    await writeFile(key, userKey.private, { mode: 0o600 });
    await writeFile(
      sshConfig,
      `Host bastion\n  HostName 127.0.0.1\n  Port ${jump.port}\n  User gate\nHost first\n  HostName 127.0.0.1\n  Port ${target.port}\n  ProxyJump bastion\nHost *\n  IdentityFile ${key}\n`,
    );
    const { identityFile: _none, ...ssh } = harness.node({ port: 22 }).ssh;
    const known = join(harness.directory, 'user_known_hosts');
    await writeFile(known, `[127.0.0.1]:${jump.port} ${hostKey.public}\n`);
    const host = await harness.connect({ name: 'cp1', address: 'first', ssh }, { sshConfig, trust: { knownHostsFiles: [known] } });
    expect(await host.run('echo a')).toMatchObject({ stdout: 'a\n' });
    expect([jump.authAttempts.at(-1)?.user, target.authAttempts.at(-1)?.user]).toEqual(['gate', 'root']);
  });
});
