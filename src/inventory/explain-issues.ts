import type { z } from 'zod';
import { errorAt, type Finding, type Path } from './problem.ts';
import type { InventoryDocument } from './read-document.ts';
import { keySeparator } from './schema/building-blocks.ts';
import { quote, suggestion } from './suggest.ts';
import { judgeKubernetesVersion } from './syntax.ts';

type Issue = z.core.$ZodIssue;

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (parent, part) => (typeof parent === 'object' && parent !== null ? Reflect.get(parent, part) : undefined),
    value,
  );
}

function explainUnquoted(value: unknown, source: string, path: Path): string {
  const kind = typeof value === 'number' ? 'number' : 'truth value';
  const fact = String(value) === source ? `a ${kind}` : `the ${kind} ${String(value)}`;
  const further = path.at(-1) === 'kubernetesVersion' ? judgeKubernetesVersion(source) : undefined;
  return `${source} without quotes is read as ${fact}; ${further ?? `write ${quote(source)} in quotes`}`;
}

function explainType(document: InventoryDocument, path: Path, expected: string): string {
  const value = valueAt(document.value, path);
  const source = document.sourceOf(path);
  if (value === undefined) return 'is missing';
  if (value === null) return 'is empty; fill it in or remove the key';
  if (expected === 'string' && source !== undefined) return explainUnquoted(value, source, path);
  return `must be ${kinds[expected] ?? expected}`;
}

function isOfAnotherType(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === 'invalid_type' || (issue.code === 'invalid_union' && meantBranch(issue.errors) === undefined);
}

/** The branch of a union that the author meant: the one whose own type fits. */
function meantBranch(branches: readonly Issue[][]): readonly Issue[] | undefined {
  return branches.find((issues) => !issues.some(isOfAnotherType));
}

function explainUnknownKeys(issue: Extract<Issue, { code: 'unrecognized_keys' }>, path: Path): Finding[] {
  const known = issue.message.split(keySeparator);
  return issue.keys.map((key) => errorAt([...path, key], `unknown key ${quote(key)}${suggestion(key, known)}`, 'key'));
}

function explainIssue(document: InventoryDocument, issue: Issue, parent: Path): Finding[] {
  const path = [...parent, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  switch (issue.code) {
    case 'unrecognized_keys':
      return explainUnknownKeys(issue, path);
    case 'invalid_key':
      return issue.issues.map((inner) => errorAt(path, inner.message, 'key'));
    case 'invalid_union': {
      const meant = meantBranch(issue.errors);
      return meant === undefined ? [errorAt(path, issue.message)] : meant.flatMap((inner) => explainIssue(document, inner, path));
    }
    case 'invalid_type':
      return [errorAt(path, explainType(document, path, issue.expected))];
    case 'too_small':
      return [errorAt(path, issue.origin === 'array' ? 'is empty; list at least one' : `must be at least ${issue.minimum}`)];
    case 'too_big':
      return [errorAt(path, issue.origin === 'array' ? `lists too many; at most ${issue.maximum}` : `must be at most ${issue.maximum}`)];
    default:
      return [errorAt(path, issue.message)];
  }
}

/** What the schema objects to, in the words of the inventory. */
export function explainIssues(document: InventoryDocument, issues: readonly Issue[]): Finding[] {
  return issues.flatMap((issue) => explainIssue(document, issue, []));
}
