import { expect, test } from 'vitest';
import { LineSplitter, OutputBudget, OutputCollector } from '../../../src/host/ssh/output.ts';

test('two collectors share one bound, which is told once', () => {
  const told: number[] = [];
  const budget = new OutputBudget(10, () => told.push(1));
  const [a, b] = [new OutputCollector(budget), new OutputCollector(budget)];
  a.add(Buffer.from('12345'));
  b.add(Buffer.from('67890'));
  expect(told).toEqual([]);
  a.add(Buffer.from('x'));
  b.add(Buffer.from('y'));
  expect(told).toEqual([1]);
  expect([a.text(), b.text(), a.sizeBytes]).toEqual(['12345', '67890', 6]);
});

test.each([
  [['a\nb\n'], ['a', 'b']],
  [
    ['a', 'b\n\nc'],
    ['ab', '', 'c'],
  ],
  [['größe\n'], ['größe']],
  [[], []],
])('%j are the lines %j, wherever the stream is cut', (pieces, wanted) => {
  for (const cut of [
    pieces.map((piece) => Buffer.from(piece)),
    pieces.flatMap((piece) => [...Buffer.from(piece)].map((byte) => Buffer.from([byte]))),
  ]) {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    for (const chunk of cut) splitter.add(chunk);
    splitter.end();
    expect(lines).toEqual(wanted);
  }
});

test('a line without end is handed on in pieces', () => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (let index = 0; index < 5; index++) splitter.add(Buffer.alloc(600_000, 'x'));
  expect(lines.map((line) => line.length)).toEqual([1_200_000, 1_200_000]);
});
