import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readShelf } from '../../src/backup/read-shelf.ts';
import { S3Place } from '../../src/backup/s3-place.ts';
import type { S3Access } from '../../src/backup/s3-request.ts';
import { sendObject } from '../../src/backup/s3-upload.ts';
import { temporaryPlaces } from '../app/support/temporary-place.ts';
import { type Sample, sampleBackup, sha256 } from './support/sample-backup.ts';
import { runStub } from './support/stub-access.ts';

const newPlace = temporaryPlaces();
const { signal } = new AbortController();
const ignore = (): void => undefined;

const placeOf = (access: S3Access, prefix = 'lab'): S3Place =>
  new S3Place(`s3://backups${prefix === '' ? '' : `/${prefix}`}`, async () => access, { bucket: 'backups', prefix });

const archiveOf = ({ record, archive }: Sample) => ({ ...record.archive, name: record.archive.file, path: archive });

async function putBoth(place: S3Place, sample: Sample): Promise<void> {
  await place.put(archiveOf(sample), ignore, signal);
  const text = readFileSync(sample.recordFile);
  const name = path.basename(sample.recordFile);
  await place.put({ name, path: sample.recordFile, sizeBytes: text.length, sha256: sha256(text) }, ignore, signal);
}

describe('a bucket', () => {
  test('takes a backup, lists it and gives it back', async () => {
    await using running = await runStub();
    await using sample = await sampleBackup();
    const place = placeOf(running.access);
    await putBoth(place, sample);
    const { name, archive } = sample.record;
    expect([...running.stub.objects.keys()]).toEqual([`backups/lab/${archive.file}`, `backups/lab/${name}.json`]);
    running.stub.objects.set(`backups/lab/deeper/${archive.file}`, Buffer.from('x'));
    running.stub.objects.set('backups/lab/notes.txt', Buffer.from('x'));
    expect(readShelf(place.name, await place.shelf(signal))).toMatchObject([
      { place: 's3://backups/lab', name, state: 'whole', sizeBytes: sample.bytes.length, keys: 3 },
    ]);
    expect(JSON.parse((await place.text(`${name}.json`, signal)) ?? '')).toEqual(sample.record);
    expect(await place.text('other.json', signal)).toBeUndefined();
    const target = path.join(newPlace(), archive.file);
    const progress: number[] = [];
    await place.fetch(archive.file, target, (bytes) => progress.push(bytes), signal);
    expect(readFileSync(target)).toEqual(sample.bytes);
    expect(progress.at(-1)).toBe(sample.bytes.length);
  });

  test('is listed page by page, and a record that is none is not asked for', async () => {
    await using running = await runStub();
    for (let hour = 10; hour < 22; hour++)
      running.stub.objects.set(`backups/demo-20261126T${hour}0000Z-cp-1.tar.gz`, Buffer.from(String(hour)));
    running.stub.objects.set('backups/demo-20261126T100000Z-cp-1.json', Buffer.alloc(262_145));
    const { archives, records } = await placeOf(running.access, '').shelf(signal);
    expect([archives.size, [...records.values()]]).toEqual([12, ['']]);
    expect(running.stub.log.map((line) => line.slice(0, 20))).toEqual(Array.from({ length: 3 }, () => 'GET /backups?list-ty'));
  });

  test('loses what is deleted, the record first, and nothing else', async () => {
    await using running = await runStub();
    const name = 'demo-20261126T100000Z-cp-1';
    for (const file of [`${name}.tar.gz.age`, `${name}.json`, `${name}.lan.tar.gz`, `${name}.lan.json`])
      running.stub.objects.set(`backups/lab/${file}`, Buffer.from('x'));
    await placeOf(running.access).remove([name], signal);
    expect([...running.stub.objects.keys()]).toEqual([`backups/lab/${name}.lan.tar.gz`, `backups/lab/${name}.lan.json`]);
    expect(running.stub.log.filter((line) => line.startsWith('DELETE'))).toEqual([
      `DELETE /backups/lab/${name}.json 204`,
      `DELETE /backups/lab/${name}.tar.gz.age 204`,
    ]);
  });
});

describe('a large file', () => {
  const content = randomBytes(250_000);
  const partBytes = 100_000;
  function prepare(access: S3Access) {
    const file = path.join(newPlace(), 'large');
    writeFileSync(file, content);
    const target = { place: 's3://backups', access, path: '/backups/large', signal };
    return { target, file: { name: 'large', path: file, sizeBytes: content.length, sha256: sha256(content) } };
  }

  test('goes in parts', async () => {
    await using running = await runStub();
    const { target, file } = prepare(running.access);
    const progress: number[] = [];
    await sendObject(target, file, (bytes) => progress.push(bytes), partBytes);
    expect(running.stub.objects.get('backups/large')).toEqual(content);
    expect(running.stub.log.filter((line) => line.includes('partNumber=')).length).toBe(3);
    expect(running.stub.uploads.size).toBe(0);
    expect(progress.at(-1)).toBe(content.length);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  test('leaves no parts behind when it fails', async () => {
    await using running = await runStub();
    const { target, file } = prepare(running.access);
    const sending = sendObject(
      target,
      file,
      (bytes) => {
        if (bytes > partBytes && running.stub.faults.length === 0) running.stub.faults.push([400, 'EntityTooLarge']);
      },
      partBytes,
    );
    await expect(sending).rejects.toMatchObject({ exitCode: 5, message: 's3://backups: the store answers EntityTooLarge' });
    expect([running.stub.uploads.size, running.stub.objects.size]).toEqual([0, 0]);
    expect(running.stub.log.at(-1)).toMatch(/^DELETE .* 204$/);
  });

  test('is refused when it is not what was announced', async () => {
    await using running = await runStub();
    const { target, file } = prepare(running.access);
    const sending = sendObject(target, { ...file, sha256: 'a'.repeat(64) }, ignore);
    await expect(sending).rejects.toMatchObject({ exitCode: 7, message: /not what was sent/ });
    expect(running.stub.objects.size).toBe(0);
  });
});

describe('what goes wrong', () => {
  test('an archive that is not there, or ends too early, is not taken', async () => {
    await using running = await runStub();
    const target = path.join(newPlace(), 'copy');
    const fetching = () => placeOf(running.access).fetch('demo.tar.gz', target, ignore, signal);
    await expect(fetching()).rejects.toMatchObject({ exitCode: 8, message: /s3:\/\/backups\/lab\/demo.tar.gz is missing/ });
    running.stub.objects.set('backups/lab/demo.tar.gz', Buffer.alloc(10_000_000));
    const stop = new AbortController();
    const cut = placeOf(running.access).fetch('demo.tar.gz', target, () => running.stub.server.closeAllConnections(), signal);
    await expect(cut).rejects.toMatchObject({ exitCode: 4, message: /was cut off while it was fetched/ });
    const stopped = placeOf(running.access).fetch('demo.tar.gz', target, () => stop.abort(), stop.signal);
    await expect(stopped).rejects.toMatchObject({ exitCode: 130 });
    expect([existsSync(target), readdirSync(path.dirname(target))]).toEqual([false, []]);
  });

  test.each<[string, Partial<S3Access>, number, RegExp]>([
    ['another key', { accessKeyId: 'other' }, 4, /refuses the credentials of the test \(InvalidAccessKeyId\)/],
    ['another secret', { secretAccessKey: 'other' }, 4, /SignatureDoesNotMatch/],
    ['another region', { region: 'other-1' }, 4, /InvalidAccessKeyId/],
    ['nobody there', { endpoint: 'http://127.0.0.1:1' }, 4, /s3:\/\/backups\/lab: http:\/\/127.0.0.1:1 does not answer \(ECONNREFUSED\)/],
  ])('%s is told', async (_, wrong, exitCode, message) => {
    await using running = await runStub();
    await expect(placeOf({ ...running.access, ...wrong }).shelf(signal)).rejects.toMatchObject({ exitCode, message });
  });

  test.each<[number, string, number, RegExp]>([
    [404, 'NoSuchBucket', 2, /there is no such bucket/],
    [301, 'PermanentRedirect', 2, /the bucket is elsewhere/],
    [400, 'InvalidRequest', 5, /the store answers InvalidRequest/],
  ])('a status %i of the store means: %s', async (status, code, exitCode, message) => {
    await using running = await runStub();
    running.stub.faults.push([status, code]);
    await expect(placeOf(running.access).text('x', signal)).rejects.toMatchObject({ exitCode, message });
  });

  test('a store that is only busy, or cuts a connection, is asked again', async () => {
    await using running = await runStub();
    running.stub.objects.set('backups/lab/x', Buffer.from('text'));
    running.stub.faults.push([503, 'SlowDown'], [0, 'cut']);
    expect(await placeOf(running.access).text('x', signal)).toBe('text');
    running.stub.faults.push([503, 'SlowDown'], [503, 'SlowDown'], [503, 'SlowDown']);
    await expect(placeOf(running.access).text('x', signal)).rejects.toMatchObject({ exitCode: 5, message: /SlowDown/ });
  });

  test('an interrupt is one', async () => {
    await using running = await runStub();
    await expect(placeOf(running.access).text('x', AbortSignal.abort())).rejects.toMatchObject({ exitCode: 130 });
  });
});
