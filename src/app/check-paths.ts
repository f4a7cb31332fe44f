import { canonicalAddress } from '../cluster/cidr.ts';
import { type NodeName, nodeNamed, nodesWithRole } from '../cluster/cluster.ts';
import { type PathTarget, writeConnectScript } from '../engine/connect-script.ts';
import { type DiskLatency, diskScript, readDiskLatency } from '../engine/disk-latency.ts';
import { asKclusterError, collectFailures } from '../engine/failures.ts';
import { type Listening, listenOn } from '../engine/listen-on.ts';
import { emptyObservations } from '../engine/observation.ts';
import type { Path, PathReport } from '../engine/path.ts';
import type { Finding } from '../engine/plan.ts';
import { type PathAnswers, readPathAnswers } from '../engine/read-path-answers.ts';
import { type KclusterError, UnreachableError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { ClockSeen, UntestedPort } from '../preflight/path-check.ts';
import { judgePaths } from '../preflight/path-checks.ts';
import { pathsOf } from '../preflight/path-table.ts';
import { portsToOpen } from '../preflight/ports-to-open.ts';
import { reportPaths } from '../preflight/report-paths.ts';
import type { Look } from './look.ts';
import type { Session } from './session.ts';

/** So many hosts connect at a time: a target answers each with a process of its own. */
const sourcesAtOnce = 50;

export interface PathFindings {
  readonly paths: readonly PathReport[];
  readonly findings: readonly Finding[];
}

/** Asks all hosts side by side. @throws KclusterError with every host that could not answer */
async function askAll<T>(session: Session, names: readonly NodeName[], ask: (host: Host) => Promise<T>): Promise<ReadonlyMap<NodeName, T>> {
  const answers = new Map<NodeName, T>();
  const failures: KclusterError[] = [];
  await Promise.all(
    names.map(async (name) => {
      const host = session.hosts.get(name);
      if (host === undefined) return;
      try {
        answers.set(name, await ask(host));
      } catch (error) {
        failures.push(asKclusterError(error, name));
      }
    }),
  );
  if (failures.length > 0) throw collectFailures(failures, 'the check of paths failed');
  return answers;
}

async function run(session: Session, host: Host, title: string, script: string, timeoutMs: number): Promise<string> {
  const { code, stdout, stderr } = await host.run(script, { title, timeoutMs, signal: session.signal });
  if (code === 0) return stdout;
  throw new UnreachableError(`${title} ended with status ${code}`, {
    node: host.node,
    output: stderr,
    remedy: 'check that the login gives a root shell with coreutils, iproute2 and curl',
  });
}

async function readClock(session: Session, host: Host): Promise<ClockSeen> {
  const sentMs = Date.now();
  const answer = await run(session, host, 'read the clock', 'date +%s%3N', 15_000);
  const gotMs = Date.now();
  return { aheadMs: Number(answer) - (sentMs + gotMs) / 2, uncertainMs: (gotMs - sentMs) / 2 };
}

function targetsOf(session: Session, paths: readonly Path[], from: NodeName): readonly PathTarget[] {
  const mine = Map.groupBy(
    paths.filter((path) => path.from === from),
    ({ to }) => to,
  );
  return [...mine].map(([to, list]) => ({
    address: canonicalAddress(nodeNamed(session.cluster, to).internalAddress),
    ports: list.map(({ port }) => port),
  }));
}

async function connectAll(
  session: Session,
  names: readonly NodeName[],
  paths: readonly Path[],
): Promise<ReadonlyMap<NodeName, PathAnswers>> {
  const answers = new Map<NodeName, PathAnswers>();
  for (let at = 0; at < names.length; at += sourcesAtOnce) {
    const some = await askAll(session, names.slice(at, at + sourcesAtOnce), async (host) => {
      const targets = targetsOf(session, paths, host.node);
      // Each target may take some seconds where nothing answers, and a part of them goes at a time.
      const timeoutMs = 60_000 + targets.length * 2000;
      return readPathAnswers(await run(session, host, `try ${targets.length} paths`, writeConnectScript(targets), timeoutMs));
    });
    for (const [name, answer] of some) answers.set(name, answer);
  }
  return answers;
}

interface Opened {
  readonly listeners: readonly Listening[];
  readonly untested: ReadonlyMap<NodeName, readonly UntestedPort[]>;
}

async function openPorts(session: Session, { desired, observations }: Look, paths: readonly Path[]): Promise<Opened> {
  const listeners: Listening[] = [];
  const untested = new Map<NodeName, readonly UntestedPort[]>();
  await Promise.all(
    [...session.hosts].map(async ([name, host]) => {
      const node = nodeNamed(session.cluster, name);
      const ports = portsToOpen(desired, node, observations.get(name) ?? emptyObservations(), paths);
      let left = ports.untested;
      if (ports.listen.length > 0) {
        const listening = await listenOn(host, canonicalAddress(node.internalAddress), ports.listen, session.signal);
        listeners.push(listening);
        const { failed } = listening;
        if (failed !== undefined) left = [...left, ...ports.listen.map((port) => ({ port, reason: failed }))];
      }
      if (left.length > 0) untested.set(name, left);
    }),
  );
  return { listeners, untested };
}

export interface PathScope {
  /** Names of checks whose errors are shown as warnings. */
  readonly waived: readonly string[];
  /** Only pairs with one of these, and nothing of a host alone; absent: all pairs, and the disks of etcd. */
  readonly newcomers?: ReadonlySet<NodeName>;
}

/** Hosts that take part, in no order. */
function hostsOf(session: Session, paths: readonly Path[], newcomers: PathScope['newcomers']): readonly NodeName[] {
  return newcomers === undefined ? [...session.hosts.keys()] : [...new Set(paths.flatMap(({ from, to }) => [from, to]))];
}

/**
 * Tries connections between hosts that the cluster needs. Opens the ports that nobody has, for as long as that takes; changes
 * nothing else.
 */
export async function checkPaths(session: Session, look: Look, { waived, newcomers }: PathScope): Promise<PathFindings> {
  const { desired, observations } = look;
  const all = pathsOf(desired, new Set(session.hosts.keys()));
  const paths = newcomers === undefined ? all : all.filter(({ from, to }) => newcomers.has(from) || newcomers.has(to));
  const names = hostsOf(session, paths, newcomers);
  const members = newcomers === undefined ? nodesWithRole(session.cluster, 'etcd').map(({ name }) => name) : [];
  const mute = new Set(names.filter((name) => observations.get(name)?.commands.has('curl') === false));
  const opening = openPorts(session, look, paths);
  try {
    const disks = await askAll<DiskLatency | undefined>(session, members, async (host) =>
      readDiskLatency(await run(session, host, 'measure the disk of etcd', diskScript, 60_000)),
    );
    const { untested } = await opening;
    const clocks = await askAll(session, names, (host) => readClock(session, host));
    const talking = names.filter((name) => !mute.has(name));
    const evidence = { desired, paths, answers: await connectAll(session, talking, paths), clocks, disks, untested, mute };
    const ignored = new Set([...session.cluster.ignorePreflight, ...waived]);
    return { paths: reportPaths(evidence), findings: judgePaths(evidence, ignored) };
  } finally {
    const { listeners } = await opening;
    await Promise.all(listeners.map((listening) => listening.stop()));
  }
}
