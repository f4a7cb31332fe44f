import { spawn } from 'node:child_process';

export interface TimedRun {
  /** ms since 1970. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** User and system time of the program and its children. */
  readonly cpuSeconds: number;
  readonly stderr: string;
}

/** `1m2.345s 0m0.678s` -> 63.023; the shell's own words for the times of its children. */
export function parseTimes(text: string): number {
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  const parts = [...last.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  return parts.length === 2 ? parts.reduce((sum, part) => sum + part, 0) : Number.NaN;
}

/** Runs a program to its end, line by line with the time of arrival. @throws Error with the end of its output when it fails */
export function runTimed(argv: readonly string[], signal: AbortSignal, onLine: (line: string, atMs: number) => void): Promise<TimedRun> {
  return new Promise((resolve, reject) => {
    const startedAtMs = Date.now();
    const child = spawn('sh', ['-c', '"$@"; status=$?; times >&2; exit $status', 'sh', ...argv], {
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let rest = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line, Date.now());
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('exit', () => {
      const endedAtMs = Date.now();
      child.on('close', (code) => {
        if (code === 0) resolve({ startedAtMs, endedAtMs, cpuSeconds: parseTimes(stderr), stderr });
        else reject(new Error(`${argv.slice(0, 3).join(' ')} ended with ${code ?? 'a signal'}\n${stderr.slice(-4_000)}`));
      });
    });
  });
}
