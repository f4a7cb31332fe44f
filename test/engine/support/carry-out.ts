import type { JsonObject } from '../../../src/cluster/cluster.ts';
import type { Action } from '../../../src/engine/action.ts';
import { unitStampPath } from '../../../src/engine/host-paths.ts';
import { sha256Of } from '../../../src/engine/kinds/file.ts';
import { stampOf } from '../../../src/engine/kinds/unit.ts';
import { type FileSeen, type Observations, referenceKey } from '../../../src/engine/observation.ts';
import type { Step } from '../../../src/engine/plan.ts';
import type { SecretName } from '../../../src/engine/secret-name.ts';

const rootLink = { type: 'link', sizeBytes: 0, mode: 0o777, owner: 'root', group: 'root' } as const;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A model of a host: what a look at it would show after an action was really done. Says no where a real host would. */
export class ModelHost {
  private readonly seen: Mutable<Observations>;
  private readonly secrets: ReadonlyMap<SecretName, string>;

  constructor(seen: Observations, secrets: ReadonlyMap<SecretName, string>) {
    this.seen = { ...seen };
    this.secrets = secrets;
  }

  look(): Observations {
    return { ...this.seen };
  }

  carryOut(action: Action): void {
    if (action.kind === 'file') {
      this.refuseMoved(action.path, action.expected);
      this.put(action.path, 'text' in action.content ? sha256Of(action.content.text) : this.secretSha256(action.content.secret), action);
    } else if (action.kind === 'link') {
      this.refuseMoved(action.path, action.expected);
      this.setFile(action.path, { ...rootLink, target: action.target });
    } else if (action.kind === 'directory') {
      const { mode, owner, group } = action;
      this.setFile(action.path, { type: 'directory', sizeBytes: 0, mode, owner, group });
    } else if (action.kind === 'attributes') {
      const { mode, owner, group } = action;
      this.setFile(action.path, { ...this.mustSee(action.path), mode, owner, group });
    } else if (action.kind === 'unit') this.operate(action);
    else if (action.kind === 'daemon-reload') {
      this.seen.units = new Map([...this.seen.units].map(([name, unit]) => [name, { ...unit, needsReload: false }]));
    } else this.carryOutRest(action);
  }

  private carryOutRest(action: Action): void {
    const { seen } = this;
    if (action.kind === 'user') {
      if (seen.users.has(action.name)) throw new Error(`user ${action.name} exists`);
      seen.users = new Set([...seen.users, action.name]);
    } else if (action.kind === 'packages') seen.commands = new Set([...seen.commands, ...action.names]);
    else if (action.kind === 'module') seen.modules = new Set([...seen.modules, action.name]);
    else if (action.kind === 'sysctl') seen.sysctls = new Map([...seen.sysctls, [action.key, action.value]]);
    else if (action.kind === 'binary') {
      seen.binaries = new Map([...seen.binaries, [action.path, { sizeBytes: action.sizeBytes, verifiedSha256: action.sha256 }]]);
    } else if (action.kind === 'image') seen.images = new Set([...(seen.images ?? []), action.reference]);
    else if (action.kind === 'kube-apply') seen.kubeObjects = new Map([...(seen.kubeObjects ?? []), ...action.objects.map(byKey)]);
    else throw new Error(`the model knows no ${action.kind}`);
  }

  private operate({ unit, op, inputs }: Extract<Action, { kind: 'unit' }>): void {
    const before = this.seen.units.get(unit) ?? {
      load: 'loaded',
      active: 'inactive',
      sub: 'dead',
      enabled: 'disabled',
      needsReload: false,
      restarts: 0,
      result: 'success',
    };
    if (op === 'enable') {
      this.seen.units = new Map([...this.seen.units, [unit, { ...before, enabled: 'enabled' }]]);
      return;
    }
    this.seen.units = new Map([...this.seen.units, [unit, { ...before, load: 'loaded', active: 'active', sub: 'running' }]]);
    this.seen.contents = new Map([...this.seen.contents, [unitStampPath(unit), stampOf(inputs, this.seen)]]);
  }

  private put(path: string, sha256: string, { mode, owner, group }: { mode: number; owner: string; group: string }): void {
    this.setFile(path, { type: 'file', sizeBytes: 1, mode, owner, group, sha256 });
    const units = [...this.seen.units].map(
      ([name, unit]) => [name, path === `/etc/systemd/system/${name}` ? { ...unit, needsReload: true } : unit] as const,
    );
    this.seen.units = new Map(units);
  }

  private setFile(path: string, file: FileSeen): void {
    this.seen.files = new Map([...this.seen.files, [path, file]]);
  }

  private mustSee(path: string) {
    const file = this.seen.files.get(path);
    if (file === undefined) throw new Error(`${path} is not there`);
    return file;
  }

  private secretSha256(name: SecretName): string {
    const sha256 = this.secrets.get(name);
    if (sha256 === undefined) throw new Error(`no secret ${name}`);
    return sha256;
  }

  private refuseMoved(path: string, expected: Extract<Action, { kind: 'file' }>['expected']): void {
    const file = this.seen.files.get(path);
    const found = file === undefined ? 'absent' : (file.sha256 ?? file.target ?? 'other');
    const wanted = expected === 'absent' ? 'absent' : 'sha256' in expected ? expected.sha256 : expected.target;
    if (found !== wanted) throw new Error(`${path} is ${found}, was observed as ${wanted}`);
  }
}

function byKey(object: JsonObject): readonly [string, JsonObject] {
  const { name, namespace } = object.metadata as { name: string; namespace?: string };
  return [referenceKey(String(object.kind), namespace, name), object];
}

/** What a look at all hosts shows after every step of a plan was done in its order; what waited for health is healthy. */
export function carryOut(
  observations: ReadonlyMap<string, Observations>,
  steps: readonly Step[],
  secrets: ReadonlyMap<SecretName, string> = new Map(),
): ReadonlyMap<string, Observations> {
  const hosts = new Map([...observations].map(([name, seen]) => [name, new ModelHost(seen, secrets)]));
  for (const step of steps) {
    for (const action of step.actions) hosts.get(step.node)?.carryOut(action);
  }
  return new Map([...hosts].map(([name, host]) => [name, host.look()]));
}
