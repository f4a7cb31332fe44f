import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { authorityTable } from '../../src/components/authorities.ts';
import { exitCodes } from '../../src/errors.ts';
import { certificateTable } from '../../src/pki/certificate-table.ts';
import { checks } from '../../src/preflight/checks.ts';
import { pathChecks } from '../../src/preflight/path-checks.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (page: string): string => readFileSync(path.join(root, page), 'utf8');

const folders = ['docs/guide', 'docs/reference', 'docs/decisions'];
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/benchmarks.md',
  ...folders.flatMap((folder) => readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}`)),
].filter((name) => name.endsWith('.md'));

/** As GitHub makes them of headings. */
function anchorsOf(page: string): readonly string[] {
  const headings = read(page).matchAll(/^#+ (.+)$/gmu);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function brokenLinks(page: string): readonly string[] {
  const text = read(page).replaceAll(/^```[\s\S]*?^```/gmu, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/gu)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/u.test(link));
  return links.filter((link) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? page : path.join(path.dirname(page), file);
    if (!existsSync(path.join(root, target))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

test.each(pages)('%s has no broken link', (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

const commandFiles = readdirSync(path.join(root, 'src/commands'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('_shared'))
  .map((file) => file.replace(/\.ts$/u, '').replaceAll(path.sep, ' '));
const topics = new Set(commandFiles.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0]));

/** As many words as belong to the name of a command; what follows is an argument. */
function nameOf(words: readonly string[]): string {
  const names = [3, 2, 1].map((count) => words.slice(0, count).join(' '));
  const [first = ''] = words;
  return names.find((name) => commandFiles.includes(name)) ?? (topics.has(first) ? words.join(' ') : first);
}

/** What a page tells people to type. */
function commandsOf(page: string): readonly string[] {
  const text = read(page);
  const fences = [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gmu)].map(([, code = '']) => code);
  const spans = [...text.replaceAll(/^```[\s\S]*?^```/gmu, '').matchAll(/`([^`\n]+)`/gu)].map(([, code = '']) => code);
  const typed = [...fences, ...spans].flatMap((code) => [...code.matchAll(/(?:^|&& |npx |\$ )kcluster ((?:[a-z]+ ?){1,3})/gmu)]);
  return typed.map(([, words = '']) => nameOf(words.trim().split(' '))).filter((name) => name !== 'help');
}

test.each(pages)('commands in %s exist', (page) => {
  expect(commandsOf(page).filter((name) => !commandFiles.includes(name))).toEqual([]);
});

test('commands are found in the pages', () => {
  expect(commandsOf('README.md')).toEqual(expect.arrayContaining(['init', 'preflight', 'lab up', 'artifacts list']));
});

describe('tables', () => {
  const security = read('docs/guide/security.md');

  test.each(Object.keys(certificateTable))('security.md has the certificate %s', (id) => {
    expect(security).toMatch(new RegExp(`^\\| \`${id.replaceAll('.', '\\.')}\` \\|`, 'mu'));
  });

  test.each(authorityTable.map(({ secret, path: file }) => [secret, file]))('security.md says that %s lies in %s', (secret, file) => {
    const row = security.split('\n').find((line) => line.startsWith(`| \`${secret}\``));
    expect(row).toContain(`\`${file}\``);
  });

  test('operations.md has every preflight check, and no other', () => {
    const named = [...read('docs/guide/operations.md').matchAll(/^\| `([A-Z]\w+)` \|/gmu)].map(([, id]) => id);
    expect(named.toSorted()).toEqual([...checks, ...pathChecks].map((check) => check.id).toSorted());
  });

  test('README.md has every exit code, and no other', () => {
    const named = [...read('README.md').matchAll(/^\| (\d+) \|/gmu)].map(([, code]) => Number(code));
    expect(named).toEqual(Object.values(exitCodes));
  });

  test('README.md has every command, and no other', () => {
    const section = read('README.md').split('\n## Commands\n')[1]?.split('\n## ')[0] ?? '';
    const rows = [...section.matchAll(/^\| (`.+?`) \|/gmu)].flatMap(([, names = '']) => names.split(', '));
    expect(rows.map((name) => name.replaceAll('`', '')).toSorted()).toEqual(commandFiles.toSorted());
  });

  test('CONTRIBUTING.md has every room', async () => {
    const { rooms } = (await import(path.join(root, 'scripts/rooms.mjs'))) as { rooms: Readonly<Record<string, unknown>> };
    const text = read('CONTRIBUTING.md');
    expect(Object.keys(rooms).filter((room) => !text.includes(`\`src/${room}\``))).toEqual([]);
  });

  test('the list of decisions names every note', () => {
    const list = read('docs/decisions/README.md');
    const notes = readdirSync(path.join(root, 'docs/decisions')).filter((name) => /^\d{4}-/u.test(name));
    expect(notes.filter((name) => !list.includes(`(${name})`))).toEqual([]);
  });
});
