import { describe, expect, test } from 'vitest';
import { ConfigurationError, DriftFound, InternalError, StoppedError, UnreachableError } from '../../src/errors.ts';
import { describeFailure, formatError } from '../../src/ui/print-error.ts';

const stopped = new StoppedError('etcd.service did not start', {
  node: 'cp2',
  remedy: 'Read its journal, mend the cause and run again.',
  output: 'listen tcp :2380: \u001b[31mbind\u001b[0m: address already in use\nexit status 1\n',
  cause: new Error('script ended with status 1', { cause: new Error('EADDRINUSE') }),
});

class OclifError extends Error {
  readonly oclif: { readonly exit: number };
  readonly code: string | undefined;
  constructor(message: string, exit: number, code?: string) {
    super(message);
    this.oclif = { exit };
    this.code = code;
  }
}

describe('formatError', () => {
  test('node, fact, causes, remedy, and output apart', () => {
    expect(`\n${formatError(stopped, { debug: false })}`).toMatchInlineSnapshot(`
      "
      Error: cp2: etcd.service did not start
        Because: script ended with status 1
        Because: EADDRINUSE
        What to do: Read its journal, mend the cause and run again.
        Output:
          | listen tcp :2380: bind: address already in use
          | exit status 1
      "
    `);
  });

  test('several failures under one another', () => {
    const error = new StoppedError('stopped on 2 of 3 hosts', {
      failures: [stopped, new UnreachableError('no route to host', { node: 'cp3', remedy: 'Check the address.' })],
      remedy: 'Run the same command again: it goes on from here.',
    });
    expect(`\n${formatError(error, { debug: false })}`).toMatchInlineSnapshot(`
      "
      Error: stopped on 2 of 3 hosts
        What to do: Run the same command again: it goes on from here.
        1. cp2: etcd.service did not start
           Because: script ended with status 1
           Because: EADDRINUSE
           What to do: Read its journal, mend the cause and run again.
           Output:
             | listen tcp :2380: bind: address already in use
             | exit status 1
        2. cp3: no route to host
           What to do: Check the address.
      "
    `);
  });

  test('an AggregateError lists what it holds', () => {
    const error = new AggregateError([new ConfigurationError('a is wrong'), new ConfigurationError('b is wrong')]);
    expect(formatError(error, { debug: false })).toBe('Error: Several things failed\n  1. a is wrong\n  2. b is wrong\n');
  });

  test('an unknown error is called a defect', () => {
    expect(`\n${formatError(new TypeError('x is not a function'), { debug: false })}`).toMatchInlineSnapshot(`
      "
      Error: this is a defect of kcluster: TypeError: x is not a function
        What to do: Run the same command with DEBUG=1 in the environment and report what it prints.
      "
    `);
  });

  test('a cause that the message already quotes is not said twice', () => {
    const error = new ConfigurationError('cannot read a.yaml: ENOENT', { cause: new Error('ENOENT') });
    expect(formatError(error, { debug: false })).toBe('Error: cannot read a.yaml: ENOENT\n');
  });

  test('a chain that bites its own tail ends', () => {
    const error = new Error('a');
    error.cause = new Error('b', { cause: error });
    expect(formatError(error, { debug: false })).toContain('Because: b');
  });

  test('a message of several lines stays as it is', () => {
    const message = 'inventory.yaml:3:5: unknown key "nods"\n   3 | nods: []\n     | ^^^^';
    expect(formatError(new ConfigurationError(message), { debug: false })).toBe(`Error: ${message}\n`);
  });

  test.each([
    [true, true],
    [false, false],
  ])('debug %s: stack %s', (debug, shown) => {
    expect(formatError(new TypeError('x'), { debug }).includes('print-error.test.ts')).toBe(shown);
  });

  test.each(['text', undefined, null, 42, { a: 1 }])('whatever is thrown (%j) is shown', (thrown) => {
    expect(formatError(thrown, { debug: false })).toMatch(/^Error: this is a defect of kcluster: .+\n/u);
  });
});

describe('describeFailure', () => {
  test.each([
    ['an expected error: its own code', stopped, 5],
    ['an internal error', new InternalError('odd'), 1],
    ['wrong usage', new OclifError('Nonexistent flag: --foo', 2), 2],
    ['wrong usage, whatever oclif thinks of the code', new OclifError('command foo not found', 127), 2],
    ['an oclif exit', new OclifError('EEXIT: 0', 0, 'EEXIT'), 0],
    ['a defect', new TypeError('x'), 1],
    ['no error at all', 'text', 1],
  ])('%s', (_what, error, exitCode) => {
    expect(describeFailure(error, { debug: false }).exitCode).toBe(exitCode);
  });

  test('an unknown command is named as it was typed', () => {
    expect(describeFailure(new OclifError('command inventory:nope not found', 2), { debug: false }).text).toBe(
      'Error: there is no command "inventory nope"\n  What to do: kcluster help lists them.\n',
    );
  });

  test('drift is a result, not an error', () => {
    expect(describeFailure(new DriftFound('2 hosts differ'), { debug: false })).toEqual({ text: '2 hosts differ\n', exitCode: 10 });
  });

  test('an oclif exit prints nothing, wrong usage only its message', () => {
    expect(describeFailure(new OclifError('EEXIT: 3', 3, 'EEXIT'), { debug: false }).text).toBe('');
    expect(describeFailure(new OclifError('Nonexistent flag: --foo\nSee more help with --help', 2), { debug: false }).text).toBe(
      'Error: Nonexistent flag: --foo\nSee more help with --help\n',
    );
  });
});
