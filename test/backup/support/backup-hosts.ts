import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { nodeNamed } from '../../../src/cluster/cluster.ts';
import { describeBackup } from '../../../src/components/backup.ts';
import type { Resource } from '../../../src/engine/resource.ts';
import { placementOf, render, sample } from '../../components/sample.ts';

const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJfA6DOOGyFgKsT4sANBXzyJ2uZBCWnYh3Xp4JBD0H6R';

/** get, put and lock of one etcd in a directory; `down`, when it is there, is what etcdctl says instead. */
const etcdctl = `#!/bin/sh
while case $1 in --*) true ;; *) false ;; esac; do shift; done
[ ! -e "$FAKES/down" ] || { cat "$FAKES/down" >&2; exit 1; }
file=$FAKES/etcd$(echo "$2" | tr / _)
case $1 in
  get) cat "$file" 2>/dev/null || : ;;
  put) cat >"$file" ;;
  lease) echo 'lease 77 granted with TTL(1s)' ;;
  lock) while [ "$1" != -- ]; do shift; done; shift; flock "$FAKES/lock" "$@" ;;
esac
`;

/** What the real one would leave, of a host that may be broken. */
const makeBackup = `
. "$KCLUSTER_ROOT/etc/kcluster/backup/settings"
echo "phase	save"
[ ! -e "$KCLUSTER_ROOT/broken" ] || { cat "$KCLUSTER_ROOT/broken" >&2; exit 72; }
name=$CLUSTER-$(date -u +%Y%m%dT%H%M%SZ)-$NODE
echo "archive of $name" >"$1/$name.tar.zst"
cat >"$1/$name.json" <<JSON
{
  "name": "$name",
  "archive": { "file": "$name.tar.zst", "sizeBytes": $(stat -c %s "$1/$name.tar.zst"), "sha256": "x" }
}
JSON
echo "made	$name"
`;

/** The clock of a host is a file beside its root; seconds go on from it only when a test says so. */
const date = `#!/bin/sh
clock=$(cat "$KCLUSTER_ROOT/clock")
case "$*" in *-d*) exec /bin/date "$@" ;; esac
exec /bin/date -d "$clock" "$@"
`;

/** The other end is this machine; what would be a session of its own is a shell. */
const ssh = `#!/bin/sh
printf '%s\\n' "$*" >>"$FAKES/ssh.log"
[ ! -e "$FAKES/ssh.down" ] || { echo 'Connection refused' >&2; exit 255; }
for last; do :; done
exec sh -c "$last"
`;

const curl = `#!/bin/sh
printf '%s\\n' "$*" >>"$FAKES/curl.log"
exec /usr/bin/curl "$@"
`;

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Roots of hosts under one directory, with one etcd, and everything on them that the component describes. */
export class BackupHosts {
  readonly directory: string;
  readonly fakes: string;
  readonly names = ['a', 'b', 'c'] as const;

  constructor(directory: string, snapshots: object, secrets: Readonly<Record<string, string>> = {}) {
    this.directory = directory;
    this.fakes = path.join(directory, 'fakes');
    mkdirSync(path.join(this.fakes, 'bin'), { recursive: true });
    for (const [name, script] of Object.entries({ date, ssh, curl })) this.#program(path.join(this.fakes, 'bin', name), script);
    const nodes = this.names.map((name, index) => ({ name, address: `192.0.2.${index + 1}`, roles: ['control-plane'] }));
    const cluster = sample(nodes, { etcd: { snapshots } });
    for (const name of this.names) {
      this.setClock(name, '2026-11-26T15:00:30Z');
      this.#program(this.at(name, '/opt/kcluster/bin/etcdctl'), etcdctl);
      for (const resource of describeBackup(cluster, nodeNamed(cluster, name), placementOf(cluster), render).run)
        this.#put(name, resource, secrets);
    }
  }

  /** Of a target over ssh, with a key that is pinned. */
  static sshTarget(directory: string): object {
    return { url: `ssh://backup@nas.example.com:2222${directory}`, identityFile: 'key', hostKey };
  }

  at(host: string, file: string): string {
    return path.join(this.directory, host, file);
  }

  write(host: string, file: string, content: string): void {
    mkdirSync(path.dirname(this.at(host, file)), { recursive: true });
    writeFileSync(this.at(host, file), content);
  }

  setClock(host: string, time: string): void {
    this.write(host, 'clock', time);
  }

  setClocks(time: string): void {
    for (const name of this.names) this.setClock(name, time);
  }

  async run(host: string): Promise<Ran> {
    const env = { KCLUSTER_ROOT: path.join(this.directory, host), FAKES: this.fakes, PATH: `${this.fakes}/bin:${process.env.PATH}` };
    const child = spawn('/bin/sh', [this.at(host, '/etc/kcluster/backup/run-backup.sh')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('close', resolve);
      child.on('error', reject);
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await ended, stdout, stderr };
  }

  status(host: string): Readonly<Record<string, string>> {
    const lines = readFileSync(this.at(host, '/var/lib/kcluster/snapshots/.status'), 'utf8').trimEnd().split('\n');
    return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  }

  /** Records and archives, by name. */
  backups(host: string): readonly string[] {
    return readdirSync(this.at(host, '/var/lib/kcluster/snapshots'))
      .filter((name) => !name.startsWith('.'))
      .sort();
  }

  all(): readonly string[] {
    return this.names.flatMap((name) => this.backups(name).filter((file) => file.endsWith('.json')));
  }

  #put(host: string, resource: Resource, secrets: Readonly<Record<string, string>>): void {
    if (resource.kind === 'directory') mkdirSync(this.at(host, resource.path), { recursive: true });
    if (resource.kind !== 'file') return;
    const content = 'text' in resource.content ? resource.content.text : (secrets[resource.content.secret] ?? 'inventory');
    this.write(host, resource.path, resource.path.endsWith('make-backup.sh') ? makeBackup : content);
  }

  #program(file: string, script: string): void {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, script);
    chmodSync(file, 0o755);
  }
}
