import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sampleSnapshot } from '../../backup/support/sample-backup.ts';

const script = join(import.meta.dirname, '../../../templates/backup/make-backup.sh');

/** Answers from files beside it: MEMBER.status, MEMBER.fails, list, snapshot.db. */
const etcdctl = `#!/bin/sh
dir=\${0%/*}/../state
for each; do case $each in --endpoints=https://*) member=\${each#*//}; member=\${member%%:*} ;; esac; done
case "$*" in
  *'endpoint status'*) [ -e "$dir/$member.status" ] || { echo "$member is down" >&2; exit 1; }; cat "$dir/$member.status" ;;
  *'member list --consistency=s'*) cat "$dir/list" ;;
  *'member list'*) [ ! -e "$dir/no-quorum" ] || exit 1; cat "$dir/list" ;;
  *'snapshot save'*)
    for target; do :; done
    [ ! -e "$dir/$member.fails" ] || { cat "$dir/$member.fails" >&2; exit 1; }
    while [ -e "$dir/slow" ]; do echo x >>"$target.part"; sleep 0.05; done
    rm -f "$target.part"
    echo "$member" >>"$dir/asked"
    cp "$dir/snapshot.db" "$target" ;;
esac
`;
const etcdutl = `#!/bin/sh
[ ! -e "\${0%/*}/../state/refuses" ] || { echo 'snapshot file integrity check failed' >&2; exit 1; }
cat "\${0%/*}/../state/judged"
`;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Words behind each `warning`. */
  readonly warnings: readonly string[];
  readonly made: string;
  readonly failed: string;
}

interface Member {
  readonly id: string;
  readonly leader: string;
  readonly learner?: boolean;
  readonly errors?: string;
  readonly applied?: number;
}

/** As etcdctl --hex writes it: its own id in hexadecimal digits, the leader's in decimal ones. */
export const statusOf = ({ id, leader, learner = false, errors = '', applied = 100 }: Member): string =>
  `"ClusterID" : abc123
"MemberID" : ${id}
"Revision" : 104
"Version" : "3.7.3"
"DBSize" : 20480
"Leader" : ${BigInt(`0x${leader}`)}
"IsLearner" : ${learner}
"RaftAppliedIndex" : ${applied}
"Errors" : [${errors}]
`;

const write = (file: string, content: string | Buffer, mode = 0o600): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content, { mode });
};

/** A root directory that looks like a control plane to make-backup.sh: three members, of which m2 leads. */
export class FakeControlPlane implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'kcluster-make-backup-'));
  readonly target = join(this.root, 'snapshots');
  /** Programs here come before those of this machine. */
  readonly bin = join(this.root, 'first');
  settings: Record<string, string> = {
    CLUSTER: 'demo',
    NODE: 'cp-1',
    ENDPOINTS: 'https://m1:2379,https://m2:2379,https://m3:2379',
    RECIPIENTS: '',
    INVENTORY: '',
  };

  constructor() {
    const kcluster = join(this.root, 'opt/kcluster');
    write(join(kcluster, 'etcd/3.7.3/etcdctl'), etcdctl, 0o755);
    write(join(kcluster, 'etcd/3.7.3/etcdutl'), etcdutl, 0o755);
    mkdirSync(join(kcluster, 'bin'));
    // The fake programs look for their state beside the directory that they are called in.
    for (const name of ['etcdctl', 'etcdutl']) symlinkSync(join(kcluster, 'etcd/3.7.3', name), join(kcluster, 'bin', name));
    symlinkSync('/opt/kcluster/kube-apiserver/1.37.1/kube-apiserver', join(kcluster, 'bin/kube-apiserver'));
    mkdirSync(this.bin);
    mkdirSync(this.target);
    for (const name of ['ca.crt', 'ca.key', 'sa.key', 'etcd/ca.crt', 'apiserver-etcd-client.crt', 'apiserver-etcd-client.key'])
      write(join(this.root, 'etc/kubernetes/pki', name), `content of ${name}\n`);
    write(join(this.root, 'etc/kubernetes/encryption-config.yaml'), 'kind: EncryptionConfiguration\n');
    for (const id of ['1', '2', '3']) this.state(`m${id}.status`, statusOf({ id: `a${id}`, leader: 'a2' }));
    this.state('list', ['1', '2', '3'].map((id) => `a${id}, started, m${id}, https://m${id}:2380, https://m${id}:2379, false\n`).join(''));
    this.state('snapshot.db', sampleSnapshot());
    this.state('judged', '{"hash":77,"revision":104,"totalKey":103,"totalSize":20480,"version":"3.7.0"}\n');
  }

  /** What the fake etcd says. */
  state(name: string, content: string | Buffer): void {
    write(join(this.root, 'opt/kcluster/state', name), content);
  }

  forget(name: string): void {
    rmSync(join(this.root, 'opt/kcluster/state', name), { force: true });
  }

  program(name: string, text: string): void {
    write(join(this.bin, name), `#!/bin/sh\n${text}\n`, 0o755);
  }

  left(): readonly string[] {
    return readdirSync(this.target).sort();
  }

  /** @param onStart gets a way to end it */
  run(onStart: (stop: () => void) => void = () => undefined, shell = 'dash'): Promise<Outcome> {
    const env = { ...this.settings, KCLUSTER_ROOT: this.root, PATH: `${this.bin}:${process.env.PATH}` };
    const child = spawn(shell, [script, this.target], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      text.stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      text.stderr += chunk.toString();
    });
    onStart(() => process.kill(-(child.pid ?? 0), 'SIGTERM'));
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const of = (word: string): readonly string[] =>
      text.stdout.split('\n').flatMap((line) => (line.startsWith(`${word}\t`) ? [line.slice(word.length + 1)] : []));
    child.on('close', (code) =>
      resolve({ code, ...text, warnings: of('warning'), made: of('made')[0] ?? '', failed: of('failed')[0] ?? '' }),
    );
    return promise;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
