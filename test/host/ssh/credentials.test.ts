import { expect, test } from 'vitest';
import { createCredentials } from '../../../src/host/ssh/credentials.ts';
import type { Hop } from '../../../src/host/ssh/route.ts';

const hop = (host: string): Hop => ({
  alias: host,
  host,
  port: 22,
  user: 'root',
  requiredIdentities: [],
  optionalIdentities: [],
  identitiesOnly: false,
});

test('one question for all who ask at the same time, and one question at a time', async () => {
  const open: string[] = [];
  const asked: string[] = [];
  const ask = async (question: string) => {
    expect(open).toEqual([]);
    open.push(question);
    asked.push(question);
    await new Promise((resolve) => setImmediate(resolve));
    open.pop();
    return `answer to ${question}`;
  };
  const secrets: string[] = [];
  const credentials = createCredentials({
    passphrase: (file, attempt) => ask(`${file} ${attempt}`),
    password: ask,
    sudoPassword: () => ask('sudo'),
    onSecret: (secret) => secrets.push(secret),
  });
  const answers = await Promise.all([
    credentials.sudoPassword(),
    credentials.sudoPassword(),
    credentials.password(hop('a')),
    credentials.password(hop('b')),
    credentials.passphrase('/k', 1),
    credentials.passphrase('/k', 2),
    credentials.passphrase('/k', 1),
  ]);
  expect(asked).toEqual(['sudo', 'root@a', 'root@b', '/k 1', '/k 2']);
  expect(answers).toEqual(['sudo', 'sudo', 'root@a', 'root@b', '/k 1', '/k 2', '/k 1'].map((question) => `answer to ${question}`));
  expect(secrets).toEqual(asked.map((question) => `answer to ${question}`));
});

test('nobody to ask, or no answer, is undefined and no secret', async () => {
  const secrets: string[] = [];
  const silent = createCredentials({
    sudoPassword: async () => undefined,
    password: async () => '',
    onSecret: (secret) => secrets.push(secret),
  });
  expect([await silent.sudoPassword(), await silent.passphrase('/k', 1), await silent.password(hop('a'))]).toEqual([
    undefined,
    undefined,
    '',
  ]);
  expect(secrets).toEqual([]);
});

test('a question that fails does not stop the next one', async () => {
  const credentials = createCredentials({ sudoPassword: () => Promise.reject(new Error('closed')), password: async () => 'yes' });
  await expect(credentials.sudoPassword()).rejects.toThrow('closed');
  expect(await credentials.password(hop('a'))).toBe('yes');
});

test('default keys are looked for in the home directory', () => {
  expect(createCredentials({ home: '/home/me' }).defaultKeyFiles).toEqual([
    '/home/me/.ssh/id_ed25519',
    '/home/me/.ssh/id_ecdsa',
    '/home/me/.ssh/id_rsa',
  ]);
});
