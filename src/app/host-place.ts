import { posix } from 'node:path';
import { maxTextBytes, type PlaceFile, type Progress, type RemotePlace } from '../backup/place.ts';
import type { Shelf } from '../backup/read-shelf.ts';
import { StoppedError } from '../errors.ts';
import type { Host, RunResult } from '../host/host.ts';
import { shellQuote } from '../render/shell-quote.ts';

/** Texts come in a line each: JSON may lose its line breaks. */
const listScript = `for f in *.json; do
  [ -f "$f" ] || continue
  printf 'record\\t%s\\t' "$f"
  head -c ${maxTextBytes} -- "$f" | tr -d '\\n\\t'
  echo
done
for f in *.tar.*; do
  [ ! -f "$f" ] || printf 'archive\\t%s\\t%s\\n' "$f" "$(stat -c %s -- "$f")"
done`;

export interface HostDirectory {
  /** As lists name the place. */
  readonly name: string;
  readonly path: string;
  /** One that is not there holds nothing yet; else it is a fault, such as a share that is not mounted. */
  readonly mayBeMissing: boolean;
  /** Connects at the first need. */
  host(): Promise<Host>;
}

/** A directory on another machine, reached over SSH. */
export class HostPlace implements RemotePlace {
  readonly kind = 'remote';
  readonly name: string;
  readonly #directory: HostDirectory;
  #host: Promise<Host> | undefined;

  constructor(directory: HostDirectory) {
    this.name = directory.name;
    this.#directory = directory;
  }

  async shelf(signal: AbortSignal): Promise<Shelf> {
    const { stdout } = await this.#run(listScript, 'list backups', signal);
    const lines = stdout.split('\n').map((line) => line.split('\t'));
    const of = (kind: string): readonly (readonly [string, string])[] =>
      lines.flatMap(([word, file = '', rest = '']) => (word === kind ? [[file, rest] as const] : []));
    return {
      records: new Map(of('record')),
      checks: new Map(),
      archives: new Map(of('archive').map(([file, bytes]) => [file, Number(bytes)])),
    };
  }

  async text(name: string, signal: AbortSignal): Promise<string | undefined> {
    const file = shellQuote(name);
    const { stdout } = await this.#run(`[ ! -f ${file} ] || { echo found; cat -- ${file}; }`, 'read a record', signal);
    return stdout.startsWith('found\n') ? stdout.slice('found\n'.length) : undefined;
  }

  async fetch(name: string, path: string, onProgress: Progress, signal: AbortSignal): Promise<void> {
    const host = await this.#connect();
    await host.download({ path: posix.join(this.#directory.path, name), target: path }, onProgress, signal);
  }

  async put({ name, path, sizeBytes, sha256 }: PlaceFile, onProgress: Progress, signal: AbortSignal): Promise<void> {
    const host = await this.#connect();
    const target = posix.join(this.#directory.path, name);
    await host.run(`umask 077; mkdir -p -- ${shellQuote(this.#directory.path)}`, { title: 'make the directory', signal });
    await host.upload({ source: path, path: target, sizeBytes, sha256, mode: 0o600 }, onProgress, signal);
  }

  async remove(names: readonly string[], signal: AbortSignal): Promise<void> {
    const lines = names.map(shellQuote).map((name) => `rm -f -- ${name}.json && rm -f -- ${name}.tar.* ${name}.checked || exit`);
    await this.#run(lines.join('\n'), 'delete old backups', signal);
  }

  async #run(script: string, title: string, signal: AbortSignal): Promise<RunResult> {
    const { path, mayBeMissing } = this.#directory;
    const missing = mayBeMissing ? `[ -e ${shellQuote(path)} ] || exit 0\n` : '';
    const host = await this.#connect();
    const result = await host.run(`${missing}cd -- ${shellQuote(path)} || exit\n${script}`, { title, signal });
    if (result.code === 0) return result;
    throw new StoppedError(`${path}: cannot ${title}: ${result.stderr.trim()}`, { node: host.node, remedy: 'look at that directory' });
  }

  #connect(): Promise<Host> {
    this.#host ??= this.#directory.host();
    return this.#host;
  }
}
