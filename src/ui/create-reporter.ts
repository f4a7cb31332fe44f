import { JsonReporter } from './json-reporter.ts';
import { LinesReporter } from './lines-reporter.ts';
import type { Output } from './output.ts';
import type { Reporter, ReporterKind } from './reporter.ts';
import { TreeReporter } from './tree-reporter.ts';

const reporters: { readonly [K in ReporterKind]: new (out: Output) => Reporter } = {
  tree: TreeReporter,
  lines: LinesReporter,
  json: JsonReporter,
};

export function createReporter(kind: ReporterKind, out: Output): Reporter {
  return new reporters[kind](out);
}
