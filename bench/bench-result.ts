import { describeMachine, type MachineDescription, readLoad } from './machine.ts';
import { fixed } from './table.ts';

export interface BenchResult<Round> {
  /** ISO 8601 */
  readonly startedAt: string;
  readonly kubernetes: string;
  readonly machine: MachineDescription;
  readonly loadAtStart: number;
  readonly loadAtEnd: number;
  readonly rounds: readonly Round[];
}

/** When and where, in one sentence. */
export function describeHead({ startedAt, kubernetes, machine, loadAtStart, loadAtEnd }: BenchResult<unknown>): string {
  return `Measured on ${startedAt.slice(0, 10)} with Kubernetes ${kubernetes} on ${machine.cores} cores (${machine.model}), ${machine.memoryGiB} GiB, Linux ${machine.kernel}; load average ${fixed(loadAtStart)} at the start, ${fixed(loadAtEnd)} at the end.\n`;
}

/** Rounds one after the other. @param measure gets the number of the round, from 1, and the load average as it begins */
export async function measureRounds<Round>(
  count: number,
  kubernetes: string,
  measure: (number: number, load: number) => Promise<Round>,
): Promise<BenchResult<Round>> {
  const [startedAt, loadAtStart] = [new Date().toISOString(), readLoad()];
  const rounds: Round[] = [];
  for (let number = 1; number <= count; number++) rounds.push(await measure(number, readLoad()));
  return { startedAt, kubernetes, machine: describeMachine(), loadAtStart, loadAtEnd: readLoad(), rounds };
}
