import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { uploadCommand } from '../../src/host/ssh/upload.ts';

const large = randomBytes(1024 * 1024 + 3);
const small = randomBytes(1000);

/** Runs the script of an upload with an OpenSSL of ours first in PATH; `calls` are the words it was called with. */
async function receive(content: Buffer, openssl: string, wanted = content) {
  await using place = {
    directory: await mkdtemp(path.join(tmpdir(), 'kcluster-hash-')),
    async [Symbol.asyncDispose]() {
      await rm(this.directory, { recursive: true });
    },
  };
  const { directory } = place;
  const [programs, calls, target] = [path.join(directory, 'bin'), path.join(directory, 'calls'), path.join(directory, 'new/kubelet')];
  await mkdir(programs);
  await writeFile(path.join(programs, 'openssl'), `#!/bin/sh\necho "$*" >>'${calls}'\n${openssl}\n`, { mode: 0o755 });
  const sha256 = createHash('sha256').update(wanted).digest('hex');
  const { script } = uploadCommand({ source: '', path: target, sha256, sizeBytes: content.length, mode: 0o755 });
  const { status } = spawnSync('sh', ['-c', script], { input: content, env: { PATH: `${programs}:${process.env.PATH}` } });
  const arrived = existsSync(target) && (await readFile(target)).equals(content);
  const called = existsSync(calls) ? (await readFile(calls, 'utf8')).trim().split('\n') : [];
  return { status, arrived, calls: called };
}

const good = `sum=$(sha256sum); printf '%s *stdin\\n' "\${sum%% *}"`;
const words = 'dgst -sha256 -r';

test('a large file is hashed by an OpenSSL that can', async () => {
  expect(await receive(large, good)).toEqual({ status: 0, arrived: true, calls: [words, words] });
});

test('a small file is not worth its start', async () => {
  expect(await receive(small, good)).toEqual({ status: 0, arrived: true, calls: [] });
});

test.each([
  ['is not there', 'exit 127'],
  ['knows no -r', `cat >/dev/null; echo 'SHA2-256(stdin)= e3b0c442'`],
  ['says something else first', `echo warning; ${good}`],
])('coreutils hash where OpenSSL %s', async (_, openssl) => {
  expect(await receive(large, openssl)).toEqual({ status: 0, arrived: true, calls: [words] });
});

test.each([
  ['differs from what was announced', large, good],
  ['is hashed by an OpenSSL that fails half-way', large, `[ -s '/dev/stdin' ] || { ${good}; exit; }; exit 1`],
])('a file that %s is refused', async (_, content, openssl) => {
  const { status, arrived } = await receive(content, openssl, randomBytes(10));
  expect([status === 0, arrived]).toEqual([false, false]);
});
