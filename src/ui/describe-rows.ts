import { cleanLine } from './clean-text.ts';
import { describeAction } from './describe-action.ts';
import { formatBytes, formatCount, formatDuration } from './format.ts';
import type { Row } from './row.ts';
import type { RunProgress, StepProgress } from './run-progress.ts';

export interface RowOptions {
  /** Time since the run began. */
  readonly nowMs: number;
  /** The part of the run that these rows show is over: what did not start never will. */
  readonly ended: boolean;
}

const shownLines = 4;

/** One row for all hosts while they are connected and looked at. */
export function describeLook(progress: RunProgress, { nowMs, ended }: RowOptions): Row {
  const hosts = [...progress.hosts];
  const named = (state: string): readonly string[] => hosts.filter(([, host]) => host.state === state).map(([node]) => node);
  const count = formatCount(hosts.length, 'host');
  const failed = named('failed');
  const missing =
    failed.length === 0 ? '' : `, not ${failed.slice(0, shownLines).join(', ')}${failed.length > shownLines ? ' and more' : ''}`;
  const seen = named('seen').length;
  if (!ended) {
    const lines = hosts
      .filter(([, { state }]) => state === 'connecting' || state === 'looking')
      .map(([node, { state }]) => `${node}: ${state}`);
    return {
      id: 'look',
      title: `Looking at ${count}  ${seen}/${hosts.length}  ${formatDuration(nowMs)}`,
      lines: shorten(lines),
      state: 'running',
    };
  }
  const title = `Looked at ${seen === hosts.length ? count : `${seen} of ${count}`}${missing}  ${formatDuration(nowMs)}`;
  return { id: 'look', title, lines: [], state: seen === hosts.length ? 'done' : 'failed' };
}

/** One row for the artifacts fetched before anything is sent. */
export function describeFetch(progress: RunProgress, { ended }: RowOptions): Row {
  const artifacts = [...progress.artifacts.values()];
  const sum = (key: 'doneBytes' | 'totalBytes'): string => formatBytes(artifacts.reduce((total, artifact) => total + artifact[key], 0));
  const whole = artifacts.every(({ doneBytes, totalBytes }) => doneBytes >= totalBytes);
  const count = formatCount(artifacts.length, 'artifact');
  if (!ended)
    return {
      id: 'fetch',
      title: `Fetching ${count}  ${sum('doneBytes')} of ${sum('totalBytes')}`,
      lines: describeArtifacts(progress),
      state: 'running',
    };
  if (whole) return { id: 'fetch', title: `Fetched ${count}  ${sum('totalBytes')}`, lines: [], state: 'done' };
  return { id: 'fetch', title: `Fetched ${sum('doneBytes')} of ${sum('totalBytes')} for ${count}`, lines: [], state: 'stopped' };
}

/** One row for what is no step of a plan. */
export function describeCurrent({ current }: RunProgress, { ended }: RowOptions): Row {
  if (current === undefined) return { id: 'current', title: '', lines: [], state: 'running' };
  const { what, node, doneBytes, totalBytes } = current;
  const title = `${node === undefined ? '' : `${node}: `}${cleanLine(what)}`;
  const isWhole = doneBytes >= totalBytes;
  if (ended && isWhole) return { id: 'current', title: `${title}  ${formatBytes(totalBytes)}`, lines: [], state: 'done' };
  const share = totalBytes === 0 ? '' : ` (${Math.min(100, Math.floor((doneBytes / totalBytes) * 100))}%)`;
  return {
    id: 'current',
    title: `${title}  ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}${share}`,
    lines: [],
    state: ended ? 'stopped' : 'running',
  };
}

/** Artifacts under way, one line each. */
export function describeArtifacts(progress: RunProgress): readonly string[] {
  const open = [...progress.artifacts].filter(([, { doneBytes, totalBytes }]) => doneBytes < totalBytes);
  return shorten(open.map(([name, { doneBytes, totalBytes }]) => `${name}: ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`));
}

/** One row a host, its running phases below; for clusters that fit on the screen. */
export function describeHosts(progress: RunProgress, options: RowOptions): readonly Row[] {
  return describeGroups(progress, options, 'node', 'phase');
}

/** One row a phase, its busy hosts below; for clusters with more hosts than the screen has lines. */
export function describePhases(progress: RunProgress, options: RowOptions): readonly Row[] {
  return describeGroups(progress, options, 'phase', 'node');
}

type Side = 'node' | 'phase';

function describeGroups(progress: RunProgress, options: RowOptions, by: Side, other: Side): readonly Row[] {
  const groups = Map.groupBy(progress.steps.values(), ({ step }) => step[by]);
  const members = other === 'phase' ? 'phase' : 'host';
  return [...groups].map(([key, steps]) => describeGroup(key, steps, { ...options, other, members }));
}

interface GroupOptions extends RowOptions {
  readonly other: Side;
  readonly members: 'phase' | 'host';
}

function describeGroup(id: string, steps: readonly StepProgress[], options: GroupOptions): Row {
  const { nowMs, ended, other, members } = options;
  const inState = (state: StepProgress['state']): readonly StepProgress[] => steps.filter((step) => step.state === state);
  const running = inState('running');
  const done = inState('done');
  const started = steps.filter(({ state }) => state !== 'pending' && state !== 'skipped');
  const first = Math.min(...started.map(({ startedMs }) => startedMs));
  const last = Math.max(...started.map(({ endedMs }) => endedMs));
  const open = running.length > 0 || inState('pending').length > 0;
  if (open && !ended) {
    const elapsed = started.length === 0 ? '' : `  ${formatDuration(nowMs - first)}`;
    const lines = running.map((step) => `${step.step[other]}: ${describeDoing(step, nowMs)}`);
    return { id, title: `${id}  ${done.length}/${formatCount(steps.length, members)}${elapsed}`, lines: shorten(lines), state: 'running' };
  }
  const failures = inState('failed');
  const [failure] = failures;
  if (failure !== undefined) {
    const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : '';
    return { id, title: `${id}  ${failure.step[other]} failed: ${describeFailed(failure)}${more}`, lines: [], state: 'failed' };
  }
  if (done.length < steps.length) {
    return { id, title: `${id}  stopped after ${done.length} of ${formatCount(steps.length, members)}`, lines: [], state: 'stopped' };
  }
  const changes = done.reduce((total, { step }) => total + step.actions.length, 0);
  const summary = `${formatCount(steps.length, members)}, ${formatCount(changes, 'change')}`;
  return { id, title: `${id}  ${summary}  ${formatDuration(last - first)}`, lines: [], state: 'done' };
}

function describeDoing({ step, upload, wait, startedMs }: StepProgress, nowMs: number): string {
  if (upload !== undefined) {
    const action = step.actions[upload.index];
    const what = action === undefined ? step.title : describeAction(action);
    return `${formatBytes(upload.sentBytes)} of ${formatBytes(upload.totalBytes)} sent: ${cleanLine(what)}`;
  }
  const elapsed = formatDuration(nowMs - startedMs);
  if (wait === undefined) return `${cleanLine(step.title)} (${elapsed})`;
  const error = cleanLine(wait.lastError);
  return `waiting until ${cleanLine(wait.condition)} (${elapsed})${error === '' ? '' : `: ${error}`}`;
}

/** Error messages begin with the node, which the row says already. */
function describeFailed({ step, error }: StepProgress): string {
  const message = cleanLine(error?.message ?? '');
  return message.startsWith(`${step.node}: `) ? message.slice(step.node.length + 2) : message;
}

function shorten(lines: readonly string[]): readonly string[] {
  return lines.length <= shownLines + 1 ? lines : [...lines.slice(0, shownLines), `and ${lines.length - shownLines} more`];
}
