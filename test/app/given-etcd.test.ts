import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readGivenEtcd, warnOfGivenEtcd } from '../../src/app/given-etcd.ts';
import { openSecretStore } from '../../src/app/secret-store.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { sample, three } from '../components/sample.ts';
import { type GivenFiles, makeGivenFiles, secretsOf } from './support/given-etcd.ts';
import { memoryState } from './support/memory-state.ts';
import { temporaryPlaces } from './support/temporary-place.ts';

const newPlace = temporaryPlaces();
const now = new Date('2026-11-21T12:00:00Z');
const files = await makeGivenFiles(100, now);
const names = { authority: 'ca.crt', certificate: 'client.crt', key: 'client.key' } as const;

/** A cluster whose three files are there, but for the changes; undefined: not written. */
function clusterWith(changes: Partial<Record<keyof GivenFiles, string | undefined>> = {}): Cluster {
  const place = newPlace();
  for (const [part, text] of Object.entries({ ...files, ...changes })) {
    if (text !== undefined) writeFileSync(path.join(place, names[part as keyof GivenFiles]), text);
  }
  const [caFile, certFile, keyFile] = [names.authority, names.certificate, names.key].map((name) => path.join(place, name));
  return sample(three, { etcd: { topology: 'external', endpoints: ['https://e1:2379'], caFile, certFile, keyFile } });
}

describe('the files', () => {
  test('are read as they are', async () => {
    expect(await readGivenEtcd(clusterWith(), now)).toEqual(secretsOf(files));
  });

  test('are not looked for where kcluster runs etcd', async () => {
    expect(await readGivenEtcd(sample(three), now)).toEqual(new Map());
  });

  test.each([
    ['authority', 'caFile', 'ca.crt'],
    ['certificate', 'certFile', 'client.crt'],
    ['key', 'keyFile', 'client.key'],
  ] as const)('without the %s, the field and the file are named', async (part, field, name) => {
    const message = expect.stringMatching(new RegExp(`^cluster\\.etcd\\.${field}: /.*/${name} cannot be read: there is no such file$`));
    await expect(readGivenEtcd(clusterWith({ [part]: undefined }), now)).rejects.toMatchObject({ exitCode: 2, message });
  });

  test('a directory is none', async () => {
    const cluster = clusterWith({ key: undefined });
    mkdirSync(cluster.etcd.given?.keyFile ?? '');
    await expect(readGivenEtcd(cluster, now)).rejects.toThrow('cannot be read: this is a directory');
  });

  test('one fault is the error', async () => {
    const message = expect.stringMatching(/^cluster\.etcd\.certFile: \/.* holds no readable certificate \(PEM\)$/);
    await expect(readGivenEtcd(clusterWith({ certificate: 'x' }), now)).rejects.toMatchObject({ exitCode: 2, message });
  });

  test('several are listed', async () => {
    const failures = [expect.objectContaining({ exitCode: 2 }), expect.objectContaining({ exitCode: 2 })];
    await expect(readGivenEtcd(clusterWith({ authority: 'x', key: 'y' }), now)).rejects.toMatchObject({
      message: '2 faults in the files for your etcd',
      details: { failures },
    });
  });

  test('an expired certificate is an error', async () => {
    const then = new Date('2027-06-01T00:00:00Z');
    await expect(readGivenEtcd(clusterWith(), then)).rejects.toThrow(/cluster\.etcd\.certFile: .* expired on 2027-03-01/);
  });
});

describe('a certificate that ends soon', () => {
  test.each([
    ['2027-01-29T00:00:00Z', []],
    ['2027-01-31T00:00:00Z', ['cluster.etcd.certFile ends on 2027-03-01']],
    ['2027-02-28T00:00:00Z', ['cluster.etcd.certFile ends on 2027-03-01']],
  ])('at %s: %j', async (time, messages) => {
    const cluster = clusterWith();
    const secrets = await openSecretStore(cluster, memoryState(), () => undefined, secretsOf(files));
    const found = warnOfGivenEtcd(cluster, secrets, new Date(time));
    expect(found.map(({ message }) => message)).toEqual(messages);
    for (const finding of found) expect(finding).toMatchObject({ id: 'ExternalEtcdCertificate', severity: 'warning' });
  });

  test('is nothing to say where kcluster issues it', async () => {
    const secrets = await openSecretStore(sample(three), memoryState(), () => undefined);
    expect(warnOfGivenEtcd(sample(three), secrets, now)).toEqual([]);
  });
});

describe('the store', () => {
  test('makes no authority for etcd, keeps the key out of logs, and writes none of the files beside the inventory', async () => {
    const state = memoryState();
    const hidden: string[] = [];
    const secrets = await openSecretStore(clusterWith(), state, (value) => hidden.push(value), secretsOf(files));
    await secrets.complete();
    expect([...state.files.keys()].filter((name) => name.includes('etcd'))).toEqual([]);
    expect([...secrets.authorities().keys()]).toEqual(['cluster', 'front-proxy']);
    expect(hidden).toContain(files.key);
    expect(secrets.get('given-etcd-client.crt')).toBe(files.certificate);
    expect(secrets.digests().has('given-etcd-client.key')).toBe(true);
  });
});
