import { formatBytes, formatCount } from './format.ts';
import { renderTable } from './table.ts';

interface Row {
  readonly component: string;
  readonly version: string;
  readonly arch: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

interface Index {
  readonly madeAt: string;
  readonly for: { readonly cluster: string; readonly workflow?: string };
  readonly artifacts: readonly Row[];
  readonly leftOut: readonly { readonly reference: string; readonly arch: string; readonly reason: string }[];
}

const headings = ['COMPONENT', 'VERSION', 'ARCH', 'SIZE', 'SHA256'];

function cells({ component, version, arch, sizeBytes, sha256 }: Row): string[] {
  return [component, version, arch, formatBytes(sizeBytes), sha256.slice(0, 16)];
}

function describeLeftOut({ leftOut }: Index): string {
  return leftOut.map(({ reference, arch, reason }) => `not in it: ${reference} (${arch}), nodes pull it: ${reason}\n`).join('');
}

/** A bundle that was written: what is in it, and what to compare where it arrives. */
export function describeBundle(made: {
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly index: Index;
}): string {
  const { file, sizeBytes, sha256, index } = made;
  const count = formatCount(index.artifacts.length, 'artifact');
  return `${renderTable(headings, index.artifacts.map(cells))}${describeLeftOut(index)}${file}: ${count}, ${formatBytes(sizeBytes)}\nsha256 ${sha256}\n`;
}

/** A bundle that was imported: what was taken, what was there. */
export function describeImport(taken: {
  readonly index: Index;
  readonly artifacts: readonly (Row & { readonly state: 'taken' | 'there already' })[];
}): string {
  const { index, artifacts } = taken;
  const rows = artifacts.map((artifact) => [...cells(artifact), artifact.state]);
  const fresh = artifacts.filter(({ state }) => state === 'taken');
  const bytes = fresh.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const what = index.for.workflow === undefined ? '' : `a plan of ${index.for.workflow} of `;
  const there = artifacts.length - fresh.length;
  return [
    renderTable([...headings, 'STATE'], rows),
    describeLeftOut(index),
    `bundle of ${index.madeAt} for ${what}cluster ${index.for.cluster}: `,
    `took ${formatCount(fresh.length, 'artifact')} (${formatBytes(bytes)}), ${there} ${there === 1 ? 'was' : 'were'} there already\n`,
  ].join('');
}
