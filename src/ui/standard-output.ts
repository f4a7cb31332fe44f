import process from 'node:process';
import type { WriteStream } from 'node:tty';
import type { Output } from './output.ts';

const outputs = new WeakMap<object, Output>();

/**
 * The Output over a stream of this process. A reader that goes away is no error: what follows is dropped, `closed` aborts,
 * and a run that changes hosts goes on to its end. Colours follow NO_COLOR, FORCE_COLOR, TERM and --no-color.
 */
export function standardOutput(stream: WriteStream = process.stdout, argv: readonly string[] = process.argv): Output {
  const known = outputs.get(stream);
  if (known !== undefined) return known;
  const closing = new AbortController();
  stream.on('error', (error: NodeJS.ErrnoException) => {
    closing.abort();
    if (error.code !== 'EPIPE') throw error;
  });
  const output: Output = {
    write: (text) => {
      if (!closing.signal.aborted) stream.write(text);
    },
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 80;
    },
    get rows() {
      return stream.rows ?? 24;
    },
    colors: hasColors(stream, argv),
    closed: closing.signal,
  };
  outputs.set(stream, output);
  return output;
}

function hasColors(stream: WriteStream, argv: readonly string[]): boolean {
  const refused = argv.includes('--no-color') || (process.env.NO_COLOR ?? '') !== '';
  if (refused) return false;
  const forced = (process.env.FORCE_COLOR ?? '') !== '' && process.env.FORCE_COLOR !== '0';
  return forced || (stream.isTTY === true && stream.hasColors());
}
