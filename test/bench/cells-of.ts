/** Cells of the line of a Markdown table that has this title. */
export function cellsOf(text: string, title: string): readonly string[] | undefined {
  return text
    .split('\n')
    .find((line) => line.startsWith(`| ${title} `))
    ?.split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}
