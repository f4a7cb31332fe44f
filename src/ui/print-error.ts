import process from 'node:process';
import { DriftFound, exitCodes, KclusterError } from '../errors.ts';
import { cleanLine, cleanText } from './clean-text.ts';

const defectRemedy = 'Run the same command with DEBUG=1 in the environment and report what it prints.';

export interface FormatErrorOptions {
  /** Adds the stack; default: whether DEBUG is set. */
  readonly debug?: boolean;
}

/** An error for people: the fact, its causes, what to do, and output of commands kept apart; ends with a newline. */
export function formatError(error: unknown, options: FormatErrorOptions = {}): string {
  const debug = options.debug ?? (process.env.DEBUG ?? '') !== '';
  const lines = error instanceof AggregateError ? formatSeveral('Several things failed', error.errors) : formatOne(error);
  const stack = debug && error instanceof Error ? [cleanText(error.stack ?? '')] : [];
  return [`Error: ${lines[0]}`, ...lines.slice(1), ...stack].join('\n').concat('\n');
}

/** What the process ends with: an error's own code, 2 for wrong usage, else 1; drift is told plainly, an oclif exit not at all. */
export function describeFailure(error: unknown, options: FormatErrorOptions = {}): { readonly text: string; readonly exitCode: number } {
  if (error instanceof DriftFound) return { text: `${cleanText(error.message)}\n`, exitCode: error.exitCode };
  if (error instanceof KclusterError) return { text: formatError(error, options), exitCode: error.exitCode };
  const oclif = oclifExit(error);
  if (oclif === undefined) return { text: formatError(error, options), exitCode: exitCodes.internal };
  const isExit = (error as { code?: unknown }).code === 'EEXIT';
  return { text: isExit ? '' : formatError(error, options), exitCode: isExit ? oclif : exitCodes.configuration };
}

function formatOne(error: unknown): readonly string[] {
  if (error instanceof KclusterError) return formatExpected(error);
  if (oclifExit(error) !== undefined) return formatUsage((error as Error).message);
  const fact = error instanceof Error ? `${error.name}: ${cleanLine(error.message)}` : cleanLine(String(error));
  return [`this is a defect of kcluster: ${fact}`, ...formatCauses(error), `  What to do: ${defectRemedy}`];
}

/** oclif joins the words of a command with colons; people type blanks. */
function formatUsage(message: string): readonly string[] {
  const [, id] = /^command (\S+) not found$/u.exec(message) ?? [];
  if (id === undefined) return splitLines(message);
  return [`there is no command "${cleanLine(id.replaceAll(':', ' '))}"`, '  What to do: kcluster help lists them.'];
}

function formatExpected(error: KclusterError): readonly string[] {
  const { remedy, output, failures = [] } = error.details;
  return [
    ...splitLines(error.message),
    ...formatCauses(error),
    ...(remedy === undefined ? [] : [`  What to do: ${cleanLine(remedy)}`]),
    ...(output === undefined || output.trim() === '' ? [] : ['  Output:', ...splitLines(output).map((line) => `    | ${line}`)]),
    ...failures.flatMap((failure, index) => formatItem(index, failure)),
  ];
}

function formatSeveral(title: string, errors: readonly unknown[]): readonly string[] {
  return [title, ...errors.flatMap((error, index) => formatItem(index, error))];
}

function formatItem(index: number, error: unknown): readonly string[] {
  const [first = '', ...rest] = formatOne(error);
  return [`  ${index + 1}. ${first}`, ...rest.map((line) => `   ${line}`)];
}

/** Messages down the chain, without those that the one above already says. */
function formatCauses(error: unknown): readonly string[] {
  const lines: string[] = [];
  const seen = new Set<unknown>([error]);
  let above = error instanceof Error ? error.message : '';
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && !seen.has(cause)) {
    seen.add(cause);
    const message = cleanLine(cause instanceof Error ? cause.message : String(cause));
    if (message !== '' && !above.includes(message)) lines.push(`  Because: ${message}`);
    above = message;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}

function splitLines(text: string): readonly string[] {
  return cleanText(text).trimEnd().split('\n');
}

/** The exit code oclif put on an error of its own. */
function oclifExit(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('oclif' in error)) return undefined;
  const { exit } = error.oclif as { exit?: unknown };
  return typeof exit === 'number' ? exit : exitCodes.configuration;
}
