import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConnectionLostError } from '../../../src/errors.ts';
import { FakeHost } from '../../../src/host/fake/fake-host.ts';

const upload = { source: '/a', path: '/b', sha256: 'c', sizeBytes: 3, mode: 0o755 };

describe('a fake host', () => {
  test('answers exact text and patterns, the latest rule first', async () => {
    const host = new FakeHost('w1').on(/./, { stdout: 'any' }).on('uname', { code: 1, stderr: 'no' }).on(/^ls /g, { stdout: 'files' });
    expect(await host.run('uname')).toEqual({ code: 1, stdout: '', stderr: 'no' });
    expect([(await host.run('ls /')).stdout, (await host.run('ls /')).stdout, (await host.run('uname -a')).stdout]).toEqual([
      'files',
      'files',
      'any',
    ]);
    expect(host.node).toBe('w1');
  });

  test('rejects what no rule expects, with the text', async () => {
    await expect(new FakeHost().on('a').run('rm -rf /\nexit 1')).rejects.toThrow(
      'FakeHost cp1 has no reply for this command:\nrm -rf /\nexit 1',
    );
  });

  test('uses up replies for once in their order, before the others', async () => {
    const host = new FakeHost().once('a', { stdout: '1' }).once('a', { stdout: '2' }).on('a', { stdout: 'rest' });
    const answers = [await host.run('a'), await host.run('a'), await host.run('a'), await host.run('a')];
    expect(answers.map((answer) => answer.stdout)).toEqual(['1', '2', 'rest', 'rest']);
  });

  test('may answer with an error or by a function', async () => {
    const host = new FakeHost()
      .on('lost', new ConnectionLostError('gone'))
      .on('cat', (_script, { stdin }) => ({ stdout: stdin ?? '' }))
      .on('bad', () => new RangeError('bad'));
    await expect(host.run('lost')).rejects.toThrow('gone');
    await expect(host.run('bad')).rejects.toThrow(RangeError);
    expect(await host.run('cat', { stdin: 'in' })).toMatchObject({ stdout: 'in' });
  });

  test('records commands and uploads, and counts round trips', async () => {
    const host = new FakeHost().on(/.*/);
    const progress: number[] = [];
    await host.run('a', { stdin: 'in', title: 'do a' });
    await host.follow('b', () => undefined);
    await host.upload(upload, (sentBytes) => progress.push(sentBytes));
    expect(host.sent).toEqual([
      { kind: 'run', script: 'a', stdin: 'in', title: 'do a' },
      { kind: 'follow', script: 'b' },
    ]);
    expect([host.uploads, progress, host.roundTrips]).toEqual([[upload], [3], 3]);
  });

  test('follows by lines and resolves with the status', async () => {
    const host = new FakeHost().on('logs', { code: 4, stdout: 'a\n\nb\n' }).on('none');
    const lines: string[] = [];
    expect(await host.follow('logs', (line) => lines.push(line))).toBe(4);
    expect(await host.follow('none', (line) => lines.push(line))).toBe(0);
    expect(lines).toEqual(['a', '', 'b']);
  });

  test('fails uploads on request', async () => {
    const host = new FakeHost().failUploads(new Error('full'));
    await expect(host.upload(upload)).rejects.toThrow('full');
    await host.failUploads(undefined).upload(upload);
    expect(host.uploads.length).toBe(2);
  });

  test('gives files that it serves, and rejects others', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kcluster-fake-'));
    const target = join(directory, 'copy');
    const host = new FakeHost().serve('/a', Buffer.from('abc')).serve('/b', new Error('gone'));
    expect(await host.download({ path: '/a', target })).toEqual({
      sizeBytes: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
    expect(await readFile(target, 'utf8')).toBe('abc');
    await expect(host.download({ path: '/b', target })).rejects.toThrow('gone');
    await expect(host.download({ path: '/c', target })).rejects.toThrow('serves no /c');
    expect([host.downloads.length, host.roundTrips]).toEqual([3, 3]);
    await rm(directory, { recursive: true });
  });

  test('takes nothing after close', async () => {
    const host = new FakeHost().on('a');
    await host.close();
    expect(host.isClosed).toBe(true);
    await expect(host.run('a')).rejects.toThrow(/closed/);
  });
});
