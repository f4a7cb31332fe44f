import type { ComponentName } from '../cluster/cluster.ts';
import type {
  BinaryResource,
  ByproductResource,
  DirectoryResource,
  FileResource,
  LinkResource,
  PlainContent,
  UserResource,
} from '../engine/resource.ts';

export const linkDirectory = '/opt/kcluster/bin';
export const pkiDirectory = '/etc/kubernetes/pki';
export const etcdPkiDirectory = '/etc/etcd/pki';

interface Attributes {
  readonly mode?: number;
  /** Account that owns it, and its group; root when absent. */
  readonly owner?: string;
}

/** Text that is made when it is read for the first time: a look at thousands of hosts asks where files are, not what is in them. */
function textWhenRead(make: () => string): PlainContent {
  const content: PlainContent = {
    get text() {
      const text = make();
      Object.defineProperty(content, 'text', { value: text, enumerable: true });
      return text;
    },
  };
  return content;
}

/** A file for root's eyes unless said otherwise. */
export function textFile(path: string, text: string | (() => string), { mode = 0o600, owner = 'root' }: Attributes = {}): FileResource {
  const content = typeof text === 'string' ? { text } : textWhenRead(text);
  return { kind: 'file', path, content, mode, owner, group: owner };
}

export function directory(path: string, { mode = 0o755, owner = 'root' }: Attributes = {}): DirectoryResource {
  return { kind: 'directory', path, mode, owner, group: owner };
}

/** A directory whose content belongs to a program. */
export function dataDirectory(path: string, attributes: Attributes = {}): DirectoryResource {
  return { ...directory(path, attributes), data: true };
}

/** A file or directory that a program makes by itself. */
export function byproduct(of: 'file' | 'directory', name: string): ByproductResource {
  return { kind: 'byproduct', of, name };
}

/** A directory that a program makes by itself and fills. */
export function dataByproduct(name: string): ByproductResource {
  return { ...byproduct('directory', name), data: true };
}

/** Kernel settings that a program changes by itself. */
export function sysctlByproducts(...keys: readonly string[]): readonly ByproductResource[] {
  return keys.map((name) => ({ kind: 'byproduct', of: 'sysctl', name }));
}

export function account(name: string, home = '/nonexistent'): UserResource {
  return { kind: 'user', name, home };
}

export interface Programs {
  /** Put there beside an older release. */
  readonly binaries: readonly BinaryResource[];
  /** What units call: moving them is what changes the release. */
  readonly links: readonly LinkResource[];
}

/** Programs of one artifact and the links that make this release the one in use. */
export function programs(component: ComponentName, version: string, names: readonly string[], links = linkDirectory): Programs {
  const binaries = names.map(
    (name): BinaryResource => ({ kind: 'binary', component, version, name, path: `/opt/kcluster/${component}/${version}/${name}` }),
  );
  return { binaries, links: binaries.map(({ name, path }) => ({ kind: 'link', path: `${links}/${name}`, target: path })) };
}

/** The release that a link made by `programs` leads to. */
export function releaseOfLink(target: string | undefined): string | undefined {
  return target?.split('/').at(-2);
}

/** Where systemd looks for a unit. */
export function unitPath(unit: string): string {
  return `/etc/systemd/system/${unit}`;
}
