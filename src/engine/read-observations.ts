import type { JsonObject } from '../cluster/cluster.ts';
import { type DiskLatency, readDiskLatency } from './disk-latency.ts';
import { readEndpoint } from './endpoint-probe.ts';
import { type EtcdSeen, readEtcd } from './etcd-seen.ts';
import { readGivenEtcd } from './given-etcd-probe.ts';
import { type BudgetSeen, type KubePodsSeen, type PodSeen, readBudget, readPod } from './kube-pods.ts';
import { DeprecatedApisReader, KubeUpgradeReader } from './kube-upgrade.ts';
import {
  type BinarySeen,
  type EndpointSeen,
  type EtcdEndpointSeen,
  type FileSeen,
  type HealthSeen,
  type HostFacts,
  type Listener,
  type Observations,
  referenceKey,
  type UnitSeen,
} from './observation.ts';
import { type Probe, probeKey } from './probe.ts';
import { trimNode } from './trim-node.ts';

/** By the file type bits of stat(2). */
const fileTypes: ReadonlyMap<number, FileSeen['type']> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'link'],
]);

function readStat(fields: readonly string[]): FileSeen {
  const [, hexMode = '0', owner = '', group = '', size = '0'] = fields;
  const mode = Number.parseInt(hexMode, 16);
  const type = fileTypes.get(mode & 0o170000) ?? 'other';
  return { type, mode: mode & 0o7777, owner, group, sizeBytes: Number(size) };
}

function readBinary(stat: string, record: string): BinarySeen {
  const [size = '0', mtime = ''] = stat.split(' ');
  const [sha256, recordedSize, recordedMtime] = record.split(' ');
  const untouched = sha256 !== undefined && recordedSize === size && recordedMtime === mtime;
  return { sizeBytes: Number(size), ...(untouched ? { verifiedSha256: sha256 } : {}) };
}

function readFacts(lines: ReadonlyMap<string, string>, free: Pick<HostFacts, 'freeBytes' | 'freePercent'>): HostFacts {
  const text = (key: string): string => lines.get(key) ?? '';
  const number = (key: string): number => Number(lines.get(key) ?? 0);
  const manager = text('packageManager').replace('apt-get', 'apt');
  return {
    osId: text('osId'),
    osIdLike: text('osIdLike'),
    osVersion: text('osVersion'),
    kernel: text('kernel'),
    machine: text('machine'),
    hostname: text('hostname'),
    machineId: text('machineId'),
    cgroupVersion: text('cgroup') === 'cgroup2fs' ? 2 : 1,
    memoryBytes: number('memory') * 1024,
    swapBytes: number('swap') * 1024,
    cpus: number('cpus'),
    systemdVersion: number('systemd'),
    clockSeconds: number('clock'),
    uid: number('uid'),
    packageManager: manager === 'apt' || manager === 'dnf' || manager === 'zypper' ? manager : 'unknown',
    ...free,
  };
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function objectsOf(base64: string): JsonObject[] {
  const text = decode(base64);
  if (text.trim() === '') return [];
  const parsed = JSON.parse(text) as JsonObject;
  return parsed.kind === 'List' ? [...(parsed.items as readonly JsonObject[])] : [parsed];
}

function byReference(objects: readonly JsonObject[]): Map<string, JsonObject> {
  return new Map(
    objects.map((object) => {
      const metadata = object.metadata as { name: string; namespace?: string };
      return [referenceKey(String(object.kind), metadata.namespace, metadata.name), object];
    }),
  );
}

/** Collects lines by their tag. */
class Answers {
  readonly files = new Map<string, FileSeen>();
  readonly emptyDirectories = new Set<string>();
  readonly contents = new Map<string, string>();
  readonly kubeconfigCertificates = new Map<string, string>();
  readonly units = new Map<string, UnitSeen>();
  readonly startsMs = new Map<string, number>();
  readonly users = new Set<string>();
  readonly commands = new Set<string>();
  readonly modules = new Set<string>();
  readonly sysctls = new Map<string, string>();
  readonly binaries = new Map<string, BinarySeen>();
  readonly health = new Map<string, HealthSeen>();
  readonly onLink = new Map<string, boolean>();
  readonly entries = new Map<string, readonly string[]>();
  readonly givenEtcd = new Map<string, EtcdEndpointSeen>();
  readonly listeners: Listener[] = [];
  endpoint: EndpointSeen | undefined;
  images: Set<string> | undefined;
  kubeNodes: Map<string, JsonObject> | undefined;
  kubeObjects: Map<string, JsonObject> | undefined;
  kubePodCounts: Map<string, number> | undefined;
  #etcdList = '';
  readonly #etcdStatuses: string[] = [];
  readonly #fsync: string[] = [];
  readonly #facts = new Map<string, string>();
  readonly #freeBytes: Record<string, number> = {};
  readonly #freePercent: Record<string, number> = {};
  #unit = new Map<string, string>();
  readonly #pods = new Map<string, PodSeen[]>();
  readonly #budgets: BudgetSeen[] = [];
  readonly #singles = new Set<string>();
  readonly #kubeUpgrade = new KubeUpgradeReader();
  readonly #deprecatedApis = new DeprecatedApisReader();

  readonly #readers: Readonly<Record<string, (fields: readonly string[]) => void>> = {
    stat: (fields) => this.files.set(fields[0] ?? '', readStat(fields)),
    sha256: ([line = '']) => this.addToFile(line.slice(66), { sha256: line.slice(0, 64) }),
    target: ([path = '', target = '']) => this.addToFile(path, { target }),
    'empty-directory': ([path = '']) => this.emptyDirectories.add(path),
    content: ([path = '', base64 = '']) => this.contents.set(path, decode(base64)),
    kubeconfig: ([path = '', base64 = '']) => this.kubeconfigCertificates.set(path, decode(base64)),
    unit: ([line = '']) => this.addUnitLine(line),
    start: ([unit = '', times = '']) => this.addStart(unit, times),
    user: ([name = '']) => this.users.add(name),
    command: ([name = '']) => this.commands.add(name),
    module: ([name = '']) => this.modules.add(name),
    sysctl: ([key = '', ...value]) => this.sysctls.set(key, value.join(' ')),
    binary: ([path = '', stat = '', record = '']) => this.binaries.set(path, readBinary(stat, record)),
    images: () => {
      this.images ??= new Set();
    },
    image: ([reference = '']) => {
      if (reference !== '') this.images?.add(reference);
    },
    health: ([url = '', status = '0']) => this.health.set(url, { status: Number(status) }),
    'kube-nodes': ([base64 = '']) => {
      this.kubeNodes = new Map(objectsOf(base64).map((object) => [(object.metadata as { name: string }).name, trimNode(object)]));
    },
    'kube-objects': ([base64 = '']) => {
      this.kubeObjects = byReference(objectsOf(base64));
    },
    'kube-pods': ([node = '']) => this.#pods.set(node, []),
    pod: (fields) => this.#pods.get(fields[0] ?? '')?.push(readPod(fields)),
    budget: (fields) => this.#budgets.push(readBudget(fields)),
    single: (fields) => this.#singles.add(fields.join('/')),
    'pod-counts': () => {
      this.kubePodCounts = new Map();
    },
    'pod-count': ([node = '', count = '0']) => this.kubePodCounts?.set(node, Number(count)),
    'etcd-members': ([base64 = '']) => {
      this.#etcdList = decode(base64);
    },
    'etcd-status': ([base64 = '']) => this.#etcdStatuses.push(decode(base64)),
    fsync: (fields) => this.#fsync.push(fields.join('\t')),
    facts: ([key = '', ...value]) => this.addFact(key, value),
    listener: ([port = '', process = '']) => this.listeners.push({ port: Number(port), process }),
    route: ([address = '', how = '']) => this.onLink.set(address, how === 'link'),
    entry: ([path = '', name = '']) => this.entries.set(path, [...(this.entries.get(path) ?? []), name]),
    endpoint: (fields) => {
      this.endpoint = readEndpoint(fields);
    },
    'given-etcd': ([url = '', ...answers]) => this.givenEtcd.set(url, readGivenEtcd(answers)),
    ...this.#kubeUpgrade.readers,
    ...this.#deprecatedApis.readers,
  };

  add(line: string): void {
    const [tag = '', ...fields] = line.split('\t');
    if (Object.hasOwn(this.#readers, tag)) this.#readers[tag]?.(fields);
  }

  private addToFile(path: string, more: Partial<FileSeen>): void {
    const seen = this.files.get(path);
    if (seen !== undefined) this.files.set(path, { ...seen, ...more });
  }

  private addFact(key: string, value: readonly string[]): void {
    if (key === 'free') {
      const [path = '', kibibytes = 0, percent = 100] = value;
      this.#freeBytes[path] = Number(kibibytes) * 1024;
      this.#freePercent[path] = Number(percent);
    } else this.#facts.set(key, value.join('\t'));
  }

  private addUnitLine(line: string): void {
    if (line === '') {
      this.flushUnit();
      return;
    }
    const at = line.indexOf('=');
    const key = line.slice(0, at);
    if (this.#unit.has(key)) this.flushUnit();
    this.#unit.set(key, line.slice(at + 1));
  }

  flushUnit(): void {
    const get = (key: string): string => this.#unit.get(key) ?? '';
    if (this.#unit.has('Id')) {
      this.units.set(get('Id'), {
        load: get('LoadState'),
        active: get('ActiveState'),
        sub: get('SubState'),
        enabled: get('UnitFileState'),
        needsReload: get('NeedDaemonReload') === 'yes',
        restarts: Number(get('NRestarts') || 0),
        result: get('Result'),
      });
    }
    this.#unit = new Map();
  }

  /** Microseconds since the host's start; a unit that does not run has none, or that of a time before. */
  private addStart(unit: string, times: string): void {
    const at = (name: string): number => Number(new RegExp(`${name}TimestampMonotonic=(\\d+)`).exec(times)?.[1] ?? 0);
    const [began, ready] = [at('ExecMainStart'), at('ActiveEnter')];
    if (began > 0 && ready > began) this.startsMs.set(unit, (ready - began) / 1000);
  }

  pods(): KubePodsSeen | undefined {
    return this.#pods.size === 0 ? undefined : { pods: this.#pods, budgets: this.#budgets, singles: this.#singles };
  }

  ofUpgrade(): Pick<Observations, 'kubeUpgrade' | 'deprecatedApis'> {
    return { kubeUpgrade: this.#kubeUpgrade.read(), deprecatedApis: this.#deprecatedApis.read() };
  }

  etcd(): EtcdSeen | undefined {
    return readEtcd(this.#etcdList, this.#etcdStatuses);
  }

  etcdFsync(): DiskLatency | undefined {
    return readDiskLatency(this.#fsync.join('\n'));
  }

  hostFacts(): HostFacts | undefined {
    return this.#facts.size === 0 ? undefined : readFacts(this.#facts, { freeBytes: this.#freeBytes, freePercent: this.#freePercent });
  }
}

/** Reads what the script of `writeProbeScript` printed for these probes. */
export function readObservations(
  probes: readonly Probe[],
  stdout: string,
  asked: ReadonlySet<string> = new Set(probes.map(probeKey)),
): Observations {
  const answers = new Answers();
  for (const line of stdout.split('\n')) answers.add(line);
  answers.flushUnit();
  return {
    ...answers,
    asked,
    endpoint: answers.endpoint,
    etcd: answers.etcd(),
    etcdFsync: answers.etcdFsync(),
    facts: answers.hostFacts(),
    kubePods: answers.pods(),
    ...answers.ofUpgrade(),
  };
}
