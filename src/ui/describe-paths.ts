import { canonicalAddress } from '../cluster/cidr.ts';
import type { PathReport, PortResult } from '../engine/path.ts';
import { formatCount } from './format.ts';
import { renderTable } from './table.ts';

/** Beyond so many nodes only those with trouble are shown. */
const shownNodes = 12;

const words: Readonly<Partial<Record<PortResult, string>>> = { silent: 'blocked', refused: 'refused', untested: 'untested' };

/** What stands in a cell; empty when all is well. */
function troubles({ ports, width }: PathReport, source: string | undefined): readonly string[] {
  const results = Object.entries(words).flatMap(([result, word]) => {
    const hit = ports.filter((port) => port.result === result).map(({ port }) => port);
    return hit.length === 0 ? [] : [`${word} ${hit.join(',')}`];
  });
  const translated = source === undefined ? [] : [`NAT ${source}`];
  const narrow = width?.lost === undefined ? [] : [`MTU ${width.passes ?? '?'}`];
  return [...results, ...translated, ...narrow];
}

function describeTime(roundTripMs: number | undefined): string {
  if (roundTripMs === undefined) return 'ok';
  return `ok ${roundTripMs < 10 ? roundTripMs.toFixed(1) : Math.round(roundTripMs)}ms`;
}

/** Rows connect, columns are connected to; empty where nothing needs to connect. @param addresses internal address of each node */
export function describePaths(paths: readonly PathReport[], addresses: ReadonlyMap<string, string>): string {
  if (paths.length === 0) return '';
  const cells = paths.map((path) => {
    const source = path.source === canonicalAddress(addresses.get(path.from) ?? '') ? undefined : path.source;
    return { ...path, trouble: troubles(path, source) };
  });
  const all = [...addresses.keys()].filter((node) => cells.some(({ from, to }) => from === node || to === node));
  const bad = new Set(cells.filter(({ trouble }) => trouble.length > 0).flatMap(({ from, to }) => [from, to]));
  const shown = all.length <= shownNodes ? all : all.filter((node) => bad.has(node));
  const cellOf = (from: string, to: string): string => {
    const cell = cells.find((candidate) => candidate.from === from && candidate.to === to);
    if (cell === undefined) return '';
    return cell.trouble.length > 0 ? cell.trouble.join(' ') : describeTime(cell.roundTripMs);
  };
  const table =
    shown.length === 0
      ? ''
      : renderTable(
          ['FROM \\ TO', ...shown],
          shown.map((from) => [from, ...shown.map((to) => cellOf(from, to))]),
        );
  const left = all.length - shown.length;
  if (left === 0) return table;
  return shown.length === 0
    ? `every path between ${formatCount(left, 'node')} is well\n`
    : `${table}${formatCount(left, 'node')} more, every path well\n`;
}
