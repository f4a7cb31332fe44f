import { KclusterError } from '../../errors.ts';
import type { RunResult } from '../host.ts';
import { printable } from '../printable.ts';
import type { RunLog, RunLogEntry } from '../run-log.ts';
import { interrupted, shellEnded, timedOut, tooMuchOutput } from './command-failures.ts';
import type { Link } from './link.ts';
import { OutputBudget, OutputCollector } from './output.ts';
import type { Flow, Shell, ShellInput } from './shell.ts';
import { AbortedWait, type Lane } from './shell-pool.ts';

const maxOutputBytes = 16 * 1024 * 1024;

/** What goes over a shell, and what is written down about it. */
export interface Command {
  readonly lane: Lane;
  readonly script: string;
  readonly input: ShellInput;
  readonly title?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Text of the log in place of the script. */
  readonly logged?: string;
  /** Takes the output in place of the result. */
  readonly onStdout?: (chunk: Buffer, flow: Flow) => void;
}

export interface CommandContext {
  readonly node: string;
  readonly log: RunLog;
  link(): Promise<Link>;
  /** Hears of work that goes on after the command was given up. */
  onKill(killing: Promise<void>): void;
}

/** Runs a command on a shell of its own and logs it. @throws ConnectionLostError, InterruptedError, UnreachableError */
export async function runCommand(command: Command, context: CommandContext): Promise<RunResult> {
  const output = new CommandOutput(command);
  const startedAt = new Date();
  const startMs = performance.now();
  const record = (outcome: Partial<RunLogEntry>) =>
    context.log.record({
      time: startedAt.toISOString(),
      node: context.node,
      kind: command.lane,
      ...(command.title === undefined ? {} : { title: command.title }),
      script: command.logged ?? command.script,
      ms: Math.round((performance.now() - startMs) * 10) / 10,
      ...output.sizes(),
      ...outcome,
    });
  try {
    const code = await onShell(command, context, output);
    const result = { code, ...output.texts() };
    record(code === 0 ? { code } : { code, stdout: clean(result.stdout), stderr: clean(result.stderr) });
    return result;
  } catch (error) {
    const named = nameFailure(error, context.node);
    record({ error: named.message, stderr: clean(output.texts().stderr) });
    throw named;
  }
}

/** Not shortened: the log does that once secrets are out. */
const clean = (text: string) => printable(text, Number.POSITIVE_INFINITY);

async function onShell(command: Command, context: CommandContext, output: CommandOutput): Promise<number> {
  if (command.signal?.aborted) throw interrupted(context.node);
  const link = await context.link();
  return link.pool.use(command.lane, command.signal, (shell) => supervise(shell, link, command, context, output));
}

/** Gives the command up at its deadline or when the signal says so, and ends what it left running. */
async function supervise(shell: Shell, link: Link, command: Command, context: CommandContext, output: CommandOutput): Promise<number> {
  const { node } = context;
  const { signal, timeoutMs, title } = command;
  if (signal?.aborted) throw interrupted(node);
  const giveUp = (reason: KclusterError) => {
    shell.discard(reason);
    // A follow is on a leash, an upload reads from its channel and a download writes to it: all end with it.
    if (command.lane === 'run') context.onKill(link.kill(shell.process));
  };
  const onAbort = () => giveUp(interrupted(node));
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => giveUp(timedOut(node, title, timeoutMs)), timeoutMs);
  output.onExceeded = () => giveUp(tooMuchOutput(node, maxOutputBytes));
  try {
    return await shell.execute({ script: command.script, input: command.input, onStdout: output.onStdout, onStderr: output.onStderr });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    if (command.lane === 'follow') shell.discard(new Error('the follow has ended'));
  }
}

/** Only an answer of the shell is an outcome; everything else is named for what it is. */
function nameFailure(error: unknown, node: string): KclusterError {
  if (error instanceof KclusterError) return error;
  if (error instanceof AbortedWait) return interrupted(node);
  return shellEnded(node, error);
}

/** Both streams of a command, within one bound. */
class CommandOutput {
  onExceeded: () => void = () => undefined;
  readonly onStdout: (chunk: Buffer, flow: Flow) => void;
  readonly onStderr: (chunk: Buffer) => void;
  readonly #stdout: OutputCollector;
  readonly #stderr: OutputCollector;

  constructor(command: Command) {
    const budget = new OutputBudget(maxOutputBytes, () => this.onExceeded());
    this.#stdout = new OutputCollector(budget);
    this.#stderr = new OutputCollector(budget);
    this.onStdout = command.onStdout ?? ((chunk) => this.#stdout.add(chunk));
    this.onStderr = (chunk) => this.#stderr.add(chunk);
  }

  texts(): { readonly stdout: string; readonly stderr: string } {
    return { stdout: this.#stdout.text(), stderr: this.#stderr.text() };
  }

  sizes(): { readonly stdoutBytes: number; readonly stderrBytes: number } {
    return { stdoutBytes: this.#stdout.sizeBytes, stderrBytes: this.#stderr.sizeBytes };
  }
}
