import { ConnectionLostError, InterruptedError } from '../../errors.ts';
import { printable } from '../printable.ts';

const lookAgain = 'Run the command again: it looks at the host first.';

export function interrupted(node: string): InterruptedError {
  return new InterruptedError('the command was stopped', { node });
}

export function timedOut(node: string, title: string | undefined, timeoutMs: number): ConnectionLostError {
  return new ConnectionLostError(`${title ?? 'a command'} gave no answer within ${timeoutMs} ms: its outcome is unknown`, {
    node,
    remedy: 'See what keeps the host busy, then run the command again.',
  });
}

export function tooMuchOutput(node: string, maxBytes: number): ConnectionLostError {
  return new ConnectionLostError(`a command wrote more than ${maxBytes} bytes and was cut off: its outcome is unknown`, {
    node,
    remedy: 'See on the host why it writes so much.',
  });
}

export function shellEnded(node: string, cause: unknown): ConnectionLostError {
  const why = printable(cause instanceof Error ? cause.message : String(cause), 300);
  return new ConnectionLostError(`the shell ended before the command did (${why}): its outcome is unknown`, {
    node,
    remedy: lookAgain,
    cause,
  });
}
