/** What a process does from its start until a named condition holds, on one host. Times in ms since one moment for all. */
export interface Stage {
  /** `kubelet@cp1` */
  readonly id: string;
  readonly startMs: number;
  readonly readyMs: number;
  /** What it cannot be ready without: of each group, any one stage. */
  readonly needs: readonly (readonly string[])[];
}

export interface PathLink {
  readonly id: string;
  readonly startMs: number;
  readonly readyMs: number;
  /** Until it was ready, from its start or from the moment when all that it needs was ready, whichever came later. */
  readonly ownMs: number;
}

export interface CriticalPath {
  /** Sum of what the links took themselves. */
  readonly totalMs: number;
  /** In order of time. */
  readonly links: readonly PathLink[];
}

const nothing: CriticalPath = { totalMs: 0, links: [] };
const longest = (paths: readonly CriticalPath[]): CriticalPath =>
  paths.reduce((best, path) => (path.totalMs > best.totalMs ? path : best), nothing);

function stagesById(stages: readonly Stage[]): ReadonlyMap<string, Stage> {
  const known = new Map<string, Stage>();
  for (const stage of stages) {
    if (!(Number.isFinite(stage.startMs) && Number.isFinite(stage.readyMs))) throw new RangeError(`${stage.id} has no times`);
    if (known.has(stage.id)) throw new RangeError(`${stage.id} is there twice`);
    known.set(stage.id, stage);
  }
  return known;
}

/**
 * The longest chain of stages that ends with one of the goals: how long a bring-up takes in which every process starts the moment
 * that what it needs is ready, and nothing else costs time. Waiting is never counted twice, nor is a start before its time.
 * @throws RangeError when a stage has no times, stands twice, needs itself, or is not known
 */
export function criticalPath(stages: readonly Stage[], goals: readonly string[]): CriticalPath {
  const known = stagesById(stages);
  const found = new Map<string, CriticalPath>();
  const look = (id: string): Stage => {
    const stage = known.get(id);
    if (stage === undefined) throw new RangeError(`no stage ${id}`);
    return stage;
  };
  /** Who satisfied a group. */
  const first = (group: readonly string[]): readonly Stage[] =>
    group
      .map(look)
      .toSorted((a, b) => a.readyMs - b.readyMs)
      .slice(0, 1);

  const pathTo = (stage: Stage, above: ReadonlySet<string>): CriticalPath => {
    const ready = found.get(stage.id);
    if (ready !== undefined) return ready;
    if (above.has(stage.id)) throw new RangeError(`${stage.id} needs itself`);
    const needed = stage.needs.flatMap(first);
    const before = longest(needed.map((need) => pathTo(need, new Set([...above, stage.id]))));
    const { id, startMs, readyMs } = stage;
    const ownMs = Math.max(0, readyMs - Math.max(startMs, ...needed.map((need) => need.readyMs)));
    const path = { totalMs: before.totalMs + ownMs, links: [...before.links, { id, startMs, readyMs, ownMs }] };
    found.set(id, path);
    return path;
  };
  return longest(goals.map((id) => pathTo(look(id), new Set())));
}
