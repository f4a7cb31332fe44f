import type { Finding } from '../engine/plan.ts';
import { cleanLine } from './clean-text.ts';
import { renderTable } from './table.ts';

/** Findings as a table, errors first; plain words when there is none. */
export function describeFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'every check passed on every host\n';
  const sorted = [...findings].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  return renderTable(
    ['SEVERITY', 'NODE', 'CHECK', 'FINDING', 'REMEDY'],
    sorted.map(({ severity, node, id, message, remedy }) => [severity, node ?? '-', id, cleanLine(message), cleanLine(remedy)]),
  );
}
