import { describe, expect, test } from 'vitest';
import { MarkerScanner } from '../../../src/host/ssh/marker-scanner.ts';

const marker = 'aab0aab1';

/** Feeds the pieces; gives what passed after each, and the answer. */
function scan(pieces: readonly string[]) {
  const passed: string[] = [];
  const scanner = new MarkerScanner(marker, (chunk) => passed.push(chunk.toString()));
  const answers = pieces.map((piece) => scanner.push(Buffer.from(piece)));
  return { text: passed.join(''), answer: answers.find((answer) => answer !== undefined) };
}

describe('a marker is found', () => {
  const stream = `output a aa aab0aab2 ${marker} 17\n`;

  test.each(Array.from({ length: stream.length - 1 }, (_, index) => index + 1))('when the stream is cut at byte %d', (at) => {
    expect(scan([stream.slice(0, at), stream.slice(at)])).toEqual({ text: 'output a aa aab0aab2 ', answer: '17' });
  });

  test('when every byte comes alone', () => {
    expect(scan([...stream])).toEqual({ text: 'output a aa aab0aab2 ', answer: '17' });
  });

  test('without output, and without answer text', () => {
    expect(scan([`${marker}\n`])).toEqual({ text: '', answer: '' });
  });

  test('right after its own beginning', () => {
    expect(scan([`aab0${marker} 1\n`])).toEqual({ text: 'aab0', answer: '1' });
  });
});

test('a whole line passes at once, only what may be the marker is held back', () => {
  const passed: string[] = [];
  const scanner = new MarkerScanner(marker, (chunk) => passed.push(chunk.toString()));
  scanner.push(Buffer.from('line\n'));
  expect(passed).toEqual(['line\n']);
  scanner.push(Buffer.from('next aab0'));
  expect(passed.join('')).toBe('line\nnext ');
  scanner.push(Buffer.from('x'));
  expect(passed.join('')).toBe('line\nnext aab0x');
});

test('bytes pass unchanged', () => {
  const chunks: Buffer[] = [];
  const scanner = new MarkerScanner(marker, (chunk) => chunks.push(chunk));
  const bytes = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
  scanner.push(bytes);
  scanner.push(Buffer.from(`${marker} 0\n`));
  expect(Buffer.concat(chunks)).toEqual(bytes);
});

test('a marker line without end is refused', () => {
  const scanner = new MarkerScanner(marker, () => undefined);
  scanner.push(Buffer.from(marker));
  expect(() => scanner.push(Buffer.alloc(300, 'x'))).toThrow(RangeError);
});
