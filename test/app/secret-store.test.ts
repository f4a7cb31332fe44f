import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openSecretStore } from '../../src/app/secret-store.ts';
import { openStateDirectory } from '../../src/app/state-directory.ts';
import { type SecretName, secretNames } from '../../src/engine/secret-name.ts';
import { RefusedError } from '../../src/errors.ts';
import { sample } from '../components/sample.ts';
import { memoryState } from './support/memory-state.ts';
import { temporaryPlaces } from './support/temporary-place.ts';

const newPlace = temporaryPlaces();
const cluster = sample();
const noSecret = (): void => undefined;

/** The files of a store that was completed. */
async function completeFiles(): Promise<Record<string, string>> {
  const state = memoryState();
  await (await openSecretStore(cluster, state, noSecret)).complete();
  return Object.fromEntries(state.files);
}

describe('completing', () => {
  test('makes everything, 0600 in a folder 0700', async () => {
    const state = await openStateDirectory(path.join(newPlace(), 'inventory.yaml'), 'sample');
    const secrets = await openSecretStore(cluster, state, noSecret);
    expect([...secrets.digests()]).toEqual([]);
    await secrets.complete();
    expect(readdirSync(state.path('pki')).sort()).toEqual([...secretNames].sort());
    expect(statSync(state.path('pki')).mode & 0o777).toBe(0o700);
    for (const name of secretNames) {
      expect([name, statSync(state.path(`pki/${name}`)).mode & 0o777]).toEqual([name, 0o600]);
      expect(await state.read(`pki/${name}`)).toBe(secrets.get(name));
    }
  });

  test('a second time, and by another run, changes nothing', async () => {
    const state = memoryState();
    const secrets = await openSecretStore(cluster, state, noSecret);
    await secrets.complete();
    const before = new Map(state.files);
    await secrets.complete();
    await (await openSecretStore(cluster, state, noSecret)).complete();
    expect(state.files).toEqual(before);
  });

  test('makes authorities with the inventory’s algorithm and life, and pairs that belong together', async () => {
    const rsa = { ...cluster, security: { ...cluster.security, keyAlgorithm: 'rsa-2048', caDays: 100 } } as const;
    const state = memoryState();
    const secrets = await openSecretStore(rsa, state, noSecret);
    await secrets.complete();
    for (const [, pem] of secrets.authorities()) {
      const certificate = new X509Certificate(pem);
      expect(certificate.ca).toBe(true);
      expect(certificate.publicKey.asymmetricKeyType).toBe('rsa');
      const lifeDays = (certificate.validToDate.getTime() - certificate.validFromDate.getTime()) / 86_400_000;
      expect(Math.round(lifeDays)).toBe(100);
    }
    for (const name of ['ca', 'etcd-ca', 'front-proxy-ca'] as const) {
      const certificate = new X509Certificate(secrets.get(`${name}.crt`) ?? '');
      expect(certificate.checkPrivateKey(createPrivateKey(secrets.get(`${name}.key`) ?? ''))).toBe(true);
    }
    const spki = createPublicKey(secrets.get('sa.key') ?? '').export({ type: 'spki', format: 'pem' });
    expect(secrets.get('sa.pub')?.trim()).toBe(String(spki).trim());
  });

  test('three authorities, each its own', async () => {
    const state = memoryState();
    const secrets = await openSecretStore(cluster, state, noSecret);
    await secrets.complete();
    const subjects = [...secrets.authorities()].map(([id, pem]) => [id, new X509Certificate(pem).subject]);
    expect(subjects).toEqual([
      ['cluster', 'CN=kubernetes-ca'],
      ['etcd', 'CN=etcd-ca'],
      ['front-proxy', 'CN=front-proxy-ca'],
    ]);
    expect(
      new Set([secrets.get('ca.key'), secrets.get('etcd-ca.key'), secrets.get('front-proxy-ca.key'), secrets.get('sa.key')]).size,
    ).toBe(4);
  });

  test('secrets are encrypted with a key of 32 bytes that is like no other, and stay readable without', async () => {
    const keys = await Promise.all(
      [1, 2].map(async () => {
        const text = (await completeFiles())['pki/encryption-config.yaml'] ?? '';
        const { resources } = parse(text);
        expect(resources).toMatchObject([
          { resources: ['secrets'], providers: [{ secretbox: { keys: [{ name: 'key1' }] } }, { identity: {} }] },
        ]);
        return String(resources[0].providers[0].secretbox.keys[0].secret);
      }),
    );
    expect(keys.map((key) => Buffer.from(key, 'base64').length)).toEqual([32, 32]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  test('adds only what is missing', async () => {
    const { 'pki/encryption-config.yaml': gone, ...rest } = await completeFiles();
    const state = memoryState(rest);
    await (await openSecretStore(cluster, state, noSecret)).complete();
    const { 'pki/encryption-config.yaml': made, ...kept } = Object.fromEntries(state.files);
    expect(kept).toEqual(rest);
    expect(made).not.toBe(gone);
  });
});

describe('half a pair', () => {
  const halves: readonly (readonly [SecretName, SecretName])[] = [
    ['ca.crt', 'ca.key'],
    ['ca.key', 'ca.crt'],
    ['etcd-ca.crt', 'etcd-ca.key'],
    ['front-proxy-ca.key', 'front-proxy-ca.crt'],
    ['sa.key', 'sa.pub'],
    ['sa.pub', 'sa.key'],
  ];

  test.each(halves)('%s without %s is refused, and nothing is written', async (there, missing) => {
    const { [`pki/${missing}`]: _, ...files } = await completeFiles();
    const state = memoryState(files);
    const refused = (await openSecretStore(cluster, state, noSecret)).complete();
    await expect(refused).rejects.toThrow(RefusedError);
    await expect(refused).rejects.toMatchObject({
      exitCode: 8,
      message: `/state/sample/pki/${there} is there without ${missing}; neither is made anew`,
      details: { remedy: expect.stringContaining(`put ${missing} back from a backup`) },
    });
    expect(Object.fromEntries(state.files)).toEqual(files);
  });

  test('is no matter when a host gives the other half', async () => {
    const { 'pki/ca.key': key = '', ...files } = await completeFiles();
    const state = memoryState(files);
    const secrets = await openSecretStore(cluster, state, noSecret);
    await secrets.adopt(new Map([['ca.key', key]]));
    await secrets.complete();
    expect(Object.fromEntries(state.files)).toEqual({ ...files, 'pki/ca.key': key });
  });
});

describe('what the store tells', () => {
  test('digests are those of the bytes', async () => {
    const secrets = await openSecretStore(cluster, memoryState({ 'pki/ca.crt': 'x\n' }), noSecret);
    expect([...secrets.digests()]).toEqual([['ca.crt', createHash('sha256').update('x\n').digest('hex')]]);
  });

  test('what is taken over is kept at once', async () => {
    const state = memoryState();
    const secrets = await openSecretStore(cluster, state, noSecret);
    await secrets.adopt(new Map([['ca.crt', 'from a host\n']]));
    expect([secrets.get('ca.crt'), state.files.get('pki/ca.crt')]).toEqual(['from a host\n', 'from a host\n']);
    expect([...secrets.authorities()]).toEqual([['cluster', 'from a host\n']]);
  });

  test.each(['made', 'read', 'taken over'])('secrets that are %s are redacted, public halves are not', async (how) => {
    const files = await completeFiles();
    const hidden: string[] = [];
    const onSecret = (value: string): void => void hidden.push(value);
    const secrets = await openSecretStore(cluster, memoryState(how === 'read' ? files : {}), onSecret);
    if (how === 'made') await secrets.complete();
    if (how === 'taken over') await secrets.adopt(new Map(secretNames.map((name) => [name, files[`pki/${name}`] ?? ''])));
    const isPublic = (name: SecretName): boolean => /\.(crt|pub)$/.test(name);
    expect(new Set(hidden)).toEqual(new Set(secretNames.filter((name) => !isPublic(name)).map((name) => secrets.get(name))));
  });
});
