import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../../templates/backup/drill.sh');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** An etcd that runs until it is killed, and tools that say what they are told to. */
class FakeMember implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'kcluster-drill-'));
  readonly directory = join(this.root, '.drill-1');
  readonly pidFile = join(this.root, 'pid');

  constructor() {
    mkdirSync(join(this.root, 'opt/kcluster/bin'), { recursive: true });
    mkdirSync(this.directory);
    writeFileSync(join(this.directory, 'snapshot.db'), 'a snapshot');
    this.program('etcd', `echo "$@" >${this.root}/arguments; echo $$ >${this.pidFile}; exec sleep 600`);
    this.program('etcdutl', `case "$*" in *status*) echo '{"hash":1}' ;; *) mkdir -p "$5" ;; esac`);
    const keys = ['/registry/pods/ns/a', '/registry/pods/ns/b', '/registry/example.org/things/ns/c', '/registry/secrets/ns/known', ''];
    const value = JSON.stringify({ kvs: [{ key: base64('/registry/secrets/ns/known'), value: base64('x') }] });
    this.program(
      'etcdctl',
      `case "$*" in
        *health*) [ -e ${this.pidFile} ] ;;
        *--keys-only*) printf '%s\\n' ${keys.map((key) => `'${key}'`).join(' ')} ;;
        *) echo '${value}' ;;
      esac`,
    );
  }

  program(name: string, text: string): void {
    writeFileSync(join(this.root, 'opt/kcluster/bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }

  /** Whether the etcd of the drill still runs. */
  runs(): boolean {
    if (!existsSync(this.pidFile)) return false;
    return existsSync(`/proc/${readFileSync(this.pidFile, 'utf8').trim()}`);
  }

  async run(onLine: (line: string, stop: () => void) => void = () => undefined, env: Readonly<Record<string, string>> = {}) {
    const child = spawn('/bin/sh', [script, this.directory], {
      env: { PATH: process.env.PATH ?? '', KCLUSTER_ROOT: this.root, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const text = { out: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      text.out += chunk.toString();
      onLine(text.out, () => child.kill('SIGTERM'));
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, lines: text.out.trim().split('\n') };
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

test('restores, serves, counts, shows one Secret, and leaves nothing', async () => {
  using member = new FakeMember();
  const { code, lines } = await member.run();
  expect([code, existsSync(member.directory), member.runs()]).toEqual([0, false, false]);
  expect(lines.filter((line) => !line.startsWith('phase'))).toEqual([
    'snapshot\t{"hash":1}',
    'keys\texample.org/things\t1',
    'keys\tpods\t2',
    'keys\tsecrets\t1',
    expect.stringMatching(/^secret\t\{"kvs":/),
    'done',
  ]);
});

test('that etcd opens no port and joins nothing', async () => {
  using member = new FakeMember();
  await member.run();
  const words = readFileSync(join(member.root, 'arguments'), 'utf8');
  expect(words.match(/--listen-\S+/g)).toEqual([
    `--listen-client-urls=unix://${member.directory}/client.sock`,
    `--listen-peer-urls=unix://${member.directory}/peer.sock`,
  ]);
  expect(words).not.toMatch(/initial-cluster|https?:/);
});

describe('beside the member of its host', () => {
  const live = { LIVE: 'https://127.0.0.1:2379' };
  const list = (...keys: readonly string[]): string => `printf '%s\\n\\n' ${keys.map((key) => `'${key}'`).join(' ')}`;
  const differs = async (member: FakeMember) => {
    const { code, lines } = await member.run(undefined, live);
    expect([code, existsSync(member.directory), member.runs()]).toEqual([0, false, false]);
    return lines.filter((line) => line.startsWith('differs'));
  };

  test('it tells what a restore takes away, brings back and sets back', async () => {
    using member = new FakeMember();
    member.program('etcdutl', `case "$*" in *status*) echo '{"hash":1,"revision":41,"totalKey":4}' ;; *) mkdir -p "$5" ;; esac`);
    const saved = ['/registry/pods/ns/a', '/registry/pods/ns/b', '/registry/example.org/things/ns/c', '/registry/secrets/ns/same'];
    const now = ['/registry/pods/ns/a', '/registry/pods/ns/new', '/registry/secrets/ns/same', '/registry/example.org/things/ns/c'];
    const newer = ['/registry/pods/ns/a', '/registry/pods/ns/new'];
    member.program(
      'etcdctl',
      `case "$*" in
        *'endpoint health'*) [ -e ${member.pidFile} ] ;;
        *127.0.0.1*--consistency=s*--min-mod-rev=42) ${list(...newer)} ;;
        *127.0.0.1*--consistency=s) ${list(...now)} ;;
        *--keys-only*) ${list(...saved)} ;;
        *) echo '{"kvs":[]}' ;;
      esac`,
    );
    expect(await differs(member)).toEqual(['differs\tpods\t1\t1\t1']);
  });

  test('a member that does not answer is no reason to fail', async () => {
    using member = new FakeMember();
    member.program(
      'etcdctl',
      `case "$*" in *'endpoint health'*) [ -e ${member.pidFile} ] ;; *127.0.0.1*) exit 1 ;; *) ${list('/registry/pods/ns/a')} ;; esac`,
    );
    expect(await differs(member)).toEqual(['differs\tunknown']);
  });
});

describe('leaves nothing when', () => {
  test.each<[string, number, string, (member: FakeMember) => void]>([
    [
      'etcdutl refuses the snapshot',
      74,
      'etcdutl refuses the snapshot: bad',
      (member) => member.program('etcdutl', 'echo bad >&2; exit 1'),
    ],
    [
      'it does not restore',
      74,
      'the snapshot cannot be restored: bad',
      (member) => member.program('etcdutl', 'case "$*" in *status*) echo "{}" ;; *) echo bad; exit 1 ;; esac'),
    ],
    [
      'etcd does not start',
      74,
      'etcd does not start with what was restored: panic',
      (member) => member.program('etcd', 'echo panic; exit 1'),
    ],
    [
      'keys cannot be read',
      74,
      'its keys cannot be read: bad',
      (member) => member.program('etcdctl', `case "$*" in *health*) [ -e ${member.pidFile} ] ;; *) echo bad >&2; exit 1 ;; esac`),
    ],
    ['the snapshot is empty', 70, 'there is no snapshot to try in', (member) => writeFileSync(join(member.directory, 'snapshot.db'), '')],
    ['etcd is not there', 70, 'opt/kcluster/bin/etcd is not on this host', (member) => rmSync(join(member.root, 'opt/kcluster/bin/etcd'))],
  ])('%s', async (_, status, message, prepare) => {
    using member = new FakeMember();
    prepare(member);
    const { code, lines } = await member.run();
    expect([code, existsSync(member.directory), member.runs()]).toEqual([status, false, false]);
    expect(lines.at(-1)).toMatch(/^failed\t/);
    expect(lines.at(-1)).toContain(message);
  });

  test('it is ended on the way', async () => {
    using member = new FakeMember();
    member.program('etcdctl', 'exit 1');
    const { code } = await member.run((text, stop) => {
      if (text.includes('phase\tserve')) stop();
    });
    expect([code, existsSync(member.directory), member.runs()]).toEqual([130, false, false]);
  });
});
