import process from 'node:process';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { askSecret } from '../../src/ui/ask-secret.ts';

let typed: PassThrough;
let shown = '';
const printed: string[] = [];

beforeEach(() => {
  typed = new PassThrough();
  shown = '';
  printed.length = 0;
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(typed as unknown as typeof process.stdin);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    shown += String(text);
    return true;
  });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

describe('askSecret', () => {
  test('gives what was typed and shows none of it', async () => {
    const answer = askSecret('password: ');
    typed.write('open sesame\n');
    expect(await answer).toBe('open sesame');
    expect([shown, printed]).toEqual(['password: \n', []]);
  });

  test('corrections count, and are not shown either', async () => {
    const answer = askSecret('password: ');
    typed.write('abx\u007fc\r');
    expect(await answer).toBe('abc');
    expect([shown, printed]).toEqual(['password: \n', []]);
  });

  test('an empty line is an empty answer', async () => {
    const answer = askSecret('password: ');
    typed.write('\n');
    expect(await answer).toBe('');
  });

  test.each([
    ['the end of the input', () => typed.end()],
    ['the end of the input in a line', () => typed.end('half')],
    ['Ctrl-C', () => typed.write('half\u0003')],
    ['Ctrl-D', () => typed.write('\u0004')],
  ])('%s is no answer', async (_, end) => {
    const answer = askSecret('password: ');
    end();
    expect(await answer).toBeUndefined();
    expect([shown, printed]).toEqual(['password: \n', []]);
  });

  test('a second question gets the second answer', async () => {
    const first = askSecret('one: ');
    typed.write('1\n');
    expect(await first).toBe('1');
    const second = askSecret('two: ');
    typed.write('2\n');
    expect(await second).toBe('2');
    expect(shown).toBe('one: \ntwo: \n');
  });

  test('leaves no listener on the terminal', async () => {
    const answer = askSecret('password: ');
    typed.write('x\n');
    await answer;
    expect(typed.listenerCount('end')).toBeLessThanOrEqual(1);
    expect(typed.isPaused()).toBe(true);
  });
});
