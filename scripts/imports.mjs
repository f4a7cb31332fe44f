#!/usr/bin/env node
// The rules of the house that a linter does not know: who may import whom, which package lives where, what a pure room may touch, how long a file
// may be. Prints `file:line: what is wrong`, ends with 1 when something is. Usage: node scripts/imports.mjs [root]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseSync, Visitor } from 'oxc-parser';
import { doors, owners, rooms } from './rooms.mjs';

const softLines = 250;
const hardLines = 400;

/** What a pure room may import of Node; of node:crypto not the random part. */
const pureBuiltins = new Set(['node:buffer', 'node:crypto', 'node:path', 'node:path/posix', 'node:url', 'node:util', 'node:assert/strict']);
const randomNames = new Set(['randomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID', 'getRandomValues', 'webcrypto']);
/** Objects whose use means clock, environment or randomness; `Date` itself may convert a given time. */
const impureMembers = new Map([
  ['Date', new Set(['now'])],
  ['Math', new Set(['random'])],
  ['performance', new Set(['now'])],
  ['crypto', randomNames],
  ['process', new Set(['env', 'argv', 'cwd', 'platform', 'hrtime', 'uptime', 'pid', 'stdin', 'stdout', 'stderr'])],
]);

const root = path.resolve(process.argv[2] ?? '.');
const problems = [];
const notes = [];

function listFiles(folder) {
  const entries = readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  return files.map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/')).sort();
}

function roomOf(file) {
  const [, first, second] = file.split('/');
  const nested = `${first}/${second}`;
  return nested in rooms ? nested : first;
}

/** Source of one file with what the rules ask about it. */
function readSource(file) {
  const text = readFileSync(path.join(root, file), 'utf8');
  const { program, errors } = parseSync(file, text);
  const lineOf = (offset) => text.slice(0, offset).split('\n').length;
  const source = { file, room: roomOf(file), text, program, lineOf, imports: [] };
  const add = (node, specifier, typeOnly, names = []) => {
    const line = lineOf(node.start);
    source.imports.push({ line, specifier, typeOnly, names, target: resolve(file, specifier) });
  };
  if (errors.length > 0) problems.push(`${file}:1: cannot be parsed: ${errors[0].message}`);
  new Visitor({
    ImportDeclaration: (node) =>
      add(
        node,
        node.source.value,
        node.importKind === 'type',
        node.specifiers.map((specifier) => specifier.imported?.name),
      ),
    ExportNamedDeclaration: (node) => node.source && add(node, node.source.value, node.exportKind === 'type'),
    ExportAllDeclaration: (node) => add(node, node.source.value, node.exportKind === 'type'),
    ImportExpression: (node) => node.source.type === 'Literal' && add(node, node.source.value, false),
    TSImportType: (node) => add(node, node.source.value, true),
  }).visit(program);
  return source;
}

function resolve(file, specifier) {
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : undefined;
}

function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function checkRooms(source) {
  const report = (line, text) => problems.push(`${source.file}:${line}: ${text}`);
  const room = rooms[source.room];
  if (source.file === 'src/errors.ts') {
    for (const { line } of source.imports) report(line, 'src/errors.ts imports nothing: everybody imports it');
    return;
  }
  if (room === undefined) {
    report(1, `room ${source.room} is not in scripts/rooms.mjs: give it a line there`);
    return;
  }
  for (const imported of source.imports) {
    if (imported.target === undefined) checkPackage(source, imported, report);
    else checkNeighbour(source, imported, room, report);
  }
}

function checkPackage(source, { line, specifier }, report) {
  if (specifier.startsWith('node:')) return;
  const name = packageOf(specifier);
  const owner = owners[name];
  if (owner === undefined) report(line, `${name} has no owner: give it one folder in scripts/rooms.mjs`);
  else if (!owner.includes(source.room))
    report(line, `${name} belongs to ${owner.join(', ')}; ${source.room} goes through what that exports`);
}

function checkNeighbour(source, { line, target, typeOnly }, room, report) {
  if (!target.startsWith('src/')) return report(line, `${target} lies outside src/`);
  if (target === 'src/errors.ts') return;
  const to = roomOf(target);
  if (to === source.room) return;
  const allowed = room.may.includes(to) || (typeOnly && (room.types ?? []).includes(to));
  if (!allowed) {
    const types = room.types === undefined ? '' : `, and types of ${room.types.join(', ')}`;
    return report(
      line,
      `${source.room} may not import ${typeOnly ? 'types of ' : ''}${to}: it may import ${room.may.join(', ') || 'nothing'}${types}`,
    );
  }
  const door = doors.find((candidate) => candidate.from === source.room && candidate.to === to);
  if (door !== undefined && !door.files.includes(target))
    report(line, `of ${to} only ${door.files.join(', ')} may be imported: ${door.why}`);
}

function impureBuiltin({ specifier, typeOnly, names }) {
  if (typeOnly || !specifier.startsWith('node:')) return undefined;
  if (!pureBuiltins.has(specifier)) return specifier;
  const random = names.find((name) => specifier === 'node:crypto' && randomNames.has(name));
  return random === undefined ? undefined : `${random} of ${specifier}`;
}

/** A pure room must not reach the outside through a neighbour either. */
function checkPurity(source, sources) {
  if (rooms[source.room]?.pure !== true) return;
  for (const imported of source.imports) {
    const report = (text) => problems.push(`${source.file}:${imported.line}: ${source.room} is pure and ${text}`);
    const direct = impureBuiltin(imported);
    if (direct !== undefined) report(`may not import ${direct}: take the value as a parameter`);
    if (imported.typeOnly || imported.target === undefined) continue;
    const target = sources.get(imported.target);
    if (target === undefined || rooms[target.room]?.pure === true) continue;
    const found = findImpure(target, sources);
    if (found !== undefined) report(`reaches ${found.builtin} through ${found.file}`);
  }
}

function findImpure(start, sources) {
  const seen = new Set();
  const queue = [start];
  for (let source = queue.pop(); source !== undefined; source = queue.pop()) {
    if (seen.has(source.file)) continue;
    seen.add(source.file);
    const builtin = source.imports.map(impureBuiltin).find((name) => name !== undefined);
    if (builtin !== undefined) return { builtin, file: source.file };
    queue.push(...source.imports.filter((imported) => !imported.typeOnly).flatMap(({ target }) => sources.get(target) ?? []));
  }
  return undefined;
}

function checkCode(source) {
  const { room, program, lineOf } = source;
  const report = (node, text) => problems.push(`${source.file}:${lineOf(node.start)}: ${text}`);
  const pure = rooms[room]?.pure === true;
  for (const node of program.body) {
    const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : node;
    if (declaration?.type === 'VariableDeclaration' && declaration.kind !== 'const')
      report(node, `no ${declaration.kind} at module level: state belongs to a value that somebody made`);
    if (node.type === 'ExportDefaultDeclaration' && rooms[room]?.defaultExports !== true)
      report(node, 'no default exports but of oclif commands');
  }
  new Visitor({
    TSAnyKeyword: (node) => report(node, 'no any: use unknown and look, or say what it is'),
    CatchClause: (node) => node.body.body.length === 0 && report(node, 'no empty catch: say what is ignored, and only that'),
    NewExpression: (node) =>
      pure && node.callee.name === 'Date' && node.arguments.length === 0 && report(node, `${room} is pure: take the time as a parameter`),
    MemberExpression: (node) => {
      const object = node.object.name;
      const member = node.property.name;
      if (object === 'process' && (member === 'exit' || member === 'abort'))
        report(node, 'only bin/ ends the process: throw an error of src/errors.ts');
      if (object === 'console') report(node, 'no console: src/ui writes to an Output');
      if (member === 'write' && writesOut(node.object) && room !== 'ui')
        report(node, 'only src/ui writes to the streams of the process: use an Output');
      if (pure && impureMembers.get(object)?.has(member))
        report(node, `${room} is pure and may not read ${object}.${member}: take the value as a parameter`);
    },
  }).visit(program);
}

function writesOut(node) {
  return node.object?.name === 'process' && ['stdout', 'stderr'].includes(node.property?.name);
}

function checkLength({ file, text }) {
  const lines = text.split('\n').length - 1;
  if (lines > hardLines) problems.push(`${file}:${hardLines + 1}: ${lines} lines, more than ${hardLines}: split it`);
  else if (lines > softLines) notes.push(`${file}: ${lines} lines, more than ${softLines}: think about a split`);
}

/** Every cycle once, types included: two files that know each other are one file. */
function checkCycles(sources) {
  const done = new Set();
  const visit = (source, trail) => {
    const start = trail.findIndex((item) => item.source === source);
    if (start >= 0) {
      const cycle = trail.slice(start);
      problems.push(
        `${cycle[0].source.file}:${cycle[0].line}: circular import: ${[...cycle.map((item) => item.source.file), source.file].join(' -> ')}`,
      );
      return;
    }
    if (done.has(source)) return;
    for (const { target, line } of source.imports) {
      const next = sources.get(target);
      if (next !== undefined) visit(next, [...trail, { source, line }]);
    }
    done.add(source);
  };
  for (const source of sources.values()) visit(source, []);
}

if (!existsSync(path.join(root, 'src'))) {
  problems.push('src:1: there is no such folder');
} else {
  const sources = new Map(listFiles('src').map((file) => [file, readSource(file)]));
  for (const source of sources.values()) {
    checkRooms(source);
    checkPurity(source, sources);
    checkCode(source);
    checkLength(source);
  }
  checkCycles(sources);
  notes.push(`${sources.size} files, ${problems.length} problems`);
}
process.stdout.write([...problems, ...notes].map((line) => `${line}\n`).join(''));
process.exitCode = problems.length > 0 ? 1 : 0;
