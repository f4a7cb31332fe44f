import stringWidth from 'string-width';
import { cleanText } from './clean-text.ts';

const gap = '   ';
/** Colour or weight; any other escape sequence would move the cursor and is dropped. */
const styleSequence = new RegExp(`(${String.fromCodePoint(27)}\\[[\\d;]*m)`);

/** Aligned columns without borders. Wide characters count as two cells, colours as none; a missing cell is empty. */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = [headings, ...rows].map((row) => headings.map((_, column) => cleanCell(row[column] ?? '')));
  const widths = headings.map((_, column) => table.reduce((width, row) => Math.max(width, stringWidth(row[column] ?? '')), 0));
  return table.map((row) => `${renderRow(row, widths)}\n`).join('');
}

function renderRow(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell)));
  return cells.join(gap).trimEnd();
}

function cleanCell(cell: string): string {
  const parts = cell.split(styleSequence);
  return parts.map((part, index) => (index % 2 === 1 ? part : cleanText(part).replaceAll(/\s+/gu, ' '))).join('');
}
