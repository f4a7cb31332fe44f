import { existsSync, readFileSync } from 'node:fs';

const templates = new URL('../../templates/', import.meta.url);

/** Text of a template of this installation, by its path under `templates/` without `.hbs`; a script that lands as it is has no such ending. */
export function readTemplate(name: string): string {
  const filled = new URL(`${name}.hbs`, templates);
  return readFileSync(existsSync(filled) ? filled : new URL(name, templates), 'utf8');
}
