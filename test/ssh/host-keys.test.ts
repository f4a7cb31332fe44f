import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../src/host/ssh/known-hosts.ts';
import { Harness, hostKey } from './harness.ts';
import { makeKey, type TestKey } from './test-server.ts';

const otherKey = makeKey();
const ecdsaKey = makeKey('ecdsa');
const rsaKey = makeKey('rsa');

const fingerprint = (key: TestKey) => fingerprintOf(key.parsed.getPublicSSH());
const keyText = (key: TestKey) => key.public.split(' ').slice(0, 2).join(' ');

/** A server, a node without pinned key, and a known_hosts file made from a template in which HOST stands for the server. */
async function prepare(harness: Harness, knownHosts = '', hostKeys: readonly TestKey[] = [hostKey]) {
  const server = await harness.server({ hostKeys });
  const file = join(harness.directory, 'user_known_hosts');
  await writeFile(file, knownHosts.replaceAll('HOST', `[127.0.0.1]:${server.port}`));
  const { hostKey: _pinned, ...ssh } = harness.node(server).ssh;
  const node = { ...harness.node(server), ssh };
  return { server, node, file, store: join(harness.directory, 'known_hosts'), trust: { knownHostsFiles: [file] } };
}

describe('a host key that is not trusted stops everything before a credential is sent:', () => {
  test.each([
    ['unknown', '', /host key of \[127\.0\.0\.1\]:\d+ is unknown: ssh-ed25519 SHA256:/],
    ['known for another port only', `127.0.0.1 ${keyText(hostKey)}\n`, /is unknown/],
    ['ruled out by a negated pattern', `!HOST,*1* ${keyText(hostKey)}\n`, /is unknown/],
    [
      'changed',
      `HOST ${keyText(otherKey)}\n`,
      /changed: known is ssh-ed25519 SHA256:\S+ \(.*user_known_hosts:1\), the host shows ssh-ed25519 SHA256:/,
    ],
    ['known by another type only', `HOST ${keyText(ecdsaKey)}\n`, /changed: known is ecdsa-sha2-nistp256 SHA256:/],
    ['revoked', `HOST ${keyText(hostKey)}\n@revoked * ${keyText(hostKey)}\n`, /is revoked by .*user_known_hosts:2/],
    ['to be checked by a certificate authority', `@cert-authority HOST ${keyText(otherKey)}\n`, /certificate authority/],
  ])('%s', async (_title, knownHosts, message) => {
    await using harness = await Harness.create();
    const { node, server, trust } = await prepare(harness, knownHosts);
    await expect(harness.connect(node, { trust })).rejects.toMatchObject({
      name: 'UnreachableError',
      exitCode: 4,
      message,
      details: { node: 'cp1', remedy: expect.stringMatching(/./) },
    });
    expect(server.authAttempts).toEqual([]);
  });

  test('a revoked key even when it is pinned', async () => {
    await using harness = await Harness.create();
    const { server, trust } = await prepare(harness, `@revoked * ${keyText(hostKey)}\n`);
    await expect(harness.connect(harness.node(server), { trust })).rejects.toMatchObject({ message: /revoked/ });
    expect(server.authAttempts).toEqual([]);
  });

  test('another key than the pinned one, though known_hosts has it', async () => {
    await using harness = await Harness.create();
    const { node, server, trust } = await prepare(harness, `HOST ${keyText(hostKey)}\n`);
    const pinned = { ...node, ssh: { ...node.ssh, hostKey: otherKey.public } };
    const error = await harness.connect(pinned, { trust }).catch((failure: Error) => failure);
    expect(error).toMatchObject({ name: 'UnreachableError', exitCode: 4 });
    expect(String(error)).toContain(fingerprint(otherKey));
    expect(String(error)).toContain(fingerprint(hostKey));
    expect(server.authAttempts).toEqual([]);
  });

  test('unknown, refused by the person who was asked', async () => {
    await using harness = await Harness.create();
    const { node, server, store } = await prepare(harness);
    await expect(harness.connect(node, { trust: { onUnknownHost: () => 'refuse' } })).rejects.toMatchObject({
      details: { remedy: expect.stringMatching(/--accept-new-host-keys.*ssh\.hostKey/) },
    });
    expect([server.authAttempts, existsSync(store)]).toEqual([[], false]);
  });
});

describe('a host key is trusted', () => {
  const salt = randomBytes(20);
  const hashed = (label: string) => `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(label).digest('base64')}`;

  test.each([
    ['by its line', `HOST ${keyText(hostKey)}\n`],
    ['by one line of several', `# comment\n\nnonsense\nHOST ${keyText(otherKey)}\nHOST ${keyText(hostKey)} me@here\n`],
    ['by a pattern', `example.com,[127.0.0.?]:* ${keyText(hostKey)}\n`],
    ['by its line beside a certificate authority', `@cert-authority HOST ${keyText(otherKey)}\nHOST ${keyText(hostKey)}\n`],
  ])('%s of known_hosts', async (_title, knownHosts) => {
    await using harness = await Harness.create();
    const { node, trust } = await prepare(harness, knownHosts);
    const host = await harness.connect(node, { trust });
    expect(await host.run('echo a')).toMatchObject({ stdout: 'a\n' });
  });

  test('by a hashed line', async () => {
    await using harness = await Harness.create();
    const { node, server, file, trust } = await prepare(harness);
    await writeFile(file, `${hashed(`[127.0.0.1]:${server.port}`)} ${keyText(hostKey)}\n`);
    await harness.connect(node, { trust });
  });

  test('by the pin of the inventory, whatever known_hosts says', async () => {
    await using harness = await Harness.create();
    const { server, trust } = await prepare(harness, `HOST ${keyText(otherKey)}\n`);
    await harness.connect(harness.node(server), { trust });
  });

  test.each([
    ['RSA', rsaKey],
    ['ECDSA', ecdsaKey],
  ])('of the type we know: %s is negotiated where the host has Ed25519 too', async (_title, known) => {
    await using harness = await Harness.create();
    const { node, trust } = await prepare(harness, `HOST ${keyText(known)}\n`, [hostKey, ecdsaKey, rsaKey]);
    await harness.connect(node, { trust });
  });

  test('after acceptance: recorded for the next time in a file of mode 0600, asked once', async () => {
    await using harness = await Harness.create();
    const { node, server, store } = await prepare(harness);
    const asked: unknown[] = [];
    const onUnknownHost = (host: unknown) => {
      asked.push(host);
      return 'accept' as const;
    };
    await harness.connect(node, { trust: { onUnknownHost } });
    expect(asked).toEqual([{ node: 'cp1', host: `[127.0.0.1]:${server.port}`, keyType: 'ssh-ed25519', fingerprint: fingerprint(hostKey) }]);
    expect(await readFile(store, 'utf8')).toBe(`[127.0.0.1]:${server.port} ${keyText(hostKey)}\n`);
    expect(statSync(store).mode & 0o777).toBe(0o600);
    await harness.connect(node);
    expect(asked.length).toBe(1);
  });

  test("by kcluster's own file, until the key changes", async () => {
    await using harness = await Harness.create();
    const { node, server, store } = await prepare(harness);
    await writeFile(store, `[127.0.0.1]:${server.port} ${keyText(otherKey)}\n`);
    await expect(harness.connect(node, { trust: { onUnknownHost: () => 'accept' } })).rejects.toMatchObject({ message: /changed/ });
    expect(server.authAttempts).toEqual([]);
  });
});

test('waiting for a person does not count towards the timeout', async () => {
  await using harness = await Harness.create();
  const { node } = await prepare(harness);
  const onUnknownHost = async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    return 'accept' as const;
  };
  await harness.connect(node, { trust: { onUnknownHost }, connectTimeoutMs: 1_000 });
});

test('an own file that is a symbolic link is not written through', async () => {
  await using harness = await Harness.create();
  const { node, server, store } = await prepare(harness);
  await symlink(join(harness.directory, 'elsewhere'), store);
  await expect(harness.connect(node, { trust: { onUnknownHost: () => 'accept' } })).rejects.toMatchObject({
    name: 'ConfigurationError',
    exitCode: 2,
    message: expect.stringContaining(store),
  });
  expect([server.authAttempts, existsSync(join(harness.directory, 'elsewhere'))]).toEqual([[], false]);
});
