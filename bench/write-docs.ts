import { readFile, writeFile } from 'node:fs/promises';

/** Parts of docs/benchmarks.md that a run writes. */
export type DocsPart = 'figures' | 'scale';

/** @throws RangeError when the markers are not there */
export function replaceFigures(document: string, figures: string, part: DocsPart = 'figures'): string {
  const [begin, end] = [`<!-- ${part}: begin -->`, `<!-- ${part}: end -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from === -1 || to < from) throw new RangeError(`there is no "${begin}" with "${end}" after it`);
  return `${document.slice(0, from + begin.length)}\n\n${figures}\n${document.slice(to)}`;
}

export async function writeDocs(file: string, figures: string, part: DocsPart = 'figures'): Promise<void> {
  await writeFile(file, replaceFigures(await readFile(file, 'utf8'), figures, part));
}
