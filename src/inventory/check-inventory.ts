import type { Cluster } from '../cluster/cluster.ts';
import { buildCluster } from './build-cluster.ts';
import { draftOf } from './draft.ts';
import { explainIssues } from './explain-issues.ts';
import { checkAddresses } from './policies/addresses.ts';
import { checkEtcd } from './policies/etcd.ts';
import { checkNetwork } from './policies/network.ts';
import { checkRoles } from './policies/roles.ts';
import { checkSecurity } from './policies/security.ts';
import { checkSkew } from './policies/skew.ts';
import { checkSnapshots } from './policies/snapshots.ts';
import { checkUniqueNodes } from './policies/unique-nodes.ts';
import { type Finding, formatPath, type Problem } from './problem.ts';
import { type InventoryDocument, readDocument, type Span } from './read-document.ts';
import { scanLimits } from './scan-limits.ts';
import { inventorySchema } from './schema/cluster-schema.ts';

export interface CheckedInventory {
  /** Present when no problem is an error. */
  readonly cluster?: Cluster;
  /** In the order of the text. */
  readonly problems: readonly Problem[];
}

export interface CheckOptions {
  /** Makes a local path absolute; absent: paths stay as written. */
  readonly resolvePath?: (path: string) => string;
}

/** The rules across fields; each judges what it can of an inventory that is partly wrong. */
const policies = [checkUniqueNodes, checkRoles, checkEtcd, checkSnapshots, checkAddresses, checkNetwork, checkSecurity, checkSkew];

function locate(document: InventoryDocument, severity: Problem['severity'], path: string, message: string, span: Span): Problem {
  return { severity, path, message, ...document.positionOf(span.offset), length: span.length };
}

function problemOf(document: InventoryDocument, { severity, path, at = 'value', message }: Finding): Problem {
  return locate(document, severity, formatPath(path), message, document.spanOf(path, at));
}

/** The first problem at a place is the one to solve; rules behind it repeat it in other words. */
function firstOfEachPlace(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ line, column, path, severity }) => {
    const key = JSON.stringify([line, column, path, severity]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function inTextOrder(problems: readonly Problem[]): Problem[] {
  return firstOfEachPlace(problems).toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function excessProblem(text: string, offset: number, message: string): Problem {
  const before = text.slice(0, offset).split('\n');
  return { severity: 'error', path: '', message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, length: 1 };
}

/**
 * Everything that is wrong or doubtful in an inventory, at once, and the cluster when nothing is wrong.
 * Pure: neither the disk nor the machine of the operator is looked at.
 */
export function checkInventory(text: string, options: CheckOptions = {}): CheckedInventory {
  const plain = text.replace(/^\uFEFF/, '');
  const excess = scanLimits(plain);
  if (excess !== undefined) return { problems: [excessProblem(plain, excess.offset, excess.message)] };

  const document = readDocument(plain);
  const faults = document.faults.map((fault) => locate(document, 'error', formatPath(fault.path), fault.message, fault.span));
  if (document.hasSyntaxErrors) return { problems: inTextOrder(faults) };
  if (document.value === null) {
    const message = 'the inventory is empty; `kcluster inventory new` prints one to start from';
    return { problems: [{ severity: 'error', path: '', message, line: 1, column: 1, length: 1 }] };
  }

  const parsed = inventorySchema.safeParse(document.value);
  const issues = parsed.success ? [] : explainIssues(document, parsed.error.issues);
  const draft = draftOf(document.value);
  const findings = [...issues, ...policies.flatMap((policy) => policy(draft))];
  const problems = inTextOrder([...faults, ...findings.map((finding) => problemOf(document, finding))]);
  if (!parsed.success || problems.some(({ severity }) => severity === 'error')) return { problems };
  return { cluster: buildCluster(parsed.data, { sourceOf: document.sourceOf, resolvePath: options.resolvePath }), problems };
}
