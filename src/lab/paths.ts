import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Holds one directory for each lab: `$XDG_STATE_HOME/kcluster/lab`. */
export function labsDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'kcluster', 'lab');
}

/** Holds the base systems: `$XDG_CACHE_HOME/kcluster/lab`. */
export function baseSystemsDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kcluster', 'lab');
}

/** Where the artifacts built from source are: `$XDG_CACHE_HOME/kcluster/mirror`; undefined before they were built. */
export function builtMirror(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const directory = join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kcluster', 'mirror');
  return existsSync(directory) ? directory : undefined;
}

/** What a lab keeps where, below its own directory. */
export function labPaths(name: string) {
  const directory = join(labsDirectory(), name);
  return {
    directory,
    state: join(directory, 'state.json'),
    inventory: join(directory, 'inventory.yaml'),
    identity: join(directory, 'id_ed25519'),
    knownHosts: join(directory, 'known_hosts'),
    /** Network namespace that holds the bridge. */
    fabric: join(directory, 'fabric'),
    /** Beside the directory, so that it outlives the directory's removal. */
    lock: join(labsDirectory(), `${name}.lock`),
  } as const;
}

/** What a host of a lab keeps where. */
export function machinePaths(lab: string, host: string) {
  const directory = join(labPaths(lab).directory, 'hosts', host);
  return {
    directory,
    root: join(directory, 'root'),
    upper: join(directory, 'upper'),
    work: join(directory, 'work'),
    disk: join(directory, 'disk'),
    /** What a host writes to /opt, where something lies under it. */
    optUpper: join(directory, 'opt-upper'),
    optWork: join(directory, 'opt-work'),
    netns: join(directory, 'netns'),
    keeper: join(directory, 'keeper.sh'),
    console: join(directory, 'console.log'),
  } as const;
}
