import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { HostPlace } from '../../src/app/host-place.ts';
import { readShelf } from '../../src/backup/read-shelf.ts';
import { connectHost } from '../../src/host/ssh/connect-host.ts';
import { type Sample, sampleBackup, sha256 } from '../backup/support/sample-backup.ts';
import { Harness } from './harness.ts';

const { signal } = new AbortController();
const ignore = (): void => undefined;
/** Whoever logs in is not root. */
const asSomebody = { rewriteInput: (text: string) => text.replace('$(id -u)', '1000') };

async function place(harness: Harness, mayBeMissing = true) {
  const server = await harness.server(asSomebody);
  const directory = path.join(harness.directory, "far away/it's");
  const options = { ...(await harness.options()), anyUser: true };
  const hosts: { close(): Promise<void> }[] = [];
  const host = async () => {
    const connected = await connectHost(harness.node(server, { user: 'backup' }, 'ssh://nas'), options);
    hosts.push(connected);
    return connected;
  };
  const close = async (): Promise<void> => {
    await Promise.all(hosts.map((each) => each.close()));
  };
  return {
    directory,
    hosts,
    place: new HostPlace({ name: 'ssh://nas', path: directory, mayBeMissing, host }),
    [Symbol.asyncDispose]: close,
  };
}

async function put(far: HostPlace, { record, archive, recordFile, bytes }: Sample): Promise<void> {
  await far.put({ name: record.archive.file, path: archive, sizeBytes: bytes.length, sha256: record.archive.sha256 }, ignore, signal);
  const text = await readFile(recordFile);
  await far.put({ name: path.basename(recordFile), path: recordFile, sizeBytes: text.length, sha256: sha256(text) }, ignore, signal);
}

describe('a directory on another machine', () => {
  test('takes a backup, lists it, gives it back and loses it, over one connection and without being root', async () => {
    await using harness = await Harness.create();
    await using sample = await sampleBackup();
    await using far = await place(harness);
    expect(await far.place.shelf(signal)).toEqual({ records: new Map(), checks: new Map(), archives: new Map() });
    await put(far.place, sample);
    const { name, archive } = sample.record;
    expect((await readdir(far.directory)).sort()).toEqual([`${name}.json`, archive.file]);
    expect(readShelf(far.place.name, await far.place.shelf(signal))).toMatchObject([{ place: 'ssh://nas', name, state: 'whole', keys: 3 }]);
    expect(JSON.parse((await far.place.text(`${name}.json`, signal)) ?? '')).toEqual(sample.record);
    expect(await far.place.text('other.json', signal)).toBeUndefined();
    const target = path.join(harness.directory, 'here/copy');
    await far.place.fetch(archive.file, target, ignore, signal);
    expect(await readFile(target)).toEqual(sample.bytes);
    await writeFile(path.join(far.directory, 'other.tar.gz'), 'x');
    await far.place.remove([name], signal);
    expect([await readdir(far.directory), far.hosts.length]).toEqual([['other.tar.gz'], 1]);
  });

  test('that shall be there and is not is told', async () => {
    await using harness = await Harness.create();
    await using far = await place(harness, false);
    await expect(far.place.shelf(signal)).rejects.toMatchObject({ exitCode: 5, message: /^ssh:\/\/nas: .*cannot list backups/ });
    await mkdir(far.directory, { recursive: true });
    expect((await far.place.shelf(signal)).records.size).toBe(0);
  });

  test('what is damaged on its way there does not get its name', async () => {
    await using harness = await Harness.create();
    await using sample = await sampleBackup();
    await using far = await place(harness);
    const { archive } = sample.record;
    const file = { name: archive.file, path: sample.archive, sizeBytes: archive.sizeBytes, sha256: 'a'.repeat(64) };
    await expect(far.place.put(file, ignore, signal)).rejects.toMatchObject({ exitCode: 7 });
    expect(await readdir(far.directory)).toEqual([]);
  });

  test('a node must still be root', async () => {
    await using harness = await Harness.create();
    const server = await harness.server(asSomebody);
    await expect(harness.connect(harness.node(server))).rejects.toMatchObject({ message: /which is not root/ });
  });
});
