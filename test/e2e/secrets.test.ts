import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { describeOnLab, kcluster, onHost, shared } from './support/shared-cluster.ts';

/** The lines of every private key and the encryption key: what must be nowhere but in its own file. */
async function secretLines(): Promise<readonly string[]> {
  const directory = path.join(shared.stateDirectory, 'pki');
  const keys = (await readdir(directory)).filter((name) => name.endsWith('.key'));
  const texts = await Promise.all(keys.map((name) => readFile(path.join(directory, name), 'utf8')));
  const encryption = await readFile(path.join(directory, 'encryption-config.yaml'), 'utf8');
  const encryptionKey = /secret: "?([A-Za-z0-9+/=]{40,})"?/.exec(encryption)?.[1] ?? '';
  expect(encryptionKey).not.toBe('');
  return [...texts.flatMap((text) => text.split('\n').filter((line) => line.length > 40 && !line.startsWith('---'))), encryptionKey];
}

const hidden = (text: string, secret: string): boolean => !text.includes(secret) && !text.includes(Buffer.from(secret).toString('base64'));

describeOnLab('secrets', () => {
  test('are in no run log, though every remote command is', async () => {
    const runs = path.join(shared.stateDirectory, 'runs');
    const logs = await Promise.all((await readdir(runs)).map((name) => readFile(path.join(runs, name), 'utf8')));
    expect(logs.join('')).toContain('kube-apiserver/run@');
    for (const secret of await secretLines()) expect(logs.every((log) => hidden(log, secret))).toBe(true);
    expect(logs.every((log) => !/client-key-data: [A-Za-z0-9+/=]{60,}/.test(log))).toBe(true);
  });

  test('are in no journal, no process arguments and no shell history of a host', async () => {
    for (const node of shared.nodes) {
      const text = await onHost(
        node,
        "cat /var/lib/kcluster/journal.jsonl; cat /root/.*history 2>/dev/null; journalctl -q --no-pager -o cat -n 20000; for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null; echo; done",
      );
      for (const secret of await secretLines()) expect(hidden(text, secret)).toBe(true);
    }
  });

  test('are kept for one person only beside the inventory', async () => {
    const entries = await readdir(shared.stateDirectory, { recursive: true });
    for (const entry of ['', ...entries]) {
      const { mode } = await stat(path.join(shared.stateDirectory, entry));
      expect(mode & 0o077, entry).toBe(0);
    }
  });

  test('are not printed', async () => {
    const { stdout, stderr } = await kcluster('init', '--yes', '--verbose', '--json');
    for (const secret of await secretLines()) expect(hidden(stdout + stderr, secret)).toBe(true);
  });
});
