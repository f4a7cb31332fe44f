import { readFileSync } from 'node:fs';

const templates = new URL('../../templates/', import.meta.url);

/** Text of a template of this installation, by its path under `templates/` without `.hbs`. */
export function readTemplate(name: string): string {
  return readFileSync(new URL(`${name}.hbs`, templates), 'utf8');
}
