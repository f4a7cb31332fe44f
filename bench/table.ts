/** NaN of nothing. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [below, above] = [sorted[middle - 1] ?? Number.NaN, sorted[middle] ?? Number.NaN];
  return sorted.length % 2 === 1 ? above : (below + above) / 2;
}

/** A dash where there is no figure. */
export const fixed = (number: number, digits = 1): string => (Number.isFinite(number) ? number.toFixed(digits) : '–');

export interface Figure<Round> {
  readonly title: string;
  readonly unit: string;
  readonly digits?: number;
  of(round: Round): number;
}

/** A Markdown table; every column but the first is right-aligned. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const pad = (text: string, column: number): string => {
    const width = widths[column] ?? 0;
    return column === 0 ? text.padEnd(width) : text.padStart(width);
  };
  const line = (cells: readonly string[]): string => `| ${head.map((_, column) => pad(cells[column] ?? '', column)).join(' | ')} |\n`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |\n`;
  return `${line(head)}${rule}${rows.map(line).join('')}`;
}

/** A line a figure: every round, and the median. */
export function roundsTable<Round>(rounds: readonly Round[], figures: readonly Figure<Round>[]): string {
  const rows = figures.map(({ title, unit, digits, of }) => {
    const values = rounds.map(of);
    return [unit === '' ? title : `${title} (${unit})`, ...values.map((value) => fixed(value, digits)), fixed(median(values), digits)];
  });
  return markdownTable(['', ...rounds.map((_, index) => `round ${index + 1}`), 'median'], rows);
}
