import { readFile, writeFile } from 'node:fs/promises';

/** Puts text between the markers of a section. @throws RangeError when the markers are not there */
export function replaceFigures(document: string, section: string, figures: string): string {
  const [begin, end] = [`<!-- ${section}: begin -->`, `<!-- ${section}: end -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from === -1 || to < from) throw new RangeError(`there is no "${begin}" with "${end}" after it`);
  return `${document.slice(0, from + begin.length)}\n\n${figures}\n${document.slice(to)}`;
}

export async function writeDocs(file: string, section: string, figures: string): Promise<void> {
  await writeFile(file, replaceFigures(await readFile(file, 'utf8'), section, figures));
}
