import { type Probe, probeKey } from './probe.ts';
import { writeProbeScript } from './probe-script.ts';

/** What one host is asked, each question once. */
export interface Questions {
  readonly probes: readonly Probe[];
  /** Their keys. */
  readonly asked: ReadonlySet<string>;
  readonly script: string;
}

/** Makes the questions of many hosts: those that are asked the same share one script. */
export function createQuestions(): (probes: readonly Probe[]) => Questions {
  const made = new Map<string, Questions>();
  return (all) => {
    const byKey = new Map(all.map((probe) => [probeKey(probe), probe]));
    const key = [...byKey.keys()].join('\n');
    const known = made.get(key);
    if (known !== undefined) return known;
    const probes = [...byKey.values()];
    const questions: Questions = { probes, asked: new Set(byKey.keys()), script: writeProbeScript(probes) };
    made.set(key, questions);
    return questions;
  };
}
