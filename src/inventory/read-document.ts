import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { Path } from './problem.ts';
import { maxNesting } from './scan-limits.ts';
import { quote } from './suggest.ts';

export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** A fault of the text itself, before any meaning. */
export interface TextFault {
  readonly span: Span;
  readonly path: Path;
  readonly message: string;
}

/** The YAML text as plain values, with the place of each. */
export interface InventoryDocument {
  readonly value: unknown;
  readonly faults: readonly TextFault[];
  /** True when the text is no YAML, so that `value` means nothing. */
  readonly hasSyntaxErrors: boolean;
  /** Place of a key or value; of the nearest parent when the text does not have it. */
  spanOf(path: Path, at: 'key' | 'value'): Span;
  /** A plain scalar as it was typed: `1.30` where the value is the number 1.3. */
  sourceOf(path: Path): string | undefined;
  positionOf(offset: number): { readonly line: number; readonly column: number };
}

interface Place {
  readonly key: Span;
  readonly value: Span;
  readonly source?: string;
}

interface Walk {
  readonly document: Document;
  readonly places: Map<string, Place>;
  readonly faults: TextFault[];
  readonly targets: Map<Alias, Node>;
  budget: number;
}

// Aliases may repeat a value; more than this is a bomb, not an inventory.
const maxValues = 200_000;
const forbiddenKeys = new Set(['__proto__']);
const unprintable = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u;
const start: Span = { offset: 0, length: 1 };

const placeKey = (path: Path): string => JSON.stringify(path);

function spanOfNode(node: unknown): Span {
  const range = (node as Node | null)?.range;
  return range === undefined || range === null ? start : { offset: range[0], length: Math.max(1, range[1] - range[0]) };
}

function addFault(walk: Walk, node: unknown, path: Path, message: string): undefined {
  walk.faults.push({ span: spanOfNode(node), path, message });
}

function checkPrintable(walk: Walk, node: unknown, path: Path, text: string): void {
  if (unprintable.test(text)) addFault(walk, node, path, `${quote(text)} contains a line break or another control character`);
}

function keyOf(walk: Walk, key: unknown, path: Path): string | undefined {
  if (!isScalar(key)) return addFault(walk, key, path, 'a list or mapping cannot be a key here');
  if (typeof key.value === 'string' && !forbiddenKeys.has(key.value)) return key.value;
  const remedy = typeof key.value === 'string' ? '' : '; keys are texts, so put it in quotes';
  return addFault(walk, key, path, `${key.source ?? String(key.value)} cannot be a key here${remedy}`);
}

function plainMap(walk: Walk, map: YAMLMap, path: Path): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { key, value } of map.items) {
    const name = keyOf(walk, key, path);
    if (name === undefined) continue;
    const below = [...path, name];
    checkPrintable(walk, key, below, name);
    result[name] = value === null ? null : plainValue(walk, value, below, spanOfNode(key));
  }
  return result;
}

// Resolving searches the document from its start: once for each alias is enough.
function targetOf(walk: Walk, alias: Alias): Node | undefined {
  const target = walk.targets.get(alias) ?? alias.resolve(walk.document);
  if (target !== undefined) walk.targets.set(alias, target);
  return target;
}

function plainValue(walk: Walk, node: unknown, path: Path, keySpan: Span | undefined): unknown {
  walk.budget -= 1;
  if (walk.budget === 0) return addFault(walk, node, path, `the inventory repeats itself through aliases to more than ${maxValues} values`);
  if (walk.budget < 0) return undefined;
  if (path.length > maxNesting)
    return addFault(walk, node, path.slice(0, 4), `values nest deeper than ${maxNesting} levels, or an alias contains itself`);
  const value = isAlias(node) ? targetOf(walk, node) : node;
  if (isAlias(node) && value === undefined)
    return addFault(walk, node, path, `nothing above is marked &${node.source}, so *${node.source} stands for nothing`);
  const span = spanOfNode(node);
  walk.places.set(placeKey(path), { key: keySpan ?? span, value: span, ...sourceOfScalar(value) });
  if (isMap(value)) return plainMap(walk, value, path);
  if (isSeq(value)) return value.items.map((item, index) => plainValue(walk, item, [...path, index], undefined));
  if (!isScalar(value)) return undefined;
  if (typeof value.value === 'string') checkPrintable(walk, node, path, value.value);
  return value.value;
}

function sourceOfScalar(node: unknown): { source: string } | undefined {
  return isScalar(node) && node.type === 'PLAIN' && node.source !== undefined ? { source: node.source } : undefined;
}

const ownWords: Partial<Record<YAMLError['code'], string>> = {
  DUPLICATE_KEY: 'this key is written twice',
  MULTIPLE_DOCS: 'a second document begins here; an inventory is one document',
  TAB_AS_INDENT: 'a tab indents this line; YAML wants spaces',
};

function faultsOf(document: Document): TextFault[] {
  const version = document.directives?.yaml;
  const faults = [...document.errors, ...document.warnings].map((error) => ({
    span: { offset: error.pos[0], length: Math.max(1, error.pos[1] - error.pos[0]) },
    path: [],
    message: ownWords[error.code] ?? error.message,
  }));
  // YAML 1.1 reads `no` and `1:30` as other things than they look like.
  if (version?.explicit === true && version.version !== '1.2') {
    faults.push({ span: start, path: [], message: `the inventory is YAML 1.2; remove the directive %YAML ${version.version}` });
  }
  return faults;
}

/** Reads a text that passed `scanLimits`; syntax errors come back as faults. */
export function readDocument(text: string): InventoryDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', merge: false });
  const walk: Walk = { document, places: new Map(), faults: faultsOf(document), targets: new Map(), budget: maxValues };
  const value = document.contents === null ? null : plainValue(walk, document.contents, [], undefined);
  const placeOf = (path: Path): { place: Place; exact: boolean } => {
    for (let length = path.length; length >= 0; length -= 1) {
      const place = walk.places.get(placeKey(path.slice(0, length)));
      if (place !== undefined) return { place, exact: length === path.length };
    }
    return { place: { key: start, value: start }, exact: false };
  };
  return {
    value,
    faults: walk.faults,
    hasSyntaxErrors: document.errors.some(({ code }) => code !== 'DUPLICATE_KEY') || walk.budget < 0,
    spanOf: (path, at) => {
      const { place, exact } = placeOf(path);
      // A missing key is shown at the first line of the mapping that lacks it.
      return exact ? place[at] : { offset: place.key.offset, length: Math.min(place.key.length, 1) };
    },
    sourceOf: (path) => walk.places.get(placeKey(path))?.source,
    positionOf: (offset) => {
      const { line, col } = lines.linePos(offset);
      return { line: Math.max(1, line), column: Math.max(1, col) };
    },
  };
}
