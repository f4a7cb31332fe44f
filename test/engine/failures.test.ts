import { describe, expect, test } from 'vitest';
import { asKclusterError, collectFailures } from '../../src/engine/failures.ts';
import { exitCodes, InternalError, KclusterError, RefusedError, StoppedError, UnreachableError } from '../../src/errors.ts';

describe('asKclusterError', () => {
  test('an expected failure stays what it is', () => {
    const error = new StoppedError('x', { node: 'a' });
    expect(asKclusterError(error, 'b')).toBe(error);
  });

  test.each([
    [new RangeError('x'), undefined, 'x'],
    [new RangeError('x'), 'a', 'a: x'],
    ['text', 'a', 'a: text'],
    [undefined, undefined, 'undefined'],
  ])('%s on %s is a defect', (cause, node, message) => {
    const error = asKclusterError(cause, node);
    expect(error).toBeInstanceOf(InternalError);
    expect(error).toMatchObject({ message, cause });
  });
});

describe('collectFailures', () => {
  test('the only one is told as it is', () => {
    const error = new RefusedError('x');
    expect(collectFailures([error], 'stopped')).toBe(error);
  });

  test.each([
    [
      'of one class',
      [new UnreachableError('x', { node: 'a' }), new UnreachableError('y', { node: 'b' })],
      'UnreachableError',
      exitCodes.unreachable,
    ],
    [
      'of several classes',
      [new UnreachableError('x', { node: 'a' }), new RefusedError('y', { node: 'b' })],
      'StoppedError',
      exitCodes.stopped,
    ],
  ] as const)('several %s', (_, failures, name, exitCode) => {
    const error = collectFailures(failures, 'the look failed');
    expect(error).toBeInstanceOf(KclusterError);
    expect(error).toMatchObject({
      name,
      exitCode,
      message: 'the look failed on 2 hosts',
      details: { failures, remedy: expect.any(String) },
    });
  });
});
