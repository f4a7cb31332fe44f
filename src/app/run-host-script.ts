import { readTemplate } from '../engine/template-source.ts';
import { InterruptedError, type KclusterError, RefusedError, StoppedError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { shellQuote } from '../render/shell-quote.ts';

const endOfScript = 'KCLUSTER_END_OF_SCRIPT';
/** What a follow resolves with when the signal ended it, and what the scripts exit with then. */
const stoppedStatuses: ReadonlySet<number> = new Set([130, 143]);

export interface HostScript {
  /** Under `templates/`. */
  readonly name: string;
  /** Its one argument. */
  readonly argument: string;
  /** Variables that it reads. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** What a script that could not do its work said of it. */
export interface ScriptFailure {
  readonly status: number;
  readonly text: string;
}

function textOf({ name, argument, settings = {} }: HostScript): string {
  const assignments = Object.entries(settings).map(([key, value]) => `${key}=${shellQuote(value)}`);
  return [`exec sh -s -- ${shellQuote(argument)} <<'${endOfScript}'`, ...assignments, readTemplate(name), endOfScript].join('\n');
}

/**
 * Runs a script of kcluster's own on a host for as long as the connection lasts, and hands on its lines, word by word.
 * Resolves with what it said when it failed. @throws InterruptedError, ConnectionLostError
 */
export async function runHostScript(
  host: Host,
  script: HostScript,
  onLine: (word: string, rest: readonly string[]) => void,
  signal: AbortSignal,
): Promise<ScriptFailure | undefined> {
  const failure = { text: '' };
  const take = (line: string): void => {
    const [word = '', ...rest] = line.split('\t');
    if (word === 'failed') failure.text = rest.join(' ');
    else onLine(word, rest);
  };
  const status = await host.follow(textOf(script), take, signal);
  if (signal.aborted || stoppedStatuses.has(status)) throw new InterruptedError('the command was stopped', { node: host.node });
  if (status === 0) return undefined;
  return { status, text: failure.text === '' ? `${script.name} ended with exit status ${status}` : failure.text };
}

/** Nothing was done that would have to be gone on with: 72 no room, 75 not written; the rest is about etcd and its data. */
const stopped: ReadonlySet<number> = new Set([72, 75]);

export function scriptError({ status, text }: ScriptFailure, node: string, remedy: string): KclusterError {
  const details = { node, remedy: stopped.has(status) ? 'make room there, and run the command again' : remedy };
  return stopped.has(status) ? new StoppedError(text, details) : new RefusedError(text, details);
}
