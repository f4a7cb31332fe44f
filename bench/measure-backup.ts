import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LabMachine } from '../src/lab/state.ts';
import { commandLine } from './command-line.ts';
import { type BenchContext, type FreshLab, runOnHost, withFreshLab } from './lab-host.ts';
import { parsePeak } from './measure-scale.ts';
import { fetchArtifactsFor, runInit } from './run-init.ts';
import { runTimed } from './run-timed.ts';

export interface BackupSample {
  /** The plain snapshot. */
  readonly storeBytes: number;
  /** `etcdctl snapshot save` on the host. */
  readonly plainSaveSeconds: number;
  /** `etcdutl snapshot restore` on the host, into an empty directory beside it. */
  readonly plainRestoreSeconds: number;
  /** `kcluster etcd snapshot save`, from the start of its process to its end; NaN in a product without it. */
  readonly saveSeconds: number;
  /** Largest resident set of that process. */
  readonly savePeakBytes: number;
}

const mebibytes = 1024;
const pki = '/etc/etcd/pki';
const etcdctl = `/opt/kcluster/bin/etcdctl --endpoints=https://127.0.0.1:2379 --cacert ${pki}/ca.crt --cert ${pki}/healthcheck-client.crt --key ${pki}/healthcheck-client.key`;

/** Values that no compression makes smaller, each under a key of its own. */
const fillScript = `set -e
i=0; while [ "$i" -lt ${mebibytes} ]; do head -c 1048576 /dev/urandom | ${etcdctl} put "/bench/$i" >/dev/null; i=$((i + 1)); done`;

/** On the file system that holds kcluster's own snapshots. */
const plainScript = `set -e
d=/var/lib/kcluster/bench; rm -rf "$d"; mkdir -p "$d"; trap 'rm -rf "$d"' EXIT
began=$(date +%s%N)
${etcdctl} snapshot save "$d/plain.db" >/dev/null 2>&1
saved=$(date +%s%N)
/opt/kcluster/bin/etcdutl snapshot restore "$d/plain.db" --data-dir "$d/restored" >/dev/null 2>&1
restored=$(date +%s%N)
printf 'save %s\\nrestore %s\\nbytes %s\\n' "$((saved - began))" "$((restored - saved))" "$(stat -c %s "$d/plain.db")"`;

/** What `plainScript` printed: nanoseconds and bytes. @throws RangeError when a figure is missing */
export function parsePlain(stdout: string): Pick<BackupSample, 'storeBytes' | 'plainSaveSeconds' | 'plainRestoreSeconds'> {
  const read = (name: string): number => {
    const text = new RegExp(`^${name} (\\d+)$`, 'm').exec(stdout)?.[1];
    if (text === undefined) throw new RangeError(`the host told no ${name}: ${stdout}`);
    return Number(text);
  };
  return { storeBytes: read('bytes'), plainSaveSeconds: read('save') / 1e9, plainRestoreSeconds: read('restore') / 1e9 };
}

async function measureSave(lab: FreshLab, context: BenchContext): Promise<Pick<BackupSample, 'saveSeconds' | 'savePeakBytes'>> {
  const isThere = existsSync(path.join(context.product, 'dist/commands/etcd/snapshot/save.js'));
  if (!isThere) return { saveSeconds: Number.NaN, savePeakBytes: Number.NaN };
  const directory = await mkdtemp(path.join(tmpdir(), 'kcluster-bench-backup-'));
  try {
    const words = ['etcd', 'snapshot', 'save', '--to', directory, '-i', lab.inventory];
    const peak = `NODE_OPTIONS=--import=${path.join(import.meta.dirname, 'tell-peak.ts')}`;
    const argv = ['env', peak, ...commandLine(context, words)];
    const { startedAtMs, endedAtMs, stderr } = await runTimed(argv, context.signal, () => undefined);
    return { saveSeconds: (endedAtMs - startedAtMs) / 1000, savePeakBytes: parsePeak(stderr) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measureOn(lab: FreshLab, host: LabMachine, context: BenchContext): Promise<BackupSample> {
  await fetchArtifactsFor(lab, context);
  await runInit(lab, context);
  await runOnHost(lab.name, host, fillScript, context.signal);
  const plain = parsePlain(await runOnHost(lab.name, host, plainScript, context.signal));
  return { ...plain, ...(await measureSave(lab, context)) };
}

/** One control plane whose etcd holds about 1 GiB: a snapshot by etcd's own tools, and a backup by kcluster. */
export function measureBackup(name: string, context: BenchContext): Promise<BackupSample> {
  return withFreshLab(name, { controlPlanes: 1, workers: 0 }, context, async (lab) => {
    const [host] = lab.machines;
    if (host === undefined) throw new RangeError(`lab ${name} has no host`);
    return measureOn(lab, host, context);
  });
}
