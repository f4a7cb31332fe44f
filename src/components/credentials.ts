import type { Credential } from '../render/flags.ts';

export interface Credentials<Name extends string> {
  /** The value of a flag that names the file. */
  readonly flag: (name: Name) => Credential;
  /** Lines of `LoadCredential=`. */
  readonly settings: readonly string[];
  /** Files they come from; a change means a restart. */
  readonly paths: readonly string[];
}

/** Files that only root may read, by the names under which systemd hands copies of them to one process. */
export function credentialsFrom<Name extends string>(files: Readonly<Record<Name, string>>): Credentials<Name> {
  const paths: Readonly<Record<string, string>> = files;
  return {
    flag: (name) => ({ credential: name }),
    settings: Object.entries(paths).map(([name, path]) => `${name}:${path}`),
    paths: Object.values(paths),
  };
}
