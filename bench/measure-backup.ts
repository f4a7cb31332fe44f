import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LabMachine } from '../src/lab/state.ts';
import { commandLine } from './command-line.ts';
import { type BenchContext, type FreshLab, runOnHost, sshCommand, withFreshLab } from './lab-host.ts';
import { parsePeak } from './measure-scale.ts';
import { phaseTimings, type TimedEvent } from './run-events.ts';
import { fetchArtifactsFor, runInit } from './run-init.ts';
import { runTimed } from './run-timed.ts';

/** The tools of etcd and OpenSSH, one after the other. */
export interface PlainSample {
  /** The plain snapshot. */
  readonly storeBytes: number;
  /** `etcdctl snapshot save` on the host. */
  readonly plainSaveSeconds: number;
  /** `etcdutl snapshot status` on the host. */
  readonly plainStatusSeconds: number;
  /** `etcdutl snapshot restore` on the host, into an empty directory beside it. */
  readonly plainRestoreSeconds: number;
}

/** `kcluster` as a process, from its start to its end; NaN in a product without the command. */
export interface CommandSample {
  readonly seconds: number;
  /** Largest resident set. */
  readonly peakBytes: number;
  readonly events: readonly TimedEvent[];
}

export interface BackupSample extends PlainSample {
  /** The snapshot to this machine by ssh, brought to disk and digested. */
  readonly fetchSeconds: number;
  /** The snapshot to a host by ssh, brought to disk and digested. */
  readonly sendSeconds: number;
  readonly saveSeconds: number;
  readonly savePeakBytes: number;
  readonly restoreSeconds: number;
  readonly restorePeakBytes: number;
  /** Part of the restore, from when the API server is stopped to when it is ready again. */
  readonly awaySeconds: number;
  /** Largest resident set of a command that moves nothing: `etcd snapshot list`. */
  readonly idlePeakBytes: number;
}

const mebibytes = 1024;
const pki = '/etc/etcd/pki';
const etcdctl = `/opt/kcluster/bin/etcdctl --endpoints=https://127.0.0.1:2379 --cacert ${pki}/ca.crt --cert ${pki}/healthcheck-client.crt --key ${pki}/healthcheck-client.key`;
/** On the file system that holds kcluster's own snapshots. */
const directory = '/var/lib/kcluster/bench';

/** Values that no compression makes smaller, each under a key of its own. */
const fillScript = `set -e
i=0; while [ "$i" -lt ${mebibytes} ]; do head -c 1048576 /dev/urandom | ${etcdctl} put "/bench/$i" >/dev/null; i=$((i + 1)); done`;

const plainScript = `set -e
d=${directory}; rm -rf "$d"; mkdir -p "$d"
began=$(date +%s%N)
${etcdctl} snapshot save "$d/plain.db" >/dev/null 2>&1
saved=$(date +%s%N)
/opt/kcluster/bin/etcdutl snapshot status "$d/plain.db" >/dev/null
judged=$(date +%s%N)
/opt/kcluster/bin/etcdutl snapshot restore "$d/plain.db" --data-dir "$d/restored" >/dev/null 2>&1
restored=$(date +%s%N)
rm -rf "$d/restored"
printf 'save %s\\nstatus %s\\nrestore %s\\nbytes %s\\n' "$((saved - began))" "$((judged - saved))" "$((restored - judged))" "$(stat -c %s "$d/plain.db")"`;

/** What `plainScript` printed: nanoseconds and bytes. @throws RangeError when a figure is missing */
export function parsePlain(stdout: string): PlainSample {
  const read = (name: string): number => {
    const text = new RegExp(`^${name} (\\d+)$`, 'm').exec(stdout)?.[1];
    if (text === undefined) throw new RangeError(`the host told no ${name}: ${stdout}`);
    return Number(text);
  };
  const seconds = (name: string): number => read(name) / 1e9;
  return {
    storeBytes: read('bytes'),
    plainSaveSeconds: seconds('save'),
    plainStatusSeconds: seconds('status'),
    plainRestoreSeconds: seconds('restore'),
  };
}

/** From when API servers are stopped to when one is ready again; NaN when they never were. */
export function awaySeconds(events: readonly TimedEvent[]): number {
  const phases = phaseTimings(events);
  const fence = phases.find(({ phase }) => phase === 'restore/fence');
  const back = phases.find(({ phase }) => phase === 'kube-apiserver/run');
  return fence === undefined || back === undefined ? Number.NaN : back.startSeconds + back.seconds - fence.startSeconds;
}

async function timeCommand(context: BenchContext, words: readonly string[]): Promise<CommandSample> {
  const isThere = existsSync(path.join(context.product, 'dist/commands', `${words.slice(0, 3).join('/')}.js`));
  if (!isThere) return { seconds: Number.NaN, peakBytes: Number.NaN, events: [] };
  const events: TimedEvent[] = [];
  const peak = `NODE_OPTIONS=--import=${path.join(import.meta.dirname, 'tell-peak.mjs')}`;
  const argv = ['env', peak, ...commandLine(context, words)];
  const began = Date.now();
  const { startedAtMs, endedAtMs, stderr } = await runTimed(argv, context.signal, (line, atMs) => {
    if (line.startsWith('{"')) events.push({ atMs: atMs - began, event: JSON.parse(line) });
  });
  return { seconds: (endedAtMs - startedAtMs) / 1000, peakBytes: parsePeak(stderr), events };
}

/** A copy by ssh: the words of a shell that has the command line of ssh as its arguments. */
async function timeCopy(lab: FreshLab, host: LabMachine, context: BenchContext, remote: string, local: string): Promise<number> {
  const argv = ['sh', '-c', local, 'sh', ...sshCommand(lab.name, host, remote)];
  const { startedAtMs, endedAtMs } = await runTimed(argv, context.signal, () => undefined);
  return (endedAtMs - startedAtMs) / 1000;
}

async function measureOn(lab: FreshLab, host: LabMachine, context: BenchContext): Promise<BackupSample> {
  await fetchArtifactsFor(lab, context);
  await runInit(lab, context);
  await runOnHost(lab.name, host, fillScript, context.signal);
  const plain = parsePlain(await runOnHost(lab.name, host, plainScript, context.signal));
  const here = await mkdtemp(path.join(tmpdir(), 'kcluster-bench-backup-'));
  try {
    const keep = (file: string): string => `cat >'${file}' && sync '${file}' && sha256sum '${file}' >/dev/null`;
    const copy = path.join(here, 'plain.db');
    const fetchSeconds = await timeCopy(lab, host, context, `cat ${directory}/plain.db`, `"$@" | { ${keep(copy)}; }`);
    const sendSeconds = await timeCopy(lab, host, context, keep(`${directory}/sent.db`), `"$@" <'${copy}'`);
    await runOnHost(lab.name, host, `rm -rf ${directory}`, context.signal);
    const inventory = ['-i', lab.inventory];
    const idle = await timeCommand(context, ['etcd', 'snapshot', 'list', ...inventory]);
    const save = await timeCommand(context, ['etcd', 'snapshot', 'save', '--to', here, ...inventory]);
    const archive = (await readdir(here)).find((file) => file.includes('.tar.')) ?? '';
    const restore = await timeCommand(context, ['etcd', 'snapshot', 'restore', path.join(here, archive), '--yes', '--json', ...inventory]);
    return {
      ...plain,
      fetchSeconds,
      sendSeconds,
      saveSeconds: save.seconds,
      savePeakBytes: save.peakBytes,
      restoreSeconds: restore.seconds,
      restorePeakBytes: restore.peakBytes,
      awaySeconds: awaySeconds(restore.events),
      idlePeakBytes: idle.peakBytes,
    };
  } finally {
    await rm(here, { recursive: true, force: true });
  }
}

/** One control plane whose etcd holds about 1 GiB: what etcd's own tools and ssh take, and a backup and a restore by kcluster. */
export function measureBackup(name: string, context: BenchContext): Promise<BackupSample> {
  return withFreshLab(name, { controlPlanes: 1, workers: 0 }, context, async (lab) => {
    const [host] = lab.machines;
    if (host === undefined) throw new RangeError(`lab ${name} has no host`);
    return measureOn(lab, host, context);
  });
}
