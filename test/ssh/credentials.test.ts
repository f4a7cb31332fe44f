import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectHost } from '../../src/host/ssh/connect-host.ts';
import { Harness, userKey } from './harness.ts';
import { startAgent } from './test-agent.ts';
import { makeKey } from './test-server.ts';

const strangers = Array.from({ length: 6 }, () => makeKey());
const rsaKey = makeKey('rsa');
const lockedKey = makeKey('ed25519', 'open sesame');

/** A node whose inventory names no key. */
const keyless = (harness: Harness, server: { readonly port: number }, name = 'cp1') => {
  const node = harness.node(server, {}, name);
  const { identityFile: _none, ...ssh } = node.ssh;
  return { ...node, ssh };
};

async function writeKey(
  harness: Harness,
  name: string,
  key: { readonly private: string; readonly public: string },
  withPublic = false,
): Promise<string> {
  const file = join(harness.directory, name);
  await mkdir(join(harness.directory, '.ssh'), { recursive: true });
  await writeFile(file, key.private, { mode: 0o600 });
  if (withPublic) await writeFile(`${file}.pub`, key.public);
  return file;
}

describe('a login works with', () => {
  test('the default key files', async () => {
    await using harness = await Harness.create();
    const server = await harness.server();
    await writeKey(harness, '.ssh/id_ecdsa', userKey);
    await harness.connect(keyless(harness, server));
    expect(server.authAttempts.every((attempt) => attempt.user === 'root' && attempt.method === 'publickey')).toBe(true);
  });

  test('an RSA key, signed with SHA-2', async () => {
    await using harness = await Harness.create();
    const server = await harness.server({ userKeys: [rsaKey] });
    await harness.connect(harness.node(server, { identityFile: await writeKey(harness, 'rsa', rsaKey) }));
  });

  test('the agent, when the inventory names no key', async () => {
    await using harness = await Harness.create();
    const server = await harness.server();
    await using agent = await startAgent(join(harness.directory, 'agent'), [strangers[0]?.private ?? '', userKey.private]);
    await harness.connect(keyless(harness, server), { credentials: { agentSocket: agent.socket } });
    expect(agent.signatures()).toBe(1);
  });

  test('a locked key that the agent holds: no passphrase is asked for', async () => {
    await using harness = await Harness.create();
    const server = await harness.server({ userKeys: [lockedKey] });
    await using agent = await startAgent(
      join(harness.directory, 'agent'),
      [...strangers.map((key) => key.private), lockedKey.private],
      'open sesame',
    );
    const identityFile = await writeKey(harness, 'locked', lockedKey, true);
    const passphrase = () => Promise.reject(new Error('asked'));
    await harness.connect(harness.node(server, { identityFile }), { credentials: { agentSocket: agent.socket, passphrase } });
    expect(server.authAttempts.length).toBe(2);
  });

  test('a locked key: its passphrase is asked for once for all hosts, and told to the redactor', async () => {
    await using harness = await Harness.create();
    const server = await harness.server({ userKeys: [lockedKey] });
    const identityFile = await writeKey(harness, 'locked', lockedKey);
    const asked: string[] = [];
    const secrets: string[] = [];
    const passphrase = async (file: string) => {
      asked.push(file);
      return 'open sesame';
    };
    const options = await harness.options({ credentials: { passphrase, onSecret: (secret) => secrets.push(secret) } });
    const hosts = await Promise.all(['a', 'b', 'c'].map((name) => connectHost(harness.node(server, { identityFile }, name), options)));
    await Promise.all(hosts.map((host) => host.close()));
    expect([asked, secrets]).toEqual([[identityFile], ['open sesame']]);
  });

  test('a password, by the method the host offers', async () => {
    await using harness = await Harness.create();
    const server = await harness.server({ userKeys: [], password: 'secret' });
    await harness.connect(keyless(harness, server), {
      credentials: { password: async (login) => (login === `root@[127.0.0.1]:${server.port}` ? 'secret' : undefined) },
    });
    expect(server.authAttempts.map((attempt) => attempt.method)).toEqual(['password']);
  });
});

describe('a refused login', () => {
  test('names user and keys, and is not tried again', async () => {
    await using harness = await Harness.create();
    const server = await harness.server({ userKeys: [] });
    await expect(harness.connect(harness.node(server))).rejects.toMatchObject({
      name: 'UnreachableError',
      exitCode: 4,
      message: `cp1: cannot reach [127.0.0.1]:${server.port}: it refused the login of root (tried key ${harness.keyFile})`,
      details: { remedy: expect.stringContaining('authorized_keys') },
    });
    expect(server.authAttempts.length).toBe(1);
  });

  test('without any key says so', async () => {
    await using harness = await Harness.create();
    const server = await harness.server();
    await expect(harness.connect(keyless(harness, server))).rejects.toMatchObject({
      message: expect.stringContaining('no key or password was there to try'),
    });
    expect(server.authAttempts).toEqual([]);
  });

  test('offers at most three keys of an agent, after the key of the inventory', async () => {
    await using harness = await Harness.create();
    const server = await harness.server({ userKeys: [] });
    await using agent = await startAgent(
      join(harness.directory, 'agent'),
      strangers.map((key) => key.private),
    );
    await expect(harness.connect(harness.node(server), { credentials: { agentSocket: agent.socket } })).rejects.toMatchObject({
      name: 'UnreachableError',
    });
    expect(server.authAttempts.length).toBe(1 + 3);
  });

  test('stays below six attempts with everything there is', async () => {
    await using harness = await Harness.create();
    const server = await harness.server({ userKeys: [], password: 'secret' });
    await Promise.all(
      ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name, index) =>
        writeKey(harness, `.ssh/${name}`, makeKey(index === 1 ? 'ecdsa' : 'ed25519')),
      ),
    );
    await using agent = await startAgent(
      join(harness.directory, 'agent'),
      strangers.map((key) => key.private),
    );
    const credentials = { agentSocket: agent.socket, password: async () => 'wrong' };
    await expect(harness.connect(keyless(harness, server), { credentials })).rejects.toMatchObject({
      message: expect.stringContaining('the password'),
    });
    expect(server.authAttempts.map((attempt) => attempt.method)).toEqual([...Array(5).fill('publickey'), 'password']);
  });

  test('does not ask for a password the host would not take', async () => {
    await using harness = await Harness.create();
    const server = await harness.server({ userKeys: [] });
    const password = () => Promise.reject(new Error('asked'));
    await expect(harness.connect(harness.node(server), { credentials: { password } })).rejects.toMatchObject({
      name: 'UnreachableError',
      message: /refused the login/,
    });
  });

  test('an agent that is gone is passed over', async () => {
    await using harness = await Harness.create();
    const server = await harness.server();
    await harness.connect(harness.node(server), { credentials: { agentSocket: join(harness.directory, 'gone') } });
  });
});

describe('a key file of the inventory', () => {
  test.each([
    ['that is missing', undefined, 'there is no such file'],
    ['that is no key', 'hello', 'Unsupported key format'],
    ['that is a public key', userKey.public, 'it is a public key'],
    ['that is locked, with nobody to ask', lockedKey.private, 'it has a passphrase and none was given'],
  ])('%s is a configuration error', async (_title, text, why) => {
    await using harness = await Harness.create();
    const server = await harness.server();
    if (text === undefined) await rm(harness.keyFile);
    else await writeFile(harness.keyFile, text);
    await expect(harness.connect(harness.node(server))).rejects.toMatchObject({
      name: 'ConfigurationError',
      exitCode: 2,
      message: `cp1: cannot use the key file ${harness.keyFile} (ssh.identityFile): ${why}`,
    });
    expect(server.authAttempts).toEqual([]);
  });

  test('is given up after three wrong passphrases', async () => {
    await using harness = await Harness.create();
    const server = await harness.server({ userKeys: [lockedKey] });
    const identityFile = await writeKey(harness, 'locked', lockedKey);
    const attempts: number[] = [];
    const passphrase = async (_file: string, attempt: number) => {
      attempts.push(attempt);
      return 'wrong';
    };
    await expect(harness.connect(harness.node(server, { identityFile }), { credentials: { passphrase } })).rejects.toMatchObject({
      message: expect.stringContaining('the passphrase is wrong'),
    });
    expect(attempts).toEqual([1, 2, 3]);
  });
});
