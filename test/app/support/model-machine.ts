import { backupDirectory } from '../../../src/components/backup.ts';
import type { Action, Expected } from '../../../src/engine/action.ts';
import type { Description } from '../../../src/engine/description.ts';
import { hostPaths, issueStampPath, keptPath, keptStampPath, unitStampPath } from '../../../src/engine/host-paths.ts';
import { imageArchivePath } from '../../../src/engine/kinds/artifact.ts';
import { issueStampOf } from '../../../src/engine/kinds/certificate.ts';
import { sha256Of } from '../../../src/engine/kinds/file.ts';
import { stampOf } from '../../../src/engine/kinds/unit.ts';
import { type BinarySeen, emptyObservations, type FileSeen, type Observations, type UnitSeen } from '../../../src/engine/observation.ts';
import type { Upload } from '../../../src/host/host.ts';
import { textsOfScript } from './texts-of-script.ts';

/** Something else is there than was observed. */
export class MovedError extends Error {}

type ActionOf<K extends Action['kind']> = Extract<Action, { kind: K }>;
type Doers = { readonly [K in Action['kind']]: (action: ActionOf<K>) => void };
interface Owned {
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

interface KeptPath {
  readonly file: FileSeen | undefined;
  readonly text: string | undefined;
}

const root = { owner: 'root', group: 'root' } as const;
const newUnit: UnitSeen = {
  load: 'loaded',
  active: 'inactive',
  sub: 'dead',
  enabled: 'disabled',
  needsReload: false,
  restarts: 0,
  result: 'success',
};

/** One machine: what actions leave behind on it. Throws where a real one would fail. */
export class ModelMachine {
  readonly files = new Map<string, FileSeen>([['/etc', { type: 'directory', mode: 0o755, sizeBytes: 0, ...root }]]);
  readonly texts = new Map<string, string>();
  readonly units = new Map<string, UnitSeen>();
  readonly users = new Set<string>();
  /** What is asked before anything is installed. */
  readonly commands = new Set<string>(['curl']);
  readonly modules = new Set<string>();
  readonly sysctls = new Map([['net.ipv4.ip_forward', '0']]);
  readonly binaries = new Map<string, BinarySeen>();
  readonly uploads = new Map<string, Upload>();
  images: Set<string> | undefined;
  /** Starts and restarts, in order. */
  readonly starts: string[] = [];
  /** What steps kept, by name: whether each path was there, and how. */
  private readonly kept = new Map<string, ReadonlyMap<string, KeptPath>>();
  /** What the step under way keeps. */
  private keeping: ActionOf<'keep'> | undefined;
  private readonly name: string;
  private readonly commandsByPackage: ReadonlyMap<string, string>;
  private written: ReadonlyMap<string, string> = new Map();

  constructor(name: string, descriptions: readonly Description[]) {
    this.name = name;
    const packages = descriptions.flatMap(({ install }) => install.filter((resource) => resource.kind === 'package'));
    this.commandsByPackage = new Map(packages.map(({ names, command }) => [names.apt, command]));
  }

  look(): Omit<
    Observations,
    | 'health'
    | 'kubeNodes'
    | 'kubeObjects'
    | 'etcd'
    | 'etcdFsync'
    | 'startsMs'
    | 'facts'
    | 'listeners'
    | 'onLink'
    | 'givenEtcd'
    | 'endpoint'
    | 'asked'
    | 'kubePods'
    | 'kubeUpgrade'
    | 'deprecatedApis'
    | 'kubePodCounts'
  > {
    const { files, texts, units, users, commands, modules, sysctls, binaries, images } = this;
    const certificates = [...texts].flatMap(([path, text]) => {
      const data = /^ *client-certificate-data: *(\S+)$/m.exec(text)?.[1];
      return data === undefined ? [] : [[path, Buffer.from(data, 'base64').toString('utf8')] as const];
    });
    return {
      files,
      emptyDirectories: new Set<string>(),
      contents: texts,
      kubeconfigCertificates: new Map(certificates),
      units,
      users,
      commands,
      modules,
      sysctls,
      binaries,
      images,
      entries: new Map([
        [backupDirectory, this.below(backupDirectory)],
        [hostPaths.programs, this.programs()],
      ]),
    };
  }

  private programs(): readonly string[] {
    const below = [...this.binaries.keys()].flatMap((path) => /^\/opt\/kcluster\/([^/]+\/[^/]+\/[^/]+)$/.exec(path)?.[1] ?? []);
    return below.sort();
  }

  private below(directory: string): readonly string[] {
    return [...this.files.keys()].filter((path) => path.startsWith(`${directory}/`)).map((path) => path.slice(directory.length + 1));
  }

  /** Takes over what another machine holds; starts are counted anew. */
  copyFrom(other: ModelMachine): void {
    const maps = ['files', 'texts', 'units', 'sysctls', 'binaries', 'uploads'] as const;
    for (const key of maps) {
      this[key].clear();
      for (const [name, value] of other[key]) (this[key] as Map<string, unknown>).set(name, value);
    }
    this.kept.clear();
    for (const [name, paths] of other.kept) this.kept.set(name, paths);
    for (const key of ['users', 'commands', 'modules'] as const) for (const name of other[key]) this[key].add(name);
    this.images = other.images === undefined ? undefined : new Set(other.images);
  }

  /** Another machine, bare, takes its place. */
  wipe(): void {
    this.copyFrom(new ModelMachine(this.name, []));
    for (const set of [this.users, this.commands, this.modules]) set.clear();
    this.commands.add('curl');
  }

  /** A script comes: what it writes is taken from its text. */
  begin(script: string): void {
    this.written = textsOfScript(script);
    this.keeping = undefined;
  }

  carryOut(action: Action): void {
    const run = this.doers[action.kind] as (action: Action) => void;
    run(action);
  }

  /** Everything as it was before that step. @returns whether anything was kept */
  putBack(name: string): boolean {
    const before = this.kept.get(name);
    if (before === undefined) return false;
    for (const [path, { file, text }] of before) {
      if (file === undefined) this.files.delete(path);
      else this.files.set(path, file);
      if (text === undefined) this.texts.delete(path);
      else this.texts.set(path, text);
    }
    this.forget(name);
    return true;
  }

  forget(name: string): void {
    this.kept.delete(name);
    for (const path of [...this.texts.keys()].filter((text) => text.startsWith(`${keptPath(name)}/`))) this.texts.delete(path);
  }

  /** Names of what is kept. */
  get keeps(): readonly string[] {
    return [...this.kept.keys()].sort();
  }

  /** As an editor on the machine would. */
  edit(path: string, text: string): void {
    const seen = this.files.get(path);
    if (seen === undefined) throw new Error(`${this.name} has no ${path}`);
    this.put(path, text, seen);
  }

  remove(path: string): void {
    this.files.delete(path);
    this.texts.delete(path);
    const unit = /^\/etc\/systemd\/system\/([^/]+)$/.exec(path)?.[1];
    if (unit !== undefined && this.units.get(unit)?.active === 'inactive') this.units.delete(unit);
  }

  private readonly doers: Doers = {
    file: ({ path, expected, ...owned }) => {
      this.refuseMoved(path, expected);
      this.put(path, this.writtenTo(path), owned);
    },
    attributes: ({ path, mode, owner, group }) => this.files.set(path, { ...this.mustHave(path), mode, owner, group }),
    directory: ({ path, mode, owner, group }) => {
      this.addParents(path);
      this.files.set(path, { type: 'directory', sizeBytes: 0, mode, owner, group });
    },
    link: ({ path, target, expected }) => {
      this.refuseMoved(path, expected);
      this.addParents(path);
      this.files.set(path, { type: 'link', mode: 0o777, sizeBytes: 0, target, ...root });
    },
    remove: ({ path, expected }) => {
      this.refuseMoved(path, expected);
      this.remove(path);
    },
    user: ({ name }) => this.users.add(name),
    packages: ({ names }) => {
      for (const name of names) this.commands.add(this.commandsByPackage.get(name) ?? name);
    },
    module: ({ name }) => this.modules.add(name),
    sysctl: ({ key, value }) => this.sysctls.set(key, value),
    binary: ({ path, sha256, sizeBytes }) => {
      this.mustHaveArrived(path, sha256);
      this.addParents(path);
      this.binaries.set(path, { sizeBytes, verifiedSha256: sha256 });
      this.files.set(path, { type: 'file', mode: 0o755, sizeBytes, sha256, ...root });
    },
    image: ({ reference, sha256 }) => {
      this.mustHaveArrived(imageArchivePath(sha256), sha256);
      if (this.images === undefined) throw new Error(`${this.name}: containerd does not answer`);
      this.images.add(reference);
      this.binaries.delete(imageArchivePath(sha256));
    },
    'image-archive': ({ sha256, sizeBytes }) => {
      this.mustHaveArrived(imageArchivePath(sha256), sha256);
      this.binaries.set(imageArchivePath(sha256), { sizeBytes, verifiedSha256: sha256 });
    },
    issue: ({ entry }) => {
      for (const { path, ...owned } of entry.files) this.put(path, this.writtenTo(path), owned);
      this.put(issueStampPath(entry), issueStampOf(entry, this.seen()), { mode: 0o600, ...root });
    },
    'unit-end': ({ unit }) => {
      const before = this.units.get(unit);
      if (before === undefined || !this.files.has(`/etc/systemd/system/${unit}`)) this.units.delete(unit);
      else this.units.set(unit, { ...before, active: 'inactive', enabled: 'disabled' });
    },
    'pods-end': () => undefined,
    'containers-end': () => undefined,
    'network-end': () => undefined,
    'take-away': ({ path, of, was }) => {
      if (of === 'data') for (const below of [...this.files.keys()].filter((name) => name.startsWith(`${path}/`))) this.remove(below);
      if (of === 'directory' && [...this.files.keys()].some((name) => name.startsWith(`${path}/`))) return;
      if (was === undefined) this.remove(path);
      this.binaries.delete(path);
    },
    'set-aside': ({ path, to }) => this.files.set(to, this.mustHave(path)),
    'user-end': ({ name }) => this.users.delete(name),
    'sysctl-back': ({ key, value }) => this.sysctls.set(key, value),
    'host-end': () => {
      for (const path of [...this.files.keys()].filter((name) => name.startsWith(hostPaths.state))) this.remove(path);
    },
    'daemon-reload': () => {
      for (const [name, unit] of this.units) this.units.set(name, { ...unit, needsReload: false });
    },
    unit: (action) => this.operate(action),
    snapshot: ({ path, sha256, sizeBytes }) => {
      this.mustHaveArrived(path, sha256);
      this.binaries.set(path, { sizeBytes, verifiedSha256: sha256 });
    },
    'restore-stage': ({ aim, path, program }) => {
      if (this.binaries.get(path)?.verifiedSha256 !== aim.snapshot.sha256) throw new Error(`${this.name}: no snapshot at ${path}`);
      this.mustHave(program);
      this.addDirectory(`/var/lib/etcd/restored-${aim.id}`);
    },
    keep: (action) => {
      this.keeping = action;
      if (action.unfinished === true) {
        if (!this.kept.has(action.name)) throw new MovedError(`${keptPath(action.name)} is there no more`);
        return;
      }
      const isCurrent = (before: ReadonlyMap<string, KeptPath>): boolean =>
        action.units.every((unit) => before.get(unitStampPath(unit))?.text === this.texts.get(unitStampPath(unit)));
      const before = this.kept.get(action.name);
      if (before !== undefined && isCurrent(before)) return;
      const now = action.paths.map((path) => [path, { file: this.files.get(path), text: this.texts.get(path) }] as const);
      this.kept.set(action.name, new Map(now));
    },
    halt: ({ units }) => {
      for (const unit of units) this.stop(unit);
    },
    'restore-switch': ({ id }) => {
      this.stop('etcd.service');
      const [member, staged] = ['/var/lib/etcd/member', `/var/lib/etcd/restored-${id}`];
      if (!this.files.has(staged)) {
        this.mustHave(`/var/lib/etcd/replaced-${id}`);
        return;
      }
      this.addDirectory(`/var/lib/etcd/replaced-${id}`);
      if (this.files.has(member)) this.addDirectory(`/var/lib/etcd/replaced-${id}/member`);
      this.addDirectory(member);
      this.remove(staged);
    },
    // What is done through the API, the model of the cluster does.
    'kube-apply': () => undefined,
    'kube-cordon': () => undefined,
    'kube-drain': () => undefined,
    'kube-delete-node': () => undefined,
    'kube-taints': () => undefined,
    'etcd-add-member': () => undefined,
    'etcd-promote': () => undefined,
    'etcd-remove-member': () => undefined,
    'etcd-move-leader': () => undefined,
    'etcd-compact': () => undefined,
    'etcd-defrag': () => undefined,
    'etcd-disarm': () => undefined,
  };

  private addDirectory(path: string): void {
    this.files.set(path, { type: 'directory', mode: 0o700, sizeBytes: 0, owner: 'etcd', group: 'etcd' });
  }

  private stop(unit: string): void {
    const before = this.units.get(unit);
    if (before !== undefined) this.units.set(unit, { ...before, active: 'inactive', sub: 'dead' });
  }

  private operate({ unit, op, inputs }: ActionOf<'unit'>): void {
    const before = this.units.get(unit);
    if (before === undefined || !this.files.has(`/etc/systemd/system/${unit}`)) throw new Error(`${this.name}: no unit ${unit}`);
    if (op === 'enable') {
      this.units.set(unit, { ...before, enabled: 'enabled' });
      return;
    }
    if (before.needsReload) throw new Error(`${this.name}: systemd does not know the unit file ${unit} as it is now`);
    const missing = inputs.find((path) => !this.files.has(path));
    if (missing !== undefined) throw new Error(`${this.name}: ${unit} is started without ${missing}`);
    if (this.keeping?.units.includes(unit) === true) this.texts.set(keptStampPath(this.keeping.name, unit), stampOf(inputs, this.seen()));
    this.starts.push(unit);
    this.units.set(unit, { ...before, active: 'active', sub: 'running' });
    this.put(unitStampPath(unit), stampOf(inputs, this.seen()), { mode: 0o600, ...root });
    if (unit === 'containerd.service') this.images ??= new Set();
  }

  private seen(): Observations {
    return { ...emptyObservations(), ...this.look() };
  }

  private put(path: string, text: string, { mode, owner, group }: Owned): void {
    this.addParents(path);
    this.files.set(path, { type: 'file', mode, owner, group, sizeBytes: Buffer.byteLength(text), sha256: sha256Of(text) });
    this.texts.set(path, text);
    const unit = /^\/etc\/systemd\/system\/([^/]+)$/.exec(path)?.[1];
    if (unit === undefined) return;
    const before = this.units.get(unit);
    this.units.set(unit, before === undefined ? newUnit : { ...before, needsReload: true });
  }

  private addParents(path: string): void {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at);
      if (!this.files.has(parent)) this.files.set(parent, { type: 'directory', mode: 0o755, sizeBytes: 0, ...root });
    }
  }

  private writtenTo(path: string): string {
    const text = this.written.get(path);
    if (text === undefined) throw new Error(`the script writes no ${path}`);
    return text;
  }

  private mustHave(path: string): FileSeen {
    const seen = this.files.get(path);
    if (seen === undefined) throw new Error(`${this.name} has no ${path}`);
    return seen;
  }

  private mustHaveArrived(path: string, sha256: string): void {
    if (this.uploads.get(path)?.sha256 !== sha256) throw new Error(`${this.name}: ${path} was not sent`);
  }

  private refuseMoved(path: string, expected: Expected): void {
    const seen = this.files.get(path);
    const found = seen === undefined ? 'absent' : (seen.sha256 ?? `-> ${seen.target}`);
    const wanted = expected === 'absent' ? 'absent' : 'sha256' in expected ? expected.sha256 : `-> ${expected.target}`;
    if (found !== wanted) throw new MovedError(`${path} is ${found}, was observed as ${wanted}`);
  }
}
