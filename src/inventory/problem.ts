export type Path = readonly (string | number)[];
export type Severity = 'error' | 'warning';

/** What a rule has to say about one place of the inventory. */
export interface Finding {
  readonly severity: Severity;
  readonly path: Path;
  /** Whether the caret goes under the key or under the value; absent: the value. */
  readonly at?: 'key' | 'value';
  readonly message: string;
}

/** A finding with its place in the text; lines and columns count from 1. */
export interface Problem {
  readonly severity: Severity;
  /** `nodes[2].roles[0]`; empty for the text as a whole. */
  readonly path: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
  /** Characters the carets cover. */
  readonly length: number;
}

const maxShownColumns = 120;

export function errorAt(path: Path, message: string, at: 'key' | 'value' = 'value'): Finding {
  return { severity: 'error', path, message, at };
}

export function warningAt(path: Path, message: string, at: 'key' | 'value' = 'value'): Finding {
  return { severity: 'warning', path, message, at };
}

/** `nodes[2].labels."example.com/rack"` */
export function formatPath(path: Path): string {
  return path
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`;
      return /^[\w-]+$/.test(part) ? `.${part}` : `.${JSON.stringify(part)}`;
    })
    .join('')
    .replace(/^\./, '');
}

/** `inventory.yaml:14:9 nodes[2].roles[0]: …`, the source line, and carets under the fault. */
export function formatProblem(problem: Problem, file: string, text: string): string {
  const subject = problem.path === '' ? '' : ` ${problem.path}`;
  const prefix = problem.severity === 'warning' ? 'warning: ' : '';
  const head = `${file}:${problem.line}:${problem.column}${subject}: ${prefix}${problem.message}`;
  const source = (text.split('\n')[problem.line - 1] ?? '').replace(/\r$/, '').replaceAll(/\p{Cc}/gu, ' ');
  if (source.trim() === '') return head;
  // A caret far to the right of a long line would be off the screen.
  const cut = Math.max(0, problem.column - maxShownColumns + 20);
  const shown = source.slice(cut, cut + maxShownColumns);
  const room = Math.max(1, shown.length - (problem.column - 1 - cut));
  const carets = '^'.repeat(Math.min(Math.max(1, problem.length), room));
  const margin = String(problem.line);
  return [head, `  ${margin} | ${shown}`, `  ${' '.repeat(margin.length)} | ${' '.repeat(problem.column - 1 - cut)}${carets}`].join('\n');
}
